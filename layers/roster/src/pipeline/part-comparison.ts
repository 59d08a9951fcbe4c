import { differingFields, isDisabledByAbsence, outcomeOfRow, type RowOutcome } from '../domain/diff.ts';
import {
  type ChangeKind,
  changeKinds,
  countOfKind,
  type ImportCounts,
  type ImportMode,
  noCounts,
} from '../domain/import.ts';
import { activeState, shardOf } from '../domain/member.ts';
import type { MemberDigest } from '../domain/ports.ts';
import { canonicalOf } from '../domain/validate.ts';
import { type CheckedRow, parseChecked } from './checked-rows.ts';
import { uniqueColumns } from './part-checker.ts';
import { formatAdd, formatChange } from './planned-changes.ts';
import { compileValuesHash } from './values-hash.ts';
import type { Manifest } from './work-files.ts';

type LedgerOutcome = RowOutcome | 'rejected';

/** Compares the checked rows of one part with its members and gathers the part's plan. */
export class PartComparison {
  readonly counts: ImportCounts = { ...noCounts };
  readonly changes: Record<ChangeKind, string[]> = { add: [], update: [], reactivate: [], disable: [] };
  private readonly rows: CheckedRow[] = [];
  private readonly indexOfId = new Map<string, number>();
  private readonly outcomes: (LedgerOutcome | undefined)[] = [];
  private readonly uniques: string[][];
  private readonly names: string[];
  private readonly uniqueAt: number[];
  private readonly canonical: (values: Record<string, string>) => string[];
  private readonly hash: (canonical: readonly string[]) => string;
  private readonly manifest: Manifest;
  private readonly mode: ImportMode;

  constructor(manifest: Manifest, mode: ImportMode, uniqueBuckets: number) {
    this.manifest = manifest;
    this.mode = mode;
    this.names = manifest.columns.map((column) => column.name);
    this.uniqueAt = uniqueColumns(manifest.columns);
    this.canonical = canonicalOf(manifest.columns);
    this.hash = compileValuesHash(this.names);
    this.uniques = Array.from({ length: uniqueBuckets }, () => []);
  }

  /** Whether the members have to be read with their values. */
  get needsValues(): boolean {
    return !this.manifest.complete || this.uniqueAt.length > 0;
  }

  /** Takes the part's checked rows; all of them, before the first member. */
  addRows(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const row = parseChecked(text.slice(start, end));
      start = end + 1;
      this.counts.rows += 1;
      if (row.rejected) this.counts.rejected += 1;
      // A rejected repetition must not hide the good row of the same identifier.
      if (!row.rejected || !this.indexOfId.has(row.externalId))
        this.indexOfId.set(row.externalId, this.rows.length);
      this.outcomes.push(row.rejected ? 'rejected' : undefined);
      this.rows.push(row);
    }
  }

  /** The members of a batch whose values have to be read to tell what differs. */
  needingValues(members: readonly MemberDigest[]): string[] {
    return members.filter((member) => this.differsByHash(member)).map((member) => member.externalId);
  }

  private differsByHash(member: MemberDigest): boolean {
    const row = this.rowOf(member.externalId);
    if (row === undefined || row.rejected) return false;
    return !this.manifest.complete || row.valuesHash !== member.valuesHash;
  }

  /** Compares a batch of members; `values` holds those of {@link needingValues}. */
  compare(members: readonly MemberDigest[], values: ReadonlyMap<string, Record<string, string>>): void {
    for (const member of members) {
      const index = this.indexOfId.get(member.externalId);
      const row = index === undefined ? undefined : this.rows[index];
      if (index === undefined || row === undefined) this.compareAbsent(member);
      else if (row.rejected) this.outcomes[index] = 'rejected';
      else
        this.outcomes[index] = this.compareRow(row, member, values.get(member.externalId) ?? member.values);
      if (row?.rejected) this.addMemberUniques(member);
    }
  }

  private compareAbsent(member: MemberDigest): void {
    if (!isDisabledByAbsence(this.mode, member)) {
      this.addMemberUniques(member);
      return;
    }
    this.counts.disabled += 1;
    const { externalId, version, account } = member;
    const change = {
      kind: 'disable',
      externalId,
      version,
      ...(account !== undefined && { account }),
      from: member.state,
      state: 'disabled',
      before: {},
    } as const;
    this.changes.disable.push(formatChange(change));
  }

  private compareRow(
    row: CheckedRow,
    member: MemberDigest,
    stored: Record<string, string> | undefined,
  ): RowOutcome {
    const comparison = this.differsByHash(member) ? this.compareValues(row, stored ?? {}) : undefined;
    const before = comparison?.before ?? {};
    const outcome = outcomeOfRow(this.mode, row, member, Object.keys(before).length > 0);
    this.count(outcome, row);
    if (outcome === 'skipped') this.addMemberUniques(member);
    else if (outcome !== 'disable' && !(outcome === 'unchanged' && member.state === 'disabled'))
      this.addRowUniques(row);
    if (outcome !== 'unchanged' && outcome !== 'skipped') {
      const state =
        outcome === 'disable' ? 'disabled' : outcome === 'reactivate' ? activeState(member) : member.state;
      const { externalId, line } = row;
      const next = comparison && { values: comparison.values, valuesHash: comparison.valuesHash };
      const from = state === member.state ? {} : { from: member.state };
      const change = {
        kind: outcome,
        externalId,
        line,
        version: member.version,
        ...(member.account !== undefined && { account: member.account }),
        ...from,
        state,
        ...next,
        before,
      };
      this.changes[outcome].push(formatChange(change));
    }
    return outcome;
  }

  private compareValues(row: CheckedRow, stored: Record<string, string>) {
    const fresh = JSON.parse(row.valuesJson) as string[];
    const values: Record<string, string> = { ...stored };
    for (const [index, name] of this.names.entries()) {
      const value = fresh[index] as string;
      if (value === '') delete values[name];
      else values[name] = value;
    }
    const after = { values: fresh, canonical: this.canonical(values) };
    const before = differingFields(this.names, { values: stored, canonical: this.canonical(stored) }, after);
    return {
      before,
      values,
      valuesHash: this.manifest.complete ? row.valuesHash : this.hash(after.canonical),
    };
  }

  /** Plans the rows that no member answers to; after the last member. */
  finish(): void {
    for (const [index, row] of this.rows.entries()) {
      if (this.outcomes[index] !== undefined) continue;
      const outcome = outcomeOfRow(this.mode, row, undefined, true);
      this.outcomes[index] = outcome;
      this.count(outcome, row);
      if (outcome !== 'add') continue;
      this.changes.add.push(formatAdd(row));
      if (row.active !== false) this.addRowUniques(row);
    }
  }

  private count(outcome: RowOutcome, row: CheckedRow): void {
    if (outcome === 'unchanged' || outcome === 'skipped') this.counts[outcome] += 1;
    else this.counts[countOfKind[outcome]] += 1;
    if (outcome === 'disable' && row.line > 0) this.counts.disabledByFile += 1;
  }

  private rowOf(externalId: string): CheckedRow | undefined {
    const index = this.indexOfId.get(externalId);
    return index === undefined ? undefined : this.rows[index];
  }

  private addRowUniques(row: CheckedRow): void {
    if (row.uniquesJson === '') return;
    this.addUniques(row.line, row.externalId, JSON.parse(row.uniquesJson) as string[]);
  }

  private addMemberUniques(member: MemberDigest): void {
    if (this.uniqueAt.length === 0 || member.state === 'disabled') return;
    const canonical = this.canonical(member.values ?? {});
    this.addUniques(
      0,
      member.externalId,
      this.uniqueAt.map((index) => canonical[index] as string),
    );
  }

  private addUniques(line: number, externalId: string, values: readonly string[]): void {
    for (const [order, value] of values.entries()) {
      if (value === '') continue;
      const entry = JSON.stringify([line, externalId, this.uniqueAt[order], value]);
      this.uniques[shardOf(value) % this.uniques.length]?.push(`${entry}\n`);
    }
  }

  /** Who holds which unique values in the roster as planned, by bucket of the value. */
  uniquesText(): string[] {
    return this.uniques.map((entries) => entries.join(''));
  }

  /** What became of each row: line ⇥ external id ⇥ outcome, in the order of the file. */
  ledgerText(): string {
    return this.rows
      .map((row, index) => `${row.line}\t${row.externalId}\t${this.outcomes[index]}\n`)
      .join('');
  }

  /** The kinds that this part changes. */
  get kinds(): ChangeKind[] {
    return changeKinds.filter((kind) => this.changes[kind].length > 0);
  }
}
