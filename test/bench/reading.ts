/**
 * Measures reading a zipped roster of a million rows against csv-parse alone on the same text unzipped, each in a
 * process of its own: `node test/bench/reading.ts [rows]`. Prints CPU seconds, peak memory and their ratio.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse';
import { ZipFile } from 'yazl';
import { ImportLimits } from '../../layers/roster/src/domain/import.ts';
import { readRoster } from '../../layers/roster/src/files/read.ts';
import { FrameBuffer } from '../../layers/roster/src/files/rows.ts';
import { fileSource } from '../../layers/roster/src/files/source.ts';

const defaultFileLimits = ImportLimits.parse({});

const segmentBytes = 1024 * 1024;
const header =
  'ID,IsActive,FirstName,LastName,MemberID,IsAuthRep,Email,Phone,Department,Role,Street,City,Zip,StartDate,Notes\n';

interface Measured {
  cpuSeconds: number;
  peakMiB: number;
  rows: number;
}

/** Rows of 15 columns and about 222 bytes that differ from each other and are the same in every run. */
function* rosterText(rows: number): Generator<string> {
  yield header;
  let seed = 42;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let row = 0; row < rows; ) {
    let text = '';
    for (const until = Math.min(rows, row + 1000); row < until; row++) {
      const name = `${next(1e9).toString(36)}`;
      text +=
        `E${100_000_000 + row},${next(10) > 0 ? 'True' : 'False'},Fn${name},Lastname${next(1e8).toString(36)},` +
        `M-${next(1e9)},False,${name}.${row}@members.example.org,+1 202 555 ${1000 + next(9000)},` +
        `Department of ${next(400)},Coordinator,${next(9999)} Long Meadow Street Apt. ${next(99)},` +
        `Springfield ${next(999)},${10_000 + next(89_999)},20${10 + next(15)}-0${1 + next(9)}-1${next(10)},` +
        `joined by letter no. ${next(1e6)} in spring\n`;
    }
    yield text;
  }
}

async function writeFiles(folder: string, rows: number): Promise<void> {
  const plain = join(folder, 'roster.csv');
  await pipeline(Readable.from(rosterText(rows), { objectMode: false }), createWriteStream(plain));
  const archive = new ZipFile();
  archive.addFile(plain, 'roster.csv');
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(join(folder, 'roster.zip')));
}

const lanes: Record<string, (folder: string) => Promise<number>> = {
  async 'csv-parse objects'(folder) {
    let rows = 0;
    const parser = createReadStream(join(folder, 'roster.csv')).pipe(parse({ columns: true, bom: true }));
    parser.on('data', () => {
      rows += 1;
    });
    await finished(parser);
    return rows;
  },
  async readRoster(folder) {
    const buffer = new FrameBuffer();
    const source = await fileSource(join(folder, 'roster.zip'));
    const { rows } = await readRoster(source, defaultFileLimits, {
      header: () => undefined,
      restart: () => undefined,
      records(batch) {
        for (const record of batch) if (record.field(0) !== '') buffer.append(record);
        if (buffer.length > segmentBytes) buffer.take();
      },
    });
    return rows;
  },
};

function measureInChild(lane: string, folder: string): Measured {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--lane', lane, folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`The lane ${lane} failed.`);
  return JSON.parse(child.stdout) as Measured;
}

async function measureHere(lane: string, folder: string): Promise<void> {
  const run = lanes[lane];
  if (run === undefined) throw new Error(`There is no lane ${lane}.`);
  const rows = await run(folder);
  const { user, system } = process.cpuUsage();
  const measured: Measured = {
    cpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    rows,
  };
  process.stdout.write(JSON.stringify(measured));
}

async function compare(rows: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-reading-'));
  try {
    await writeFiles(folder, rows);
    const { size } = await stat(join(folder, 'roster.csv'));
    console.log(`${rows} rows, ${(size / 1e6).toFixed(0)} MB`);
    const results = Object.keys(lanes).map((lane) => ({ lane, ...measureInChild(lane, folder) }));
    const reference = results[0]?.cpuSeconds ?? Number.NaN;
    for (const { lane, cpuSeconds, peakMiB, rows: read } of results) {
      const ratio = (cpuSeconds / reference).toFixed(2);
      console.log(
        `${lane}: ${cpuSeconds.toFixed(2)} s CPU, ratio ${ratio}, peak ${peakMiB.toFixed(0)} MiB, ${read} rows`,
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [first, lane, folder] = process.argv.slice(2);
if (first === '--lane') await measureHere(lane ?? '', folder ?? '');
else await compare(Number(first ?? 1_000_000));
