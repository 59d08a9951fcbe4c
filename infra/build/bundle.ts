/**
 * Turns `functions/` and `layers/roster/` into what Lambda runs: one esbuild call for all functions and one for the
 * layer. Equal sources give equal bytes, wherever the output goes: esbuild works in memory as if for `dist/`, and
 * only files that changed are written.
 */
import { globSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';
import { type OutputFiles, writeOutput } from './output.ts';

/** Where to read from and write to. */
export interface BundleOptions {
  /** The project: holds `functions/` and `layers/roster/`; this checkout by default. */
  root?: string;
  /** `dist/` of the project by default. Everything else in there is removed. */
  outdir?: string;
}

/** One function's bundle. */
export interface FunctionBundle {
  /** `<area>/<name>`, as in `functions/<area>/<name>.ts`. */
  name: string;
  /** The folder that becomes the function's code; holds `index.js`. */
  dir: string;
  /** Every source file in the bundle, relative to the project. */
  inputs: string[];
}

/** What was built. */
export interface Bundles {
  functions: FunctionBundle[];
  /** The layer's folder, as it is laid out under `/opt`, and every source file in it. */
  layer: { dir: string; inputs: string[] };
  /** Files written because they are new or differ, relative to the output folder. */
  written: string[];
}

const projectDir = resolve(import.meta.dirname, '../..');

/** Where Lambda looks for a layer's packages: `/opt/nodejs/node_modules` is on its NODE_PATH. */
const layerPackageDir = 'layer/nodejs/node_modules/roster';

/** Packages that are CommonJS inside call `require`, which an ES module does not have. */
const requireBanner =
  "import { createRequire as createRequireOfBundle } from 'node:module';\n" +
  'const require = createRequireOfBundle(import.meta.url);';

/** Node's own rules to resolve a package are kept; `module` first gives esbuild the form that it can shake. */
const shared = {
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: false,
  sourcemap: 'linked',
  sourcesContent: false,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Bundles all functions and the layer.
 * @throws esbuild's BuildFailure if a source does not compile.
 */
export async function bundle(options: BundleOptions = {}): Promise<Bundles> {
  const root = resolve(options.root ?? projectDir);
  const outdir = resolve(options.outdir ?? join(root, 'dist'));
  const names = functionNames(root);
  const [functions, layer] = await Promise.all([buildFunctions(root, names), buildLayer(root)]);
  const written = await writeOutput(outdir, { ...functions.files, ...layer.files });
  return {
    functions: names.map((name) => ({
      name,
      dir: join(outdir, name),
      inputs: Object.keys(functions.meta.outputs[`dist/${name}/index.js`]!.inputs),
    })),
    layer: { dir: join(outdir, 'layer'), inputs: Object.keys(layer.meta.inputs) },
    written,
  };
}

/** The functions that the source tree has, as `<area>/<name>`, sorted. */
export function functionNames(root: string = projectDir): string[] {
  return globSync('functions/*/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.d.ts'))
    .map((file) => join(basename(dirname(file)), basename(file, '.ts')))
    .sort();
}

interface Built {
  files: OutputFiles;
  meta: Metafile;
}

/** CommonJS, for it loads faster on Lambda; what comes from the layer stays out. */
async function buildFunctions(root: string, names: string[]): Promise<Built> {
  const { outputFiles, metafile } = await build({
    ...shared,
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: join(root, 'functions', `${name}.ts`), out: `${name}/index` })),
    outdir: join(root, 'dist'),
    format: 'cjs',
    external: ['roster/*'],
  });
  return { files: asOutput(root, outputFiles, metafile, 'functions'), meta: metafile };
}

/** ES modules that share chunks, so that a function loads only the packages that it uses. */
async function buildLayer(root: string): Promise<Built> {
  const source = join(root, 'layers/roster/src');
  const { outputFiles, metafile } = await build({
    ...shared,
    absWorkingDir: root,
    entryPoints: globSync('**/*.ts', { cwd: source, exclude: ['**/*.d.ts'] })
      .sort()
      .map((file) => join(source, file)),
    outbase: source,
    outdir: join(root, 'dist', layerPackageDir),
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: requireBanner },
  });
  const files = asOutput(root, outputFiles, metafile, 'layer');
  files[`${layerPackageDir}/package.json`] = Buffer.from(layerPackage);
  return { files, meta: metafile };
}

const layerPackage = `${JSON.stringify(
  { name: 'roster', private: true, type: 'module', exports: { './*': './*.js' } },
  undefined,
  2,
)}\n`;

/** The build's files and its metafile (which source went where), by path relative to the output folder. */
function asOutput(root: string, outputFiles: OutputFile[], metafile: Metafile, name: string): OutputFiles {
  const files = outputFiles.map((file) => [relative(join(root, 'dist'), file.path), file.contents] as const);
  return { ...Object.fromEntries(files), [`meta/${name}.json`]: Buffer.from(JSON.stringify(metafile)) };
}
