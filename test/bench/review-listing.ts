/**
 * `node test/bench/review-listing.ts [rows…]`: what it costs to look at a whole plan as the console does, page by page
 * and each page for itself: of a first import, which only refers to the rows of its file, and of one that updates every
 * member, which holds each change whole. Planning and looking are processes of their own, so that the memory is that of
 * looking. The files lie on disk: no storage service is measured.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportLimits } from 'roster/domain/import';
import { shardCount, shardOf } from 'roster/domain/member';
import type { ImportRef, MemberDigest } from 'roster/domain/ports';
import { fileSource } from 'roster/files/source';
import { diffPart } from 'roster/pipeline/diff';
import { plan } from 'roster/pipeline/plan';
import { listChanges } from 'roster/pipeline/review';
import { unzip } from 'roster/pipeline/unzip';
import { validatePart } from 'roster/pipeline/validate';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { writeRosterCsv } from '../../commands/sample/files.ts';
import { indexOfMemberId, rosterRow, rosterRows } from '../../commands/sample/rows.ts';
import {
  memoryDepartments,
  memoryImports,
  memoryMembers,
  memoryOrganizations,
  noRosterChanges,
} from '../support/memory.ts';
import { diskObjects } from './disk-objects.ts';

const seed = 1;
const ref: ImportRef = { organization: 'bench', importId: '01JBENCH000000000000000000' };
const limit = 100;
const kinds = ['first', 'updates'] as const;
type Kind = (typeof kinds)[number];

interface Looked {
  changes: number;
  pages: number;
  seconds: number;
  slowestMilliseconds: number;
  /** A search for one member who is there. */
  searchMilliseconds: number;
  peakMegabytes: number;
}

const workOf = (folder: string, kind: Kind) => diskObjects(join(folder, kind));

/** Every member with another city than the file says, or nobody. */
function membersOf(kind: Kind, rows: number) {
  const byShard: MemberDigest[][] = Array.from({ length: shardCount }, () => []);
  if (kind === 'updates') {
    for (const { MemberID: externalId } of rosterRows({ seed, rows })) {
      byShard[shardOf(externalId)]?.push({ externalId, valuesHash: '', state: 'not_joined', version: 1 });
    }
  }
  const imports = memoryImports({ approve: 'review' });
  const stored = (id: string) => ({ ...rosterRow(seed, indexOfMemberId(id) ?? 0), City: 'Elsewhere' });
  return {
    imports,
    members: {
      ...memoryMembers(imports),
      async *shard(_organization: string, shard: number) {
        yield* pagesOf(byShard[shard] ?? []);
      },
      values: async (_organization: string, ids: string[]) => new Map(ids.map((id) => [id, stored(id)])),
    },
  };
}

function* pagesOf<T>(all: readonly T[]): Iterable<T[]> {
  for (let start = 0; start < all.length; start += 1_000) yield all.slice(start, start + 1_000);
}

async function makePlan(kind: Kind, folder: string, rows: number): Promise<void> {
  const { imports, members } = membersOf(kind, rows);
  const work = workOf(folder, kind);
  const deps = {
    imports,
    members,
    work,
    reports: work,
    departments: memoryDepartments(),
    rosterChanges: noRosterChanges,
    savedMappings: { find: async () => undefined },
    organizations: memoryOrganizations(generatorColumns),
    limits: ImportLimits.parse({ fileBytesMax: 1024 ** 3 }),
    clock: () => new Date(),
    upload: async () => ({ source: await fileSource(join(folder, 'roster.csv')), uploadedAt: new Date() }),
  };
  const { parts } = await unzip(deps, ref);
  for (const part of parts) await validatePart(deps, { ...ref, part });
  for (const part of parts) await diffPart(deps, { ...ref, part });
  await plan(deps, ref);
}

async function look(kind: Kind, folder: string): Promise<Looked> {
  const work = workOf(folder, kind);
  const deps = { work, imports: memoryImports({ step: 'review' }), clock: () => new Date() };
  let changes = 0;
  let pages = 0;
  let slowestMilliseconds = 0;
  let cursor: string | undefined;
  let last = '';
  const began = performance.now();
  do {
    const asked = performance.now();
    const page = await listChanges(deps, ref, { limit, cursor });
    slowestMilliseconds = Math.max(slowestMilliseconds, performance.now() - asked);
    changes += page.items.length;
    pages += 1;
    last = page.items.at(-1)?.externalId ?? last;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const seconds = (performance.now() - began) / 1_000;
  const searched = performance.now();
  const found = await search(deps, last);
  if (found !== 1) throw new Error(`The search found ${found} changes of ${last}.`);
  const searchMilliseconds = performance.now() - searched;
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  return { changes, pages, seconds, slowestMilliseconds, searchMilliseconds, peakMegabytes };
}

/** How many changes of a member there are; a page of a search may be empty and go on. */
async function search(deps: Parameters<typeof listChanges>[0], externalId: string): Promise<number> {
  let found = 0;
  let cursor: string | undefined;
  do {
    const page = await listChanges(deps, ref, { limit, cursor, externalId });
    found += page.items.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

/** Does one thing in a process of its own and gives what it says. */
function apart<T>(...words: string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, words);
    child.on('message', (said) => resolve(said as T));
    child.on('exit', (code) => code !== 0 && reject(new Error(`${words[0]} ended with ${code}`)));
  });
}

async function measureAll(sizes: readonly number[]): Promise<void> {
  for (const rows of sizes) {
    const folder = await mkdtemp(join(tmpdir(), 'muster-review-'));
    try {
      await writeRosterCsv(join(folder, 'roster.csv'), rosterRows({ seed, rows }));
      for (const kind of kinds) {
        await apart('--plan', kind, folder, `${rows}`);
        const looked = await apart<Looked>('--look', kind, folder);
        const { changes, pages, seconds, slowestMilliseconds, searchMilliseconds, peakMegabytes } = looked;
        process.stdout.write(
          `${kind}: ${changes} changes in ${pages} pages of ${limit}, ${seconds.toFixed(1)} s ` +
            `(${((seconds / pages) * 1_000).toFixed(1)} ms a page, the slowest ${slowestMilliseconds.toFixed(0)} ms), ` +
            `one member found in ${searchMilliseconds.toFixed(0)} ms, ${peakMegabytes.toFixed(0)} MB at most\n`,
        );
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

const [word, kind, folder = '', rows] = process.argv.slice(2);
if (word === '--plan') {
  await makePlan(kind as Kind, folder, Number(rows));
  process.send?.('planned');
  process.disconnect?.();
} else if (word === '--look') {
  process.send?.(await look(kind as Kind, folder));
  process.disconnect?.();
} else {
  const sizes = process.argv.slice(2).map(Number);
  await measureAll(sizes.length === 0 ? [100_000] : sizes);
}
