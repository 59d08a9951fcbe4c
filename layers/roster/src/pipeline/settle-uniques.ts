import { changeKinds, countOfKind, type ImportCounts, type Reject } from '../domain/import.ts';
import type { ImportRef, Objects } from '../domain/ports.ts';
import { FileError } from '../files/errors.ts';
import { lineBatches } from './lines.ts';
import { lineOfChange } from './planned-changes.ts';
import { type Manifest, type Plan, type PlanPart, workFiles } from './work-files.ts';

/** See formatUnique in checked-rows.ts for what lines of 0 and below mean. */
type UniqueEntry = [line: number, externalId: string, column: number, value: string];

const lateRejectsMax = 10_000;

/**
 * Takes out of the plan the rows whose unique values somebody else holds in the roster as planned: a member that
 * the file leaves as it is, or an earlier row. Values are looked at a bucket at a time, so that memory holds a
 * share of them only. The rows become rejects; the files of the parts concerned are written anew beside the old.
 * `late` are rows, by line, that are taken out for another reason.
 */
export async function settleUniques(
  work: Objects,
  ref: ImportRef,
  manifest: Manifest,
  plan: Plan,
  buckets: number,
  late: ReadonlyMap<number, Reject> = new Map(),
): Promise<Plan> {
  const rejects = new Map(late);
  // The member of a rejected row keeps its old values, which another row may want: until nothing more comes of it.
  for (let known = -1; known < rejects.size; ) {
    known = rejects.size;
    for (const [line, reject] of await collisionsOnce(work, ref, manifest, buckets, rejects)) {
      rejects.set(line, reject);
    }
  }
  const ordered = [...rejects.values()].sort((a, b) => a.line - b.line);
  await work.write(
    workFiles.lateRejects(ref),
    ordered.map((reject) => `${JSON.stringify(reject)}\n`).join(''),
  );
  if (rejects.size === 0) return plan;
  return withoutLines(work, ref, plan, new Set(rejects.keys()));
}

/**
 * The collisions that follow from the rejects so far, by line. They do not follow from each other, and a row with
 * several has that of its first column, so that the number of buckets makes no difference.
 */
async function collisionsOnce(
  work: Objects,
  ref: ImportRef,
  manifest: Manifest,
  buckets: number,
  known: ReadonlyMap<number, Reject>,
): Promise<Map<number, Reject>> {
  const found = new Map<number, Reject & { at: number }>();
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (const [at, reject] of await collisions(work, ref, manifest, bucket, known)) {
      const other = found.get(reject.line);
      if (other === undefined || at < other.at) found.set(reject.line, { ...reject, at });
    }
    if (found.size > 0 && known.size + found.size > lateRejectsMax) throw tooManyRepeats(found);
  }
  return new Map([...found].map(([line, { at, ...reject }]) => [line, reject]));
}

function tooManyRepeats(rejects: ReadonlyMap<number, Reject>): FileError {
  const column = [...rejects.values()][0]?.column ?? '';
  return new FileError(
    'too_many_repeats',
    `More than ${lateRejectsMax} values of “${column}” stand in the file or the roster twice. If the column need not be unique, say so in the roster schema.`,
  );
}

async function collisions(
  work: Objects,
  ref: ImportRef,
  manifest: Manifest,
  bucket: number,
  known: ReadonlyMap<number, Reject>,
): Promise<[column: number, reject: Reject][]> {
  const files = await Promise.all(
    manifest.parts.map(({ part }) => work.read(workFiles.uniques(ref, part, bucket))),
  );
  const entries = files
    .flatMap((file) =>
      file
        .toString()
        .split('\n')
        .filter((line) => line !== ''),
    )
    .map((line) => JSON.parse(line) as UniqueEntry)
    .filter(([line]) => (line < 0 ? known.has(-line) : !known.has(line)))
    .map(([line, ...rest]): UniqueEntry => [Math.max(line, 0), ...rest])
    .sort((a, b) => a[0] - b[0]);
  const holders = new Map<string, UniqueEntry>();
  const rejects: [number, Reject][] = [];
  for (const entry of entries) {
    const [line, externalId, column, value] = entry;
    const key = `${column}\u0000${value}`;
    const holder = holders.get(key);
    if (holder === undefined) holders.set(key, entry);
    else if (line > 0 && holder[1] !== externalId) rejects.push([column, repeated(entry, holder, manifest)]);
  }
  return rejects;
}

function repeated(
  [line, externalId, at, value]: UniqueEntry,
  holder: UniqueEntry,
  { columns, undoOf }: Manifest,
): Reject {
  const column = columns[at]?.name ?? '';
  const isOfFile = undoOf === undefined;
  const owner = isOfFile && holder[0] > 0 ? `line ${holder[0]}` : `the member ${holder[1]}`;
  const message = `“${column}” has to be unique, and ${owner} has the same value. Correct one of them.`;
  const who = isOfFile ? {} : { externalId };
  return { line, ...who, column, code: 'duplicate_value', message, value: value.slice(0, 200) };
}

/** The plan without the rows of these lines; their parts' ledgers say `rejected`. */
async function withoutLines(
  work: Objects,
  ref: ImportRef,
  plan: Plan,
  lines: ReadonlySet<number>,
): Promise<Plan> {
  const counts = { ...plan.counts };
  const parts: PlanPart[] = [];
  for (const part of plan.parts) parts.push(await settlePart(work, ref, part, lines, counts));
  return { counts, parts };
}

async function settlePart(
  work: Objects,
  ref: ImportRef,
  part: PlanPart,
  lines: ReadonlySet<number>,
  counts: ImportCounts,
): Promise<PlanPart> {
  const settled = await settledLedger(work, part, lines, counts);
  if (settled === undefined) return part;
  const ledger = workFiles.settledLedger(ref, part.part);
  await work.write(ledger, settled);
  return { part: part.part, ledger, kinds: await settledKinds(work, ref, part, lines) };
}

/** The part's ledger with these lines rejected, and the counts moved; nothing where it has none of them. */
async function settledLedger(
  work: Objects,
  part: PlanPart,
  lines: ReadonlySet<number>,
  counts: ImportCounts,
): Promise<string | undefined> {
  let touched = false;
  const settled: string[] = [];
  for await (const batch of lineBatches(work.stream(part.ledger))) {
    for (const row of batch) {
      const [line = '', externalId = '', outcome = ''] = row.split('\t');
      const taken = lines.has(Number(line)) && outcome !== 'rejected';
      settled.push(taken ? `${line}\t${externalId}\trejected\n` : `${row}\n`);
      if (taken) recount(counts, outcome);
      touched ||= taken;
    }
  }
  return touched ? settled.join('') : undefined;
}

function recount(counts: ImportCounts, outcome: string): void {
  const kind = changeKinds.find((known) => known === outcome);
  counts[kind ? countOfKind[kind] : (outcome as 'unchanged' | 'skipped')] -= 1;
  if (kind === 'disable') counts.disabledByFile -= 1;
  counts.rejected += 1;
}

async function settledKinds(
  work: Objects,
  ref: ImportRef,
  part: PlanPart,
  lines: ReadonlySet<number>,
): Promise<PlanPart['kinds']> {
  const kinds: PlanPart['kinds'] = {};
  for (const kind of changeKinds) {
    const changes = part.kinds[kind];
    if (changes === undefined) continue;
    const all = (await work.read(changes.key)).toString().split('\n');
    const kept = all.filter((line) => line !== '' && !lines.has(lineOfChange(line)));
    if (kept.length === 0) continue;
    const key = workFiles.settled(ref, part.part, kind);
    await work.write(key, kept.map((line) => `${line}\n`).join(''));
    kinds[kind] = { key, count: kept.length };
  }
  return kinds;
}
