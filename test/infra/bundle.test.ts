import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundles, bundle, functionNames } from '../../infra/build/bundle.ts';
import { constructName } from './expected-functions.ts';
import { outputFolder, synthesize } from './synthesized.ts';

const outdir = outputFolder();
let bundles: Bundles;

beforeAll(async () => {
  bundles = await bundle({ outdir });
});

/** Path → hash of every file of a folder. */
function hashes(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const contents = files.filter((file) => statSync(join(folder, file)).isFile());
  return Object.fromEntries(
    contents.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ]),
  );
}

describe('the build', () => {
  it('gives the same bytes wherever and whenever it runs', async () => {
    const elsewhere = join(outputFolder(), 'deeper/down');
    const again = await bundle({ outdir: elsewhere });
    expect(again.written.length).toBeGreaterThan(0);
    expect(hashes(elsewhere)).toEqual(hashes(outdir));
  });

  it('writes nothing when nothing changed', async () => {
    expect((await bundle({ outdir })).written).toEqual([]);
  });

  it('keeps the code of the layer and the AWS SDK out of the functions', () => {
    expect(bundles.functions.map(({ name }) => name)).toEqual(functionNames());
    for (const { name, inputs } of bundles.functions) {
      expect(inputs, name).toContain(`functions/${name}.ts`);
      expect(
        inputs.filter((input) => /^layers\/|node_modules\/(roster|@aws-sdk|@smithy)\//.test(input)),
        name,
      ).toEqual([]);
    }
  });

  it('puts nothing but the layer and third-party packages into the layer', () => {
    const foreign = bundles.layer.inputs.filter(
      (input) => !/^(layers\/roster\/src|node_modules)\//.test(input),
    );
    expect(foreign.filter((input) => !input.startsWith('(disabled)'))).toEqual([]);
  });
});

/** Loads a bundle as Lambda does: the layer under NODE_PATH, this environment and no other. */
const loader = `
  const { handler } = require(process.argv[1]);
  process.stdout.write(typeof handler);
`;

describe('on Lambda', () => {
  const { ofType } = synthesize({ stage: 'dev' });

  /** What the template sets, with a text for whatever is only known at deployment; and what Lambda itself sets. */
  function environmentOf(name: string): Record<string, string> {
    const prefix = `Functions${constructName(name)}Function`;
    const [, lambda] = ofType('AWS::Lambda::Function').find(([id]) => id.startsWith(prefix))!;
    const variables = Object.entries<unknown>(lambda.Properties.Environment.Variables);
    const texts = variables.map(([key, value]) => [key, typeof value === 'string' ? value : resolved(key)]);
    const nodePath = join(outdir, 'layer/nodejs/node_modules');
    return { ...Object.fromEntries(texts), AWS_REGION: 'eu-central-1', NODE_PATH: nodePath };
  }

  it.each(functionNames())('%s loads and has a handler', (name) => {
    const kind = execFileSync(process.execPath, ['-e', loader, join(outdir, name, 'index.js')], {
      env: environmentOf(name),
      encoding: 'utf8',
    });
    expect(kind).toBe('function');
  });
});

/** Values that have a form are given it: what deployment would put there. */
function resolved(key: string): string {
  if (key === 'TOKEN_ISSUER') return 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abcdefghi';
  if (key === 'USER_POOL_ID') return 'eu-central-1_abcdefghi';
  if (key === 'SITE_URL') return 'https://d111111abcdef8.cloudfront.net';
  if (key.endsWith('_ARN')) return 'arn:aws:states:eu-central-1:123456789012:stateMachine:imports';
  return `resolved-${key.toLowerCase().replaceAll('_', '-')}`;
}
