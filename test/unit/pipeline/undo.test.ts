import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { type DepartmentTree, departmentTree } from 'roster/domain/departments';
import { isMusterError } from 'roster/domain/errors';
import { type Import, type ImportCounts, ImportLimits, importModes } from 'roster/domain/import';
import type { Member } from 'roster/domain/member';
import type { ImportRef, Imports, Objects, RosterMembers } from 'roster/domain/ports';
import type { Column } from 'roster/domain/schema';
import { applyPart } from 'roster/pipeline/apply';
import { createDepartments } from 'roster/pipeline/create-departments';
import { diffPart } from 'roster/pipeline/diff';
import { finish } from 'roster/pipeline/finish';
import { plan } from 'roster/pipeline/plan';
import { approve, listChanges, listRejects } from 'roster/pipeline/review';
import { beginUndo, requestUndo } from 'roster/pipeline/undo';
import { planUndoOfPart } from 'roster/pipeline/undo-part';
import { unzip } from 'roster/pipeline/unzip';
import { validatePart } from 'roster/pipeline/validate';
import { workFiles } from 'roster/pipeline/work-files';
import { describe, expect, it } from 'vitest';
import { memberUpdate } from '../../../layers/roster/src/aws/member-item.ts';
import {
  memoryDepartments,
  memoryImports,
  memoryMembers,
  memoryObjects,
  memoryOrganizations,
  noRosterChanges,
} from '../../support/memory.ts';

/** Laws of undoing an import: whatever the roster, the file, and what people did since, these hold. */

const columns: Column[] = [
  { name: 'Key', type: 'text', role: 'externalId' },
  { name: 'Active', type: 'boolean', role: 'state' },
  { name: 'Name', type: 'text', role: 'lastName' },
  { name: 'Mail', type: 'email', role: 'email', unique: true },
  { name: 'Fee', type: 'decimal' },
  { name: 'Unit', type: 'text', role: 'department', createDepartments: true },
];
const organization = 'club';
const at = new Date('2026-02-01T00:00:00Z');
const owner = { account: 'owner', login: 'owner' };

interface Row {
  id: string;
  active: string;
  name: string;
  mail: string;
  fee: string;
  unit: string;
}

const ids = ['A1', '007', '7', 'é', 'x"y', '東京', '=1+1', 'B2', 'C3', 'D4'];
const rowOf = (mails: string[]) =>
  fc.record({
    id: fc.constantFrom(...ids),
    active: fc.constantFrom('', '', 'true', 'false'),
    name: fc.constantFrom('', 'Ann', 'Bo', 'Zoé', 'two\nlines'),
    mail: fc.constantFrom(...mails),
    // Two spellings of one amount are no difference, and are written along with another one.
    fee: fc.constantFrom('', '1', '1.0', '1,00', '2'),
    unit: fc.constantFrom('', '', 'Choir', 'Board', 'Board / West'),
  });
const rowsOf = (mails: string[] = ['']) =>
  fc.uniqueArray(rowOf(mails), { selector: ({ id }) => id, minLength: 1, maxLength: 10 });
const mode = fc.constantFrom(...importModes);

function csvOf(rows: readonly Row[]): Buffer {
  const cells = rows.map(({ id, active, name, mail, fee, unit }) => [id, active, name, mail, fee, unit]);
  return Buffer.from(stringify([columns.map(({ name }) => name), ...cells]));
}

/** What somebody does to a member after the import, and whether an undo keeps the member for it. */
const deeds = {
  value: { isEdit: true },
  disable: { isEdit: true },
  role: { isEdit: true },
  join: { isEdit: true },
  remove: { isEdit: true },
  renew: { isEdit: true },
  invite: { isEdit: false },
  signIn: { isEdit: false },
  period: { isEdit: false },
} as const;
type Deed = keyof typeof deeds;

function done(deed: Deed, before: Member): Member | undefined {
  const next = { ...before, version: before.version + 1, updatedAt: '2026-03-01T00:00:00.000Z' };
  const isIn = before.state !== 'disabled';
  switch (deed) {
    case 'value':
      return { ...next, values: { ...before.values, Name: 'By hand' }, valuesHash: 'by hand' };
    case 'disable':
      return isIn ? { ...next, state: 'disabled', disabledBy: 'admin' } : before;
    case 'role':
      return { ...next, roles: ['r1'] };
    case 'join':
      return isIn ? { ...next, state: 'enabled', account: 'a1', username: 'ann' } : before;
    case 'invite': {
      const sent = '2026-03-01T00:00:00.000Z';
      const round = { id: 'i', method: 'link', state: 'sent', rounds: 1, sentAt: sent } as const;
      return { ...next, invitation: { ...round, validUntil: sent, invitedBy: 'owner' } };
    }
    case 'signIn':
      // It changes no version.
      return { ...before, lastSignInAt: '2026-03-01T00:00:00.000Z' };
    case 'period':
      return isIn ? { ...next, state: 'disabled', disabledBy: 'period' } : before;
    default:
      return undefined;
  }
}

/** One organization with all of its imports, in memory. */
class Club {
  readonly members = new Map<string, Member>();
  private readonly jobs = new Map<string, ReturnType<typeof memoryImports>>();
  private readonly files = memoryObjects();
  private readonly stored: ReturnType<typeof memoryDepartments>;
  private readonly partsOf: number;
  private next = 0;
  /** Counts down at each write of the work bucket and at each chunk; at 0 the process is killed. */
  private beforeKill = Number.POSITIVE_INFINITY;
  private isRepeating = false;

  constructor(tree: DepartmentTree, membersSaid = 0) {
    this.stored = memoryDepartments(tree);
    this.partsOf = membersSaid;
  }

  killAt(count: number): void {
    this.beforeKill = count;
  }

  /** Each step is run twice from now on. */
  repeat(): void {
    this.isRepeating = true;
  }

  job(importId: string): Import {
    return this.of(importId).job;
  }

  private of(importId: string) {
    const found = this.jobs.get(importId);
    if (found === undefined) throw new Error(`There is no import ${importId}.`);
    return found;
  }

  private newId(): string {
    return `01J${String(this.next++).padStart(23, '0')}`;
  }

  private get imports(): Imports {
    const by = ({ importId }: ImportRef) => this.of(importId);
    const rest = memoryImports();
    return {
      ...rest,
      create: async (_org, job) => {
        this.jobs.set(job.importId, memoryImports(job));
      },
      get: (ref) => by(ref).get(ref),
      update: (org, job, patch, event) => this.of(job.importId).update(org, job, patch, event),
      approve: (org, job, ...more) => this.of(job.importId).approve(org, job, ...more),
      takeFloor: async (ref) => {
        const imports = by(ref);
        const step = imports.job.kind === 'undo' ? 'comparing' : 'unzipping';
        const isNew = imports.job.step === 'awaiting_upload';
        if (isNew) imports.job = { ...imports.job, step, version: imports.job.version + 1 };
        return imports.job;
      },
      approval: (ref) => by(ref).approval(ref),
      chunks: (ref, part) => by(ref).chunks(ref, part),
    };
  }

  private mayDie(): void {
    this.beforeKill -= 1;
    if (this.beforeKill === 0) throw new Killed('killed');
  }

  private deps(bytes: Buffer = Buffer.alloc(0)) {
    const memory = memoryMembers({ applied: [] }, this.members);
    const members: RosterMembers = {
      ...memory,
      summary: async (org) => {
        const said = await memory.summary(org);
        return { ...said, total: Math.max(said.total, this.partsOf) };
      },
      applyChunk: async (ref, chunk, context) => {
        await memoryMembers(this.of(ref.importId), this.members).applyChunk(ref, chunk, context);
        this.mayDie();
      },
    };
    const work: Objects = {
      ...this.files,
      write: async (key, body) => {
        this.mayDie();
        await this.files.write(key, body);
      },
    };
    const source = {
      size: bytes.length,
      async *read(start: number, end: number) {
        yield bytes.subarray(start, end);
      },
    };
    return {
      imports: this.imports,
      members,
      departments: this.stored,
      work,
      reports: this.files,
      organizations: memoryOrganizations(columns),
      limits: ImportLimits.parse({}),
      clock: () => at,
      newId: () => this.newId(),
      upload: async () => ({ source, uploadedAt: at }),
      accountQueue: { changed: async () => undefined },
      approvers: { mayApprove: async () => true },
      savedMappings: { find: async () => undefined },
      rosterChanges: noRosterChanges,
    };
  }

  private async step<T>(run: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const said = await run();
        return this.isRepeating ? await run() : said;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
  }

  /** Imports a file whole, but for whom the approval leaves out. */
  async import(rows: readonly Row[], mode: Import['mode'], exclude: string[] = []): Promise<Import> {
    const deps = this.deps(csvOf(rows));
    const importId = this.newId();
    const ref = { organization, importId };
    const { job } = memoryImports({ createdAt: at.toISOString() });
    const begun = { ...job, importId, mode, approve: 'review' as const, uploadedAt: at.toISOString() };
    await deps.imports.create(organization, begun);
    const { parts } = await unzip(deps, ref);
    for (const part of parts) await validatePart(deps, { ...ref, part });
    for (const part of parts) await diffPart(deps, { ...ref, part });
    const planned = await plan(deps, ref);
    expect(planned.next).toBe('review');
    await this.apply(ref, exclude);
    return this.job(importId);
  }

  private async apply(ref: ImportRef, exclude: string[] = []): Promise<void> {
    const deps = this.deps();
    const { parts = [] } = await this.step(() => approve(deps, ref, owner, { confirmHold: true, exclude }));
    await this.step(() => createDepartments(deps, ref));
    for (const part of parts) await this.step(() => applyPart(deps, { ...ref, part }));
    try {
      await this.step(() => finish(deps, ref));
    } catch (error) {
      if (!this.isRepeating || !isMusterError(error, 'import_superseded')) throw error;
    }
  }

  /** Undoes an import as the state machine does. */
  async undo(importId: string) {
    const deps = this.deps();
    const job = await requestUndo(deps, { organization, importId }, owner);
    const ref = { organization, importId: job.importId };
    const { parts } = await this.step(() => beginUndo(deps, ref));
    for (const part of parts) await this.step(() => planUndoOfPart(deps, { ...ref, part }));
    expect((await this.step(() => plan(deps, ref))).next).toBe('review');
    const changes = (await listChanges(deps, ref, { limit: 1_000 })).items;
    const kept = (await listRejects(deps, ref, { limit: 1_000 })).items;
    const planned = this.job(job.importId).counts;
    await this.apply(ref);
    const report = this.files.files.get(workFiles.report(ref, 'all', 'csv'))?.toString() ?? '';
    return { planned, counts: this.job(job.importId).counts, changes, kept, report };
  }

  /** Does something to a member as the adapter would write it. */
  act(deed: Deed, id: string): void {
    const before = this.members.get(id);
    if (before === undefined) return;
    if (deed === 'remove') this.members.delete(id);
    else if (deed === 'renew') this.members.set(id, renewed(before));
    else {
      const after = done(deed, before);
      if (after !== undefined && after !== before) this.members.set(id, written(before, after));
    }
  }

  snapshot(): Map<string, Member> {
    return new Map([...this.members].map(([id, member]) => [id, structuredClone(member)]));
  }
}

class Killed extends Error {}

/** Removed by hand and added again, just as it was. */
function renewed({ importId: _, ...member }: Member): Member {
  return { ...member, version: 1, createdAt: '2026-03-01T00:00:00.000Z' };
}

/** What is stored once a change of one member is written. */
function written(before: Member, after: Member): Member {
  const action = memberUpdate(organization, before, after);
  if (!('update' in action)) throw new Error('A member is changed by an update.');
  const { set = {}, remove = [] } = action.update;
  const stored: Record<string, unknown> = { ...before, ...set };
  for (const name of remove) delete stored[name];
  // Signing in writes its times apart.
  return { ...stored, ...(after.lastSignInAt && { lastSignInAt: after.lastSignInAt }) } as unknown as Member;
}

/** A member without what every write moves, and what an undo leaves alone. */
function content(member: Member | undefined) {
  if (member === undefined) return undefined;
  const { version: _, updatedAt: __, invitation: ___, lastSignInAt: ____, ...rest } = member;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}

const contents = (members: ReadonlyMap<string, Member>) =>
  Object.fromEntries([...members].sort().map(([id, member]) => [id, content(member)]));

const tree = departmentTree({
  root: { name: 'Club', version: 1 },
  departments: [{ id: 'b', name: 'Board', parent: 'root', version: 1 }],
});

const deedsOf = fc.dictionary(fc.constantFrom(...ids), fc.constantFrom(...(Object.keys(deeds) as Deed[])), {
  maxKeys: 6,
  noNullPrototype: true,
});

/** What the roster has to be after the undo: as before it, but for whom somebody edited since. */
function expected(
  { before, left, now }: Record<'before' | 'left' | 'now', Map<string, Member>>,
  edited: ReadonlySet<string>,
): Record<string, unknown> {
  const all = [...new Set([...before.keys(), ...now.keys()])].sort();
  const entries = all.map((id): [string, unknown] => {
    const [earlier, after, present] = [before.get(id), left.get(id), now.get(id)];
    const isWritten = earlier?.version !== after?.version;
    if (edited.has(id) || !isWritten) return [id, content(present)];
    if (earlier === undefined || present === undefined) return [id, content(earlier)];
    // Where the import moved no state, an active period that did goes on to.
    const isMoved = earlier.state !== after?.state;
    const { state, disabledBy } = isMoved ? earlier : present;
    return [id, content({ ...earlier, state, disabledBy } as Member)];
  });
  return Object.fromEntries(entries.filter(([, member]) => member !== undefined));
}

const sumOf = ({ added, updated, reactivated, disabled, removed, unchanged, kept }: ImportCounts) =>
  added + updated + reactivated + disabled + removed + unchanged + kept;

describe('an undo', () => {
  it('restores exactly those whom nobody edited since, and keeps the others', async () => {
    const exclude = fc.subarray(ids, { maxLength: 3 });
    const parts = fc.constantFrom(0, 60_000);
    await fc.assert(
      fc.asyncProperty(
        rowsOf(),
        rowsOf(),
        mode,
        exclude,
        deedsOf,
        parts,
        async (earlier, rows, mode, exclude, acts, membersSaid) => {
          const club = new Club(tree, membersSaid);
          await club.import(earlier, 'full');
          const before = club.snapshot();
          const job = await club.import(rows, mode, exclude);
          const left = club.snapshot();
          for (const [id, deed] of Object.entries(acts)) club.act(deed, id);
          const now = club.snapshot();
          const edited = new Set(
            Object.entries(acts)
              .filter(([id, deed]) => {
                const isDone = JSON.stringify(now.get(id)) !== JSON.stringify(left.get(id));
                return deeds[deed].isEdit && isDone;
              })
              .map(([id]) => id),
          );
          const { added, updated, reactivated, disabled } = job.counts;
          const changed = added + updated + reactivated + disabled;
          if (changed === 0) {
            await expect(club.undo(job.importId)).rejects.toMatchObject({ code: 'import_not_undoable' });
            return;
          }
          const { planned, counts, changes, kept, report } = await club.undo(job.importId);
          expect(contents(club.members)).toEqual(expected({ before, left, now }, edited));
          expect(planned.rows).toBe(changed);
          expect(sumOf(planned)).toBe(changed);
          expect(sumOf(counts)).toBe(changed);
          expect(counts).toMatchObject({ conflicts: 0, excluded: 0, rejected: 0 });
          const wasWritten = (id: string) => before.get(id)?.version !== left.get(id)?.version;
          for (const { externalId = '', code } of kept) {
            expect(edited).toContain(externalId);
            expect(['changed_since', 'joined_since', 'removed_since']).toContain(code);
            expect(acts[externalId] === 'remove').toBe(code === 'removed_since');
          }
          // Whom somebody removed that the import had added is gone, as it was before: nothing is kept.
          const mustBeKept = [...edited].filter(
            (id) => wasWritten(id) && !(acts[id] === 'remove' && !before.has(id)),
          );
          const asBefore = mustBeKept.filter((id) => !kept.some(({ externalId }) => externalId === id));
          // One that an edit made what it was before is not listed either: there is nothing to restore.
          for (const id of asBefore) {
            expect(now.get(id)?.state).toBe(before.get(id)?.state);
          }
          expect(changes.length + kept.length + planned.unchanged).toBe(changed);
          for (const { externalId } of changes) expect(edited.has(externalId)).toBe(false);
          expect(report.match(/,kept,/g)?.length ?? 0).toBe(kept.length);
        },
      ),
      { seed: 11, numRuns: 120 },
    );
  });

  it('one after the other, from the newest on, leads back through all imports', async () => {
    const history = fc.array(fc.tuple(rowsOf(['', 'a@x.org', 'b@x.org', 'A@X.org']), mode), {
      minLength: 2,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(history, async (files) => {
        const club = new Club(tree);
        const snapshots = [club.snapshot()];
        const jobs: Import[] = [];
        for (const [rows, mode] of files) {
          jobs.push(await club.import(rows, mode));
          snapshots.push(club.snapshot());
        }
        for (const [index, job] of [...jobs.entries()].reverse()) {
          const { added, updated, reactivated, disabled } = job.counts;
          if (added + updated + reactivated + disabled === 0) continue;
          const { counts } = await club.undo(job.importId);
          expect(counts).toMatchObject({ kept: 0, unchanged: 0, conflicts: 0 });
          expect(contents(club.members)).toEqual(contents(snapshots[index] as Map<string, Member>));
        }
        expect(club.members.size).toBe(0);
      }),
      { seed: 12, numRuns: 60 },
    );
  });

  it('comes to the same however often it is interrupted or repeated', async () => {
    const killAt = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(rowsOf(), rowsOf(), mode, deedsOf, killAt, async (earlier, rows, mode, acts, kill) => {
        const run = async (disturb: (club: Club) => void) => {
          const club = new Club(tree, 60_000);
          await club.import(earlier, 'full');
          const job = await club.import(rows, mode);
          for (const [id, deed] of Object.entries(acts)) club.act(deed, id);
          const { added, updated, reactivated, disabled } = job.counts;
          if (added + updated + reactivated + disabled === 0) return undefined;
          disturb(club);
          return { ...(await club.undo(job.importId)), members: contents(club.members) };
        };
        const calm = await run(() => undefined);
        expect(await run((club) => club.killAt(kill))).toEqual(calm);
        expect(await run((club) => club.repeat())).toEqual(calm);
      }),
      { seed: 13, numRuns: 30 },
    );
  });

  it('gives nobody a unique value that somebody else has by now', async () => {
    const mails = ['', 'a@x.org', 'A@x.org', 'b@x.org', 'c@x.org'];
    let collisions = 0;
    await fc.assert(
      fc.asyncProperty(
        rowsOf(mails),
        rowsOf(mails),
        rowsOf(mails),
        fc.constantFrom(0, 60_000),
        async (earlier, rows, later, membersSaid) => {
          const club = new Club(tree, membersSaid);
          await club.import(earlier, 'full');
          const job = await club.import(rows, 'full');
          await club.import(later, 'upsert');
          const now = club.snapshot();
          const { added, updated, reactivated, disabled } = job.counts;
          if (added + updated + reactivated + disabled === 0) return;
          const { kept } = await club.undo(job.importId);
          const enrolled = [...club.members.values()].filter(({ state }) => state !== 'disabled');
          const held = enrolled.flatMap(({ values }) => values.Mail?.toLowerCase() ?? []);
          expect(new Set(held).size).toBe(held.length);
          for (const { externalId = '', code, column } of kept) {
            expect(content(club.members.get(externalId))).toEqual(content(now.get(externalId)));
            if (code !== 'duplicate_value') continue;
            expect(column).toBe('Mail');
            collisions += 1;
          }
        },
      ),
      { seed: 14, numRuns: 100 },
    );
    expect(collisions).toBeGreaterThan(0);
  });
});
