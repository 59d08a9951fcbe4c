/** The import rules of the layout: who may know whom. */
const roster = (folder) => `^layers/roster/src/${folder}/`;
/** `from` may import, of this project, only what `to` names. */
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^(layers|functions|infra|console|commands|test)/', pathNot: to },
});
/** `from` may use, of the packages and of Node, only what `packages` names. */
const onlyPackages = (name, from, packages, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'core'], pathNot: packages },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('domain-is-pure', roster('domain'), [roster('domain')], 'The domain knows nothing but itself.'),
    onlyPackages(
      'domain-is-browser-safe',
      roster('domain'),
      ['node_modules/(zod|zod-openapi|any-ascii)/'],
      'No I/O, no Node, no SDK.',
    ),
    only(
      'files-read-files',
      roster('files'),
      [roster('files'), roster('domain')],
      'Reading files knows no AWS.',
    ),
    only(
      'pipeline-decides',
      roster('pipeline'),
      [roster('pipeline'), roster('files'), roster('domain')],
      'The pipeline works through ports.',
    ),
    only(
      'aws-adapts',
      roster('aws'),
      [roster('aws'), roster('domain'), `${roster('files')}source`],
      'Adapters know the domain and the SDK.',
    ),
    only('mail-renders', roster('mail'), [roster('(mail|domain)')], 'Rendering knows no AWS.'),
    only(
      'lambda-composes',
      roster('lambda'),
      [roster('(lambda|aws|domain|files|mail|pipeline)')],
      'The composition root.',
    ),
    only(
      'functions-are-thin',
      '^functions/',
      [roster('(domain|lambda|pipeline|files)')],
      'Functions know the layer, never another function.',
    ),
    onlyPackages('functions-know-no-sdk', '^functions/', [], 'The SDK is the adapters’ matter.'),
    only(
      'infra-describes',
      '^infra/(stacks|constructs|app|stages|settings)',
      ['^infra/(stacks|constructs|stages|settings)', roster('domain'), `${roster('aws')}keys`],
      'The app knows key shapes, routes and error names only.',
    ),
    only(
      'local-cloud-loads-bundles',
      '^infra/local/',
      ['^infra/local/'],
      'It hosts the template, never a function’s source.',
    ),
    only('console-uses-the-domain', '^console/', ['^console/', roster('domain')], 'The console speaks HTTP.'),
    {
      name: 'product-knows-no-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|cdk.out|\\.local)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
