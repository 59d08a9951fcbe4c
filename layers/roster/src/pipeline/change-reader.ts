import { type ChangeKind, changeKinds } from '../domain/import.ts';
import type { Approval, ImportRef, Objects, PlannedChange } from '../domain/ports.ts';
import { lineBatches } from './lines.ts';
import { uniqueColumns } from './part-checker.ts';
import { addedMember, parseAdd, parseChange, type RowReference } from './planned-changes.ts';
import { type Manifest, type PlanPart, workFiles } from './work-files.ts';

/** Rows that stand this near to each other are read at once: asking costs more than the bytes between them. */
const gapBytesMax = 64 * 1024;

/** Reads planned changes from the work files of one import. */
export class ChangeReader {
  private readonly work: Objects;
  private readonly ref: ImportRef;
  private readonly names: string[];
  private readonly uniqueColumnCount: number;

  constructor(work: Objects, ref: ImportRef, manifest: Manifest) {
    this.work = work;
    this.ref = ref;
    this.names = manifest.columns.map((column) => column.name);
    this.uniqueColumnCount = uniqueColumns(manifest.columns).length;
  }

  /** All changes of a part of one kind, in batches, in the order of their file. Holds the part's rows for adds. */
  async *all({ part, kinds }: PlanPart, kind: ChangeKind): AsyncIterable<PlannedChange[]> {
    const changes = kinds[kind];
    if (changes === undefined) return;
    const rows = kind === 'add' ? await this.work.read(workFiles.checked(this.ref, part)) : undefined;
    for await (const lines of lineBatches(this.work.stream(changes.key))) {
      yield lines.map((line) =>
        rows === undefined ? parseChange(line) : this.added(rows, parseAdd(line), 0),
      );
    }
  }

  /** The changes of some lines of one file; rows are read in as few ranges as they lie in. */
  async some(part: number, kind: ChangeKind, lines: readonly string[]): Promise<PlannedChange[]> {
    if (kind !== 'add') return lines.map(parseChange);
    const runs = runsOf(lines.map(parseAdd));
    const added = await Promise.all(runs.map((run) => this.addedOfRun(part, run)));
    return added.flat();
  }

  private async addedOfRun(part: number, run: RowReference[]): Promise<PlannedChange[]> {
    const start = run[0]?.start ?? 0;
    const bytes = await this.work.readRange(
      workFiles.checked(this.ref, part),
      start,
      run.at(-1)?.end ?? start,
    );
    return run.map((row) => this.added(bytes, row, start));
  }

  private added(bytes: Buffer, { start, end }: RowReference, offset: number): PlannedChange {
    return addedMember(bytes.subarray(start - offset, end - offset), this.names, this.uniqueColumnCount);
  }
}

/** The approved changes of a part, in an order that never varies. */
export async function* approvedChanges(
  reader: ChangeReader,
  part: PlanPart,
  { kinds, exclude }: Pick<Approval, 'kinds' | 'exclude'>,
): AsyncIterable<PlannedChange[]> {
  const excluded = new Set(exclude);
  for (const kind of changeKinds) {
    if (!kinds.includes(kind)) continue;
    for await (const changes of reader.all(part, kind)) {
      yield changes.filter(({ externalId }) => !excluded.has(externalId));
    }
  }
}

/** Cuts ascending rows into runs without large gaps. */
function runsOf(rows: readonly RowReference[]): RowReference[][] {
  const runs: RowReference[][] = [];
  let last: RowReference | undefined;
  for (const row of rows) {
    if (last === undefined || row.start - last.end > gapBytesMax) runs.push([]);
    runs.at(-1)?.push(row);
    last = row;
  }
  return runs;
}
