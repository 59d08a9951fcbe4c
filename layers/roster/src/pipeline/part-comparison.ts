import { departmentsMax } from '../domain/departments.ts';
import { differingFields, isDisabledByAbsence, outcomeOfRow, type RowOutcome } from '../domain/diff.ts';
import {
  type ChangeKind,
  changeKinds,
  countOfKind,
  type ImportCounts,
  type ImportMode,
  noCounts,
} from '../domain/import.ts';
import { earlierOf } from '../domain/import-undo.ts';
import { activeState, type MemberState, shardOf } from '../domain/member.ts';
import type { MemberDigest, PlannedChange } from '../domain/ports.ts';
import { compilePlacing, valuesByName } from '../domain/roster-row.ts';
import { columnWithRole } from '../domain/schema.ts';
import { compileStateText } from '../domain/state-text.ts';
import { canonicalOf } from '../domain/validate.ts';
import { ByteWriter } from './byte-writer.ts';
import { CheckedRows, formatUnique } from './checked-rows.ts';
import { uniqueColumns } from './part-checker.ts';
import { formatAdd, formatChange } from './planned-changes.ts';
import { compileValuesHash, type Hasher } from './values-hash.ts';
import type { Manifest } from './work-files.ts';

type LedgerOutcome = RowOutcome | 'rejected';

const ledgerOutcomes = [...changeKinds, 'unchanged', 'skipped', 'rejected'] as const;
const undecided = 255;
const ledgerLineBytesExpected = 64;
const codeOf = new Map<LedgerOutcome, number>(ledgerOutcomes.map((outcome, code) => [outcome, code]));
const rejectedCode = codeOf.get('rejected') as number;
const lineEnd = Buffer.from('\n');
/** Begins the entry of a unique value that a member holds, in place of the line of its row. */
const heldHead = Buffer.from('[0');
const endings = ledgerOutcomes.map((outcome) => Buffer.from(`${outcome}\n`));

/** Compares the checked rows of one part with its members and gathers the part's plan. */
export class PartComparison {
  readonly counts: ImportCounts = { ...noCounts };
  /** How many changes of each kind there are. */
  readonly kinds: Partial<Record<ChangeKind, number>> = {};
  private readonly changes = {} as Record<ChangeKind, ByteWriter>;
  private readonly rows: CheckedRows;
  /** Made when the first member comes: a first import has none to look up. */
  private indexOfId: Map<string, number> | undefined;
  /** The members of the batch in hand whose hash is not their row's. */
  private differing: ReadonlySet<string> = new Set();
  /** By row, the index in {@link ledgerOutcomes}. */
  private readonly outcomes: Uint8Array;
  private readonly uniques: ByteWriter[];
  private readonly names: string[];
  private readonly uniqueAt: number[];
  private readonly canonical: (values: Record<string, string>) => string[];
  private readonly hash: (canonical: readonly string[]) => string;
  private readonly manifest: Manifest;
  private readonly mode: ImportMode;
  private readonly departmentAt: number;
  private readonly stateText: { name: string; tell: ReturnType<typeof compileStateText> } | undefined;
  private readonly placing: ReturnType<typeof compilePlacing>;
  /** Department texts of rows to be added, as they stand in the checked file. */
  private readonly rawDepartments = new Set<string>();
  private readonly departments = new Set<string>();

  /** `checked` holds all checked rows of the part. */
  constructor(manifest: Manifest, mode: ImportMode, uniqueBuckets: number, checked: Buffer, hasher: Hasher) {
    this.manifest = manifest;
    this.mode = mode;
    this.names = manifest.columns.map((column) => column.name);
    this.uniqueAt = uniqueColumns(manifest.columns);
    this.departmentAt = manifest.columns.findIndex(({ role }) => role === 'department');
    const state = columnWithRole(manifest.columns, 'state');
    this.stateText = state && { name: state.name, tell: compileStateText(state) };
    this.placing = compilePlacing(manifest.columns);
    this.canonical = canonicalOf(manifest.columns);
    this.hash = compileValuesHash(this.names, hasher);
    this.uniques = Array.from({ length: uniqueBuckets }, () => new ByteWriter());
    this.rows = new CheckedRows(checked, this.uniqueAt.length);
    this.outcomes = new Uint8Array(this.rows.length).fill(undecided);
    this.countRows();
  }

  private countRows(): void {
    const { rows, counts, outcomes } = this;
    counts.rows = rows.length;
    for (let index = 0; index < rows.length; index++) {
      if (!rows.isRejected(index)) continue;
      counts.rejected += 1;
      outcomes[index] = rejectedCode;
    }
  }

  /** The columns whose values are to be read of every member, whether it differs or not. */
  get columnsToRead(): readonly string[] | 'all' {
    return this.manifest.complete ? this.uniqueAt.map((at) => this.names[at] as string) : 'all';
  }

  /** The members of a batch whose values have to be read to tell what differs; before {@link compare}. */
  needingValues(members: readonly MemberDigest[]): string[] {
    const ids = members.filter((member) => this.differsByHash(member)).map((member) => member.externalId);
    this.differing = new Set(ids);
    return ids;
  }

  private differsByHash({ externalId, valuesHash }: MemberDigest): boolean {
    const index = this.indexOf(externalId);
    return index !== undefined && !this.rows.isRejected(index) && !this.rows.hasHash(index, valuesHash);
  }

  private indexOf(externalId: string): number | undefined {
    this.indexOfId ??= this.indexRows();
    return this.indexOfId.get(externalId);
  }

  private indexRows(): Map<string, number> {
    const { rows } = this;
    const indexOfId = new Map<string, number>();
    for (let index = 0; index < rows.length; index++) {
      const externalId = rows.externalId(index);
      // A rejected repetition must not hide the good row of the same identifier.
      if (!rows.isRejected(index) || !indexOfId.has(externalId)) indexOfId.set(externalId, index);
    }
    return indexOfId;
  }

  /** Compares a batch of members; `values` holds those of {@link needingValues}. */
  compare(members: readonly MemberDigest[], values: ReadonlyMap<string, Record<string, string>>): void {
    for (const member of members) {
      const index = this.indexOf(member.externalId);
      if (index === undefined) this.compareAbsent(member);
      else if (this.rows.isRejected(index)) this.addMemberUniques(member);
      else this.decide(index, this.compareRow(index, member, values.get(member.externalId) ?? member.values));
    }
  }

  private compareAbsent(member: MemberDigest): void {
    if (!isDisabledByAbsence(this.mode, member)) {
      this.addMemberUniques(member);
      return;
    }
    this.counts.disabled += 1;
    const { externalId, version, state: from, account } = member;
    this.addChange({
      kind: 'disable',
      externalId,
      version,
      ...(account !== undefined && { account }),
      from,
      state: 'disabled',
      before: {},
      was: earlierOf(member, undefined),
    });
  }

  private compareRow(
    index: number,
    member: MemberDigest,
    stored: Record<string, string> | undefined,
  ): RowOutcome {
    const mayDiffer = !this.manifest.complete || this.differing.has(member.externalId);
    const comparison = mayDiffer ? this.compareValues(index, stored ?? {}, member) : undefined;
    const before = comparison?.before ?? {};
    const active = this.rows.active(index);
    const outcome = outcomeOfRow(this.mode, { active }, member, Object.keys(before).length > 0);
    this.addUniquesOf(index, member, outcome, comparison);
    const protectedFields = comparison?.protectedFields;
    if (protectedFields !== undefined && outcome !== 'skipped') this.counts.protected += 1;
    if (outcome !== 'unchanged' && outcome !== 'skipped') {
      const state =
        outcome === 'disable' ? 'disabled' : outcome === 'reactivate' ? activeState(member) : member.state;
      this.addChange({
        kind: outcome,
        externalId: member.externalId,
        line: this.rows.line(index),
        version: member.version,
        ...(member.account !== undefined && { account: member.account }),
        ...(state !== member.state && { from: member.state }),
        state,
        ...(comparison && { values: comparison.values, valuesHash: comparison.valuesHash }),
        before,
        ...(protectedFields && { protectedFields }),
        was: earlierOf(member, comparison?.respelled),
      });
    }
    return outcome;
  }

  /**
   * A member's values with its state as it is: somebody may have disabled or enabled the member since a file said so, and
   * a file that says how it is, as an export does, changes nothing.
   */
  private tellingState(stored: Record<string, string>, state: MemberState): Record<string, string> {
    const { stateText } = this;
    if (stateText === undefined) return stored;
    const text = stored[stateText.name] ?? '';
    const told = stateText.tell(text, state !== 'disabled');
    return told === text ? stored : { ...stored, [stateText.name]: told };
  }

  private compareValues(index: number, stored: Record<string, string>, member: MemberDigest) {
    const { protectedColumns } = member;
    const fresh = this.rows.values(index);
    const kept = protectedColumns && this.protectedFields(fresh, stored, protectedColumns);
    const values: Record<string, string> = { ...stored };
    for (const [at, name] of this.names.entries()) {
      const value = fresh[at] as string;
      if (protectedColumns?.includes(name)) continue;
      if (value === '') delete values[name];
      else values[name] = value;
    }
    const after = { values: fresh, canonical: this.canonical(values) };
    const told = this.tellingState(stored, member.state);
    const old = { values: told, canonical: this.canonical(told) };
    const before = differingFields(this.names, old, after);
    return {
      before,
      respelled: respelledValues(stored, values, before),
      canonical: { before: old.canonical, after: after.canonical },
      values,
      ...(kept && { protectedFields: kept }),
      valuesHash: this.manifest.complete && !kept ? this.rows.valuesHash(index) : this.hash(after.canonical),
    };
  }

  /** The protected values that the row says otherwise; undefined for none. */
  private protectedFields(
    fresh: readonly string[],
    stored: Record<string, string>,
    protectedColumns: readonly string[],
  ): PlannedChange['protectedFields'] {
    const said = this.canonical(valuesByName(this.names, fresh));
    const held = this.canonical(stored);
    const differing = this.names.flatMap((name, at) => {
      const isKept = protectedColumns.includes(name) && said[at] !== held[at];
      return isKept ? [[name, { kept: stored[name] ?? null, file: fresh[at] || null }] as const] : [];
    });
    return differing.length === 0 ? undefined : Object.fromEntries(differing);
  }

  /** Plans the rows that no member answers to; after the last member. */
  finish(): void {
    for (let index = 0; index < this.rows.length; index++) {
      if (this.outcomes[index] !== undecided) continue;
      const active = this.rows.active(index);
      const outcome = outcomeOfRow(this.mode, { active }, undefined, true);
      this.decide(index, outcome);
      if (outcome !== 'add') continue;
      this.writerOf('add').text(formatAdd(this.rows.reference(index)));
      if (this.departmentAt >= 0 && this.rawDepartments.size <= departmentsMax)
        this.rawDepartments.add(this.rows.rawValue(index, this.departmentAt));
      if (active !== false) this.addRowUniques(index);
    }
  }

  private decide(index: number, outcome: RowOutcome): void {
    this.outcomes[index] = codeOf.get(outcome) as number;
    if (outcome === 'unchanged' || outcome === 'skipped') this.counts[outcome] += 1;
    else this.counts[countOfKind[outcome]] += 1;
    if (outcome === 'disable') this.counts.disabledByFile += 1;
  }

  private addChange(change: PlannedChange): void {
    const department = this.placing(change);
    if (department && this.departments.size <= departmentsMax) this.departments.add(department);
    this.writerOf(change.kind).text(formatChange(change));
  }

  /** Where the next change of a kind is to be written; counts it. */
  private writerOf(kind: ChangeKind): ByteWriter {
    this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
    this.changes[kind] ??= new ByteWriter();
    return this.changes[kind];
  }

  /** Which unique values the member of a row holds if the plan comes about, and which it keeps if not. */
  private addUniquesOf(
    index: number,
    member: MemberDigest,
    outcome: RowOutcome,
    comparison:
      | {
          canonical: { before: string[]; after: string[] };
          protectedFields?: PlannedChange['protectedFields'];
        }
      | undefined,
  ): void {
    const isEnrolled = member.state !== 'disabled';
    const isOther = comparison?.protectedFields !== undefined;
    if (outcome === 'skipped') this.addMemberUniques(member);
    else if (isOther && outcome === 'unchanged' && isEnrolled) this.addMemberUniques(member);
    else if (isOther && outcome === 'reactivate')
      this.addUniquesAt(this.rows.line(index), member.externalId, comparison.canonical.after);
    else if (outcome === 'reactivate') this.addRowUniques(index);
    else if (outcome === 'unchanged' && isEnrolled) this.addRowUniques(index, true);
    else if (outcome === 'update' && isEnrolled && comparison)
      this.addUpdateUniques(this.rows.line(index), member.externalId, comparison.canonical);
    else if (outcome === 'disable' && comparison)
      this.addUniquesAt(-this.rows.line(index), member.externalId, comparison.canonical.before);
  }

  /** `isHeld` tells that the member has the row's values already and keeps them whatever becomes of the row. */
  private addRowUniques(index: number, isHeld = false): void {
    const { bytes } = this.rows;
    const lineLength = this.rows.idStart(index) - 1 - this.rows.start(index);
    this.rows.eachUnique(index, (shard, start, end) => {
      const bucket = this.uniques[shard % this.uniques.length];
      if (isHeld) bucket?.copy(heldHead);
      bucket?.copy(bytes, isHeld ? start + 1 + lineLength : start, end);
      bucket?.copy(lineEnd);
    });
  }

  private addUpdateUniques(
    line: number,
    externalId: string,
    { before, after }: { before: string[]; after: string[] },
  ): void {
    for (const at of this.uniqueAt) {
      const [held, next] = [before[at] as string, after[at] as string];
      this.addUnique(held === next ? 0 : line, externalId, at, next);
      if (held !== next) this.addUnique(-line, externalId, at, held);
    }
  }

  /** Whom a row disables keeps its values if the row is taken out of the plan; its line is negative then. */
  private addUniquesAt(line: number, externalId: string, held: readonly string[]): void {
    for (const at of this.uniqueAt) this.addUnique(line, externalId, at, held[at] as string);
  }

  private addUnique(line: number, externalId: string, at: number, value: string): void {
    if (value === '') return;
    const bucket = this.uniques[shardOf(value) % this.uniques.length];
    bucket?.text(`${formatUnique(line, externalId, at, value)}\n`);
  }

  private addMemberUniques(member: MemberDigest): void {
    if (this.uniqueAt.length === 0 || member.state === 'disabled') return;
    const canonical = this.canonical(member.values ?? {});
    for (const at of this.uniqueAt) this.addUnique(0, member.externalId, at, canonical[at] as string);
  }

  /** Who holds which unique values in the roster as planned, by bucket of the value; once. */
  takeUniques(): Buffer[] {
    return this.uniques.map((bucket) => bucket.take());
  }

  /** The texts by which the changes name departments: all of them, or more than there can be departments. */
  departmentTexts(): string[] {
    const added = Array.from(this.rawDepartments, (raw) => JSON.parse(Buffer.from(raw, 'latin1').toString()));
    return [...new Set<string>([...this.departments, ...added])].filter((text) => text !== '');
  }

  /** The changes of a kind; once. */
  takeChanges(kind: ChangeKind): Buffer {
    return this.changes[kind].take();
  }

  /** What became of each row: line ⇥ external id ⇥ outcome, in the order of the file. */
  ledger(): Buffer {
    const writer = new ByteWriter(this.rows.length * ledgerLineBytesExpected);
    for (let index = 0; index < this.rows.length; index++) {
      writer.copy(this.rows.bytes, this.rows.start(index), this.rows.headEnd(index));
      writer.copy(endings[this.outcomes[index] as number] as Buffer);
    }
    return writer.take();
  }
}

/** The values that `before` does not lead back to: written otherwise with the same meaning, or told by the state. */
function respelledValues(
  stored: Record<string, string>,
  values: Record<string, string>,
  before: Record<string, string | null>,
): Record<string, string | null> {
  const respelled: Record<string, string | null> = {};
  for (const name of new Set([stored, values, before].flatMap((one) => Object.keys(one)))) {
    const restored = Object.hasOwn(before, name) ? before[name] : values[name];
    if ((restored ?? null) !== (stored[name] ?? null)) respelled[name] = stored[name] ?? null;
  }
  return respelled;
}
