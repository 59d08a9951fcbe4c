import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle } from '../../infra/build/bundle.ts';
import { type Cell, table } from './table.ts';

/** Code only, without source maps, in bytes; gzip file by file at level 9. */
export interface BundleSize {
  name: string;
  bytes: number;
  gzipBytes: number;
  /** Of the shared code (`layers/`), which belongs into the layer alone: 0 in every function. */
  sharedBytes: number;
  /** Of packages. */
  packageBytes: number;
}

export interface BundlesReport {
  functions: BundleSize[];
  layer: Omit<BundleSize, 'sharedBytes'>;
}

/** The part of esbuild's metafile that tells what came from where (https://esbuild.github.io/api/#metafile). */
interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
}

/**
 * Bundles everything into a temporary folder and measures it.
 * @throws Error if a function's bundle holds shared code.
 */
export async function measureBundles(): Promise<BundlesReport> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bundles-'));
  try {
    const { functions, layer } = await bundle({ outdir: folder });
    const [ofFunctions, ofLayer] = await Promise.all(
      ['functions', 'layer'].map((name) => metafile(folder, name)),
    );
    const sizes = await Promise.all(
      functions.map(async ({ name, dir }) => {
        const output = ofFunctions?.outputs[`dist/${name}/index.js`];
        if (output === undefined) throw new Error(`The metafile does not know ${name}.`);
        return { name, ...(await sizeOf(dir)), ...originsOf([output]) };
      }),
    );
    const { sharedBytes: _, ...layerOrigins } = originsOf(Object.values(ofLayer?.outputs ?? {}));
    const report = {
      functions: sizes,
      layer: { name: 'layer', ...(await sizeOf(layer.dir)), ...layerOrigins },
    };
    const faulty = sizes.filter(({ sharedBytes }) => sharedBytes > 0).map(({ name }) => name);
    if (faulty.length > 0) throw new Error(`Shared code is bundled into ${faulty.join(', ')}.`);
    return report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function metafile(folder: string, name: string): Promise<Metafile> {
  return JSON.parse(await readFile(join(folder, 'meta', `${name}.json`), 'utf8')) as Metafile;
}

async function sizeOf(dir: string): Promise<{ bytes: number; gzipBytes: number }> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.map'));
  const contents = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))));
  const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);
  return {
    bytes: sum(contents.map(({ length }) => length)),
    gzipBytes: sum(contents.map((content) => gzipSync(content, { level: 9 }).length)),
  };
}

function originsOf(outputs: Metafile['outputs'][string][]): { sharedBytes: number; packageBytes: number } {
  const inputs = outputs.flatMap((output) => Object.entries(output.inputs));
  const bytesUnder = (isOne: (path: string) => boolean) =>
    inputs.reduce((sum, [path, { bytesInOutput }]) => sum + (isOne(path) ? bytesInOutput : 0), 0);
  return {
    sharedBytes: bytesUnder((path) => path.startsWith('layers/')),
    packageBytes: bytesUnder((path) => path.includes('node_modules/')),
  };
}

/** What a person reads of the report; ratios are to the largest function. */
export function bundlesTable({ functions, layer }: BundlesReport): string {
  const largest = Math.max(...functions.map(({ bytes }) => bytes));
  const line = (one: Omit<BundleSize, 'sharedBytes'>, shared: Cell): Cell[] => [
    one.name,
    one.bytes,
    one.gzipBytes,
    (one.bytes / largest).toFixed(2),
    shared,
    one.packageBytes,
  ];
  const heading = ['bundle', 'bytes', 'gzip', 'ratio', 'shared code in it', 'packages in it'];
  return table(heading, [...functions.map((one) => line(one, one.sharedBytes)), line(layer, undefined)]);
}
