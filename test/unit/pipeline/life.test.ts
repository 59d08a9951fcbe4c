import fc from 'fast-check';
import { isMusterError } from 'roster/domain/errors';
import { changeKinds, ImportLimits, type ImportMode } from 'roster/domain/import';
import type { Member } from 'roster/domain/member';
import type { ImportRef, Objects, RosterMembers, Selection } from 'roster/domain/ports';
import type { Column } from 'roster/domain/schema';
import { applyPart } from 'roster/pipeline/apply';
import { createDepartments } from 'roster/pipeline/create-departments';
import { diffPart } from 'roster/pipeline/diff';
import { fail } from 'roster/pipeline/fail';
import { finish } from 'roster/pipeline/finish';
import { changingParts, plan } from 'roster/pipeline/plan';
import { replan } from 'roster/pipeline/replan';
import { resume } from 'roster/pipeline/resume';
import { approve, cancel, listChanges, select, withdrawApproval } from 'roster/pipeline/review';
import { unzip } from 'roster/pipeline/unzip';
import { validatePart } from 'roster/pipeline/validate';
import { type Plan, readJson, workFiles } from 'roster/pipeline/work-files';
import { describe, expect, it } from 'vitest';
import {
  memoryDepartments,
  memoryImports,
  memoryMembers,
  memoryObjects,
  memoryOrganizations,
  noRosterChanges,
} from '../../support/memory.ts';

/**
 * The life of an import from its upload to its end, while people press buttons, the roster moves and steps are killed
 * or come twice. It ends, and the roster is that of a model: what was approved, on whoever nobody changed since.
 */

const columns: Column[] = [
  { name: 'Key', type: 'text', role: 'externalId' },
  { name: 'Name', type: 'text' },
  { name: 'City', type: 'text' },
];
const ref: ImportRef = { organization: 'club', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const at = new Date('2026-02-01T00:00:00Z');
const ids = ['a', 'b', 'c', 'd', 'e', 'f'];

type Rows = Record<string, { name: string; city: string }>;
const cell = fc.constantFrom('', 'x', 'y', 'z');
const rows: fc.Arbitrary<Rows> = fc
  .dictionary(fc.constantFrom(...ids), fc.record({ name: cell, city: cell }), { minKeys: 1 })
  .map((made) => ({ ...made }));
const csvOf = (made: Rows) =>
  Buffer.from(
    `Key,Name,City\n${Object.entries(made)
      .map(([id, { name, city }]) => `${id},${name},${city}\n`)
      .join('')}`,
  );

class Killed extends Error {}

/** An organization in memory; imports run in it one after the other. */
class Club {
  readonly imports = memoryImports();
  readonly members = memoryMembers(this.imports);
  readonly files = memoryObjects();
  readonly departments = memoryDepartments();
  /** Counts down with each write; at 0 the process is killed once. */
  killAt = Number.POSITIVE_INFINITY;
  secondAdministrator = false;
  /** Whether a step that was killed is not tried again. */
  isGivenUp = false;
  /** Called before each chunk is written, as somebody who acts meanwhile. */
  meanwhile = () => {};
  /** Parts are applied as changes are made: what is told is what the file says. */
  private file = Buffer.alloc(0);

  private mayDie() {
    this.killAt -= 1;
    if (this.killAt === 0) throw new Killed('killed');
  }

  get deps() {
    const club = this;
    const work: Objects = {
      ...this.files,
      async write(key, body) {
        club.mayDie();
        await club.files.write(key, body);
        club.mayDie();
      },
    };
    const members: RosterMembers = {
      ...this.members,
      summary: async (organization) => ({ ...(await this.members.summary(organization)), total: 50_000 }),
      async applyChunk(chunkRef, chunk, context) {
        club.mayDie();
        club.meanwhile();
        await club.members.applyChunk(chunkRef, chunk, context);
        club.mayDie();
      },
    };
    const source = {
      size: this.file.length,
      read: async function* (start: number, end: number) {
        yield club.file.subarray(start, end);
      },
    };
    return {
      imports: this.imports,
      members,
      departments: this.departments,
      work,
      reports: this.files,
      organizations: memoryOrganizations(columns, {
        hold: { disabledShareMax: 0, disabledMembersMax: 0, secondAdministrator: this.secondAdministrator },
      }),
      savedMappings: { find: async () => undefined },
      rosterChanges: noRosterChanges,
      approvers: { mayApprove: async () => true },
      limits: ImportLimits.parse({}),
      clock: () => at,
      upload: async () => ({ source, uploadedAt: at }),
      accountQueue: { changed: async () => undefined },
    };
  }

  /** A step as the state machine runs it: again where it was killed, and perhaps twice. */
  async step<T>(run: () => Promise<T>, isRepeated = false): Promise<T | undefined> {
    for (;;) {
      try {
        const said = await run();
        return isRepeated ? await run() : said;
      } catch (error) {
        if (isMusterError(error, 'import_superseded')) return undefined;
        if (!(error instanceof Killed) || this.isGivenUp) throw error;
      }
    }
  }

  /** Runs a new import of a file until it waits in review. */
  async read(file: Rows, mode: ImportMode = 'full'): Promise<void> {
    this.file = csvOf(file);
    this.imports.job = memoryImports({ mode, approve: 'review' }).job;
    this.imports.applied = [];
    this.imports.selected = undefined;
    this.files.files.clear();
    const { parts } = (await this.step(() => unzip(this.deps, ref))) ?? { parts: [] };
    for (const part of parts) await this.step(() => validatePart(this.deps, { ...ref, part }));
    await this.compare();
  }

  /** Compares and plans; all steps twice if asked to. */
  async compare(isRepeated = false): Promise<void> {
    const parts = this.imports.job.parts ?? [];
    for (const part of parts) await this.step(() => diffPart(this.deps, { ...ref, part }), isRepeated);
    await this.step(() => plan(this.deps, ref), isRepeated);
  }

  /** Applies what is approved, with the parts in this order. */
  async apply(isReversed = false, isRepeated = false): Promise<void> {
    await this.step(() => createDepartments(this.deps, ref), isRepeated);
    const whole = await readJson<Plan>(this.files, workFiles.plan(ref));
    const parts = changingParts(whole);
    for (const part of isReversed ? parts.reverse() : parts) {
      await this.step(() => applyPart(this.deps, { ...ref, part }), isRepeated);
    }
    await this.step(() => finish(this.deps, ref), isRepeated);
  }

  /** Adds whoever the file names, and approves it all. */
  async begin(file: Rows): Promise<void> {
    await this.read(file);
    await approve(this.deps, ref, who('ann'), { confirmHold: true });
    await this.apply();
  }

  edit(id: string, values: Record<string, string>): void {
    const member = this.members.members.get(id);
    if (member === undefined) return;
    const next = { ...member.values, ...values };
    this.members.members.set(id, {
      ...member,
      values: next,
      valuesHash: 'by hand',
      version: member.version + 1,
    });
  }

  disable(id: string): void {
    const member = this.members.members.get(id);
    if (member === undefined) return;
    const disabled = { state: 'disabled', disabledBy: 'admin' } as const;
    this.members.members.set(id, { ...member, ...disabled, version: member.version + 1 });
  }

  get roster() {
    return pictureOf(this.members.members);
  }

  private get job() {
    return this.imports.job;
  }
  get ended() {
    return this.job.status !== 'in_progress';
  }
}

const who = (login: string) => ({ account: login.toUpperCase(), login });

/** What is compared of a roster: who is on it, with which values, in or out. */
function pictureOf(members: ReadonlyMap<string, Member>) {
  const entries = [...members.values()].map(({ externalId, values, state }) => {
    const { Name = '', City = '' } = values;
    return [externalId, { name: Name, city: City, isIn: state !== 'disabled' }] as const;
  });
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
type Picture = ReturnType<typeof pictureOf>;

/** The roster that a full file makes of one, of the changes that are wanted and whose member is not left alone. */
function modelOf(
  before: Picture,
  file: Rows,
  wanted: Selection,
  alone: ReadonlySet<string> = new Set(),
): Picture {
  const after: Picture = { ...before };
  const isWanted = (kind: 'add' | 'update' | 'reactivate' | 'disable', id: string) =>
    wanted.kinds.includes(kind) && !wanted.exclude.includes(id) && !alone.has(id);
  for (const [id, row] of Object.entries(file)) {
    const member = before[id];
    if (member === undefined) {
      if (isWanted('add', id)) after[id] = { ...row, isIn: true };
      continue;
    }
    const differs = member.name !== row.name || member.city !== row.city;
    if (!member.isIn) {
      if (isWanted('reactivate', id)) after[id] = { ...row, isIn: true };
    } else if (differs && isWanted('update', id)) after[id] = { ...row, isIn: true };
  }
  for (const [id, member] of Object.entries(before)) {
    const isAbsent = !Object.hasOwn(file, id);
    if (member.isIn && isAbsent && isWanted('disable', id)) after[id] = { ...member, isIn: false };
  }
  return Object.fromEntries(Object.entries(after).sort(([one], [other]) => (one < other ? -1 : 1)));
}

const everything: Selection = { kinds: [...changeKinds], exclude: [] };
const selection = fc.record({
  kinds: fc.subarray([...changeKinds], { minLength: 1 }),
  exclude: fc.subarray(ids),
});
const settings = (seed: number, numRuns: number) => ({ seed, numRuns });

describe('an import’s life', () => {
  it('ends with what was approved, wherever it is killed, in whatever order and however often steps come', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        rows,
        selection,
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        fc.boolean(),
        async (first, file, wanted, killAt, isReversed, isRepeated) => {
          const club = new Club();
          await club.begin(first);
          const before = club.roster;
          club.killAt = killAt;
          await club.read(file);
          const isRight = await club
            .step(() => approve(club.deps, ref, who('ann'), { ...wanted, confirmHold: true }))
            .then(() => true);
          expect(isRight).toBe(true);
          await club.apply(isReversed, isRepeated);
          expect(club.imports.job).toMatchObject({ status: 'complete', step: 'done' });
          expect(club.roster).toEqual(modelOf(before, file, wanted));
        },
      ),
      settings(1, 150),
    );
  });

  it('resumed after a fault in the middle of applying, ends as if nothing had been', async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, fc.integer({ min: 1, max: 12 }), async (first, file, diesAt) => {
        const club = new Club();
        await club.begin(first);
        const before = club.roster;
        await club.read(file);
        await approve(club.deps, ref, who('ann'), { confirmHold: true });
        await createDepartments(club.deps, ref);
        club.killAt = diesAt;
        club.isGivenUp = true;
        const wasKilled = await club.apply().then(
          () => false,
          () => true,
        );
        if (!wasKilled && club.imports.job.status === 'complete') return;
        await fail(club.deps, ref);
        expect(club.imports.job).toMatchObject({ status: 'error', error: { code: 'apply_interrupted' } });
        const { parts } = await resume(club.deps, ref, who('bob'));
        expect(parts).toBeDefined();
        expect(club.imports.job).not.toHaveProperty('error');
        await club.apply();
        expect(club.imports.job).toMatchObject({ status: 'complete', resumed: 1, counts: { conflicts: 0 } });
        expect(club.roster).toEqual(modelOf(before, file, everything));
        await expect(resume(club.deps, ref, who('bob'))).rejects.toMatchObject({
          code: 'import_not_resumable',
        });
      }),
      settings(6, 80),
    );
  });

  it('leaves alone whom somebody changes after the plan, before or while it is applied', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        rows,
        fc.subarray(ids),
        fc.constantFrom(...ids),
        async (first, file, edited, disabled) => {
          const club = new Club();
          await club.begin(first);
          const before = club.roster;
          await club.read(file);
          await approve(club.deps, ref, who('ann'), { confirmHold: true });
          for (const id of edited) club.edit(id, { City: 'by hand' });
          const known = new Set(edited.filter((id) => Object.hasOwn(before, id)));
          const expected = modelOf({ ...before, ...pick(club.roster, known) }, file, everything, known);
          // Whoever is disabled while a chunk is on its way is, whether the chunk comes first or not.
          let isDone = false;
          club.meanwhile = () => {
            if (!isDone) club.disable(disabled);
            isDone = true;
          };
          await club.apply();
          const isThere = Object.hasOwn(before, disabled);
          if (isDone && isThere) expect(club.roster[disabled]?.isIn).toBe(false);
          const { [disabled]: _, ...others } = club.roster;
          const { [disabled]: __, ...expectedOthers } = expected;
          expect(isDone && isThere ? others : club.roster).toEqual(
            isDone && isThere ? expectedOthers : expected,
          );
        },
      ),
      settings(2, 150),
    );
  });

  it('planned anew applies to the roster as it is then, without whom was left out, and has no trace of the old plan', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        rows,
        fc.subarray(ids),
        fc.subarray(ids),
        fc.integer({ min: 1, max: 80 }),
        fc.boolean(),
        async (first, file, edited, left, killAt, isRepeated) => {
          const club = new Club();
          await club.begin(first);
          await club.read(file);
          await select(club.deps, ref, { kinds: [...changeKinds], exclude: left, by: 'ann' });
          for (const id of edited) club.edit(id, { City: 'by hand' });
          const before = club.roster;
          club.killAt = killAt;
          await replan(club.deps, ref, who('ann'));
          await club.compare(isRepeated);
          club.killAt = Number.POSITIVE_INFINITY;
          const { planVersion } = club.imports.job;
          expect(club.imports.job.step).toBe('review');
          await expect(approve(club.deps, ref, who('ann'), { confirmHold: true })).rejects.toMatchObject({
            code: 'plan_changed',
          });
          const fresh = new Club();
          for (const [id, member] of club.members.members) fresh.members.members.set(id, member);
          await fresh.read(file);
          expect(await planned(club)).toEqual(await planned(fresh));
          await approve(club.deps, ref, who('ann'), { confirmHold: true, planVersion });
          await club.apply();
          expect(club.imports.job.counts.conflicts).toBe(0);
          expect(club.roster).toEqual(modelOf(before, file, { kinds: [...changeKinds], exclude: left }));
        },
      ),
      settings(3, 60),
    );
  });

  it('comes to one end, whoever presses what at the same time', async () => {
    const press = fc.constantFrom('approve', 'approve', 'cancel', 'replan', 'withdraw', 'select');
    await fc.assert(
      fc.asyncProperty(
        rows,
        rows,
        fc.array(fc.record({ press, by: fc.constantFrom('ann', 'bob') }), { minLength: 2, maxLength: 8 }),
        fc.boolean(),
        fc.scheduler(),
        async (first, file, presses, needsTwo, scheduler) => {
          const club = new Club();
          await club.begin(first);
          const before = club.roster;
          club.secondAdministrator = needsTwo;
          await club.read(file);
          // Every access to the record may be overtaken by another one's.
          const originals = { ...club.imports };
          for (const name of ['get', 'update', 'approve', 'select'] as const) {
            const call = originals[name].bind(originals) as (...args: unknown[]) => Promise<unknown>;
            const overtaken = async (...args: unknown[]) => {
              await scheduler.schedule(Promise.resolve());
              return call(...args);
            };
            Object.assign(club.imports, { [name]: overtaken });
          }
          const said = presses.map(({ press: what, by }) => pressed(club, what, by));
          await scheduler.waitFor(Promise.all(said));
          const { get, update, approve: stored, select: kept } = originals;
          Object.assign(club.imports, { get, update, approve: stored, select: kept });
          const { job } = club.imports;
          const approvers = [job.approval?.account, job.approval?.second?.account].filter(Boolean);
          if (job.step === 'applying') {
            if (needsTwo && job.hold) expect(new Set(approvers).size).toBe(2);
            await club.apply();
            expect(club.imports.job.status).toBe('complete');
            expect(club.roster).toEqual(modelOf(before, file, everything));
            return;
          }
          expect(['review', 'comparing']).toContain(job.step);
          expect(approvers).toEqual([]);
          if (job.status === 'in_progress' && job.step === 'comparing') await club.compare();
          if (job.status === 'in_progress') await cancel(club.deps, ref, who('ann'));
          expect(club.imports.job.status).toBe('incomplete');
          expect(club.roster).toEqual(before);
        },
      ),
      settings(4, 200),
    );
  });

  it('leaves protected values alone, says so, and finds nothing to do the second time', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        rows,
        fc.subarray(ids),
        fc.constantFrom('Name', 'City'),
        async (first, file, guarded, name) => {
          const club = new Club();
          await club.begin(first);
          for (const id of guarded) {
            const member = club.members.members.get(id);
            if (member) club.members.members.set(id, { ...member, protectedColumns: [name] });
          }
          const before = club.roster;
          const column = name.toLowerCase() as 'name' | 'city';
          const kept = guarded.filter((id) => Object.hasOwn(before, id) && Object.hasOwn(file, id));
          const heard = { ...file };
          for (const id of kept) heard[id] = { ...file[id]!, [column]: before[id]![column] };
          const differing = kept.filter((id) => file[id]![column] !== before[id]![column]);
          await club.read(file);
          expect(club.imports.job.counts.protected).toBe(differing.length);
          for (const { externalId, fields, protectedFields } of await planned(club)) {
            if (differing.includes(externalId)) {
              expect(protectedFields?.[name]).toEqual({
                kept: before[externalId]![column] || null,
                file: file[externalId]![column] || null,
              });
              expect(fields).not.toHaveProperty(name);
            } else expect(protectedFields).toBeUndefined();
          }
          await approve(club.deps, ref, who('ann'), { confirmHold: true });
          await club.apply();
          expect(club.roster).toEqual(modelOf(before, heard, everything));
          await club.read(file);
          expect(await planned(club)).toEqual([]);
          // Once released the file counts again.
          for (const [id, { protectedColumns: _, ...member }] of club.members.members) {
            club.members.members.set(id, member);
          }
          await club.read(file);
          expect((await planned(club)).map(({ externalId }) => externalId).sort()).toEqual(
            [...differing].sort(),
          );
        },
      ),
      settings(5, 80),
    );
  });
});

function pick(roster: Picture, wanted: ReadonlySet<string>): Picture {
  return Object.fromEntries(Object.entries(roster).filter(([id]) => wanted.has(id)));
}

/** All planned changes, as people see them. */
async function planned(club: Club) {
  const { items } = await listChanges(club.deps, ref, { limit: 1_000 });
  return items
    .map(({ excluded: _, ...change }) => change)
    .sort((one, other) => (one.externalId < other.externalId ? -1 : 1));
}

async function pressed(club: Club, what: string, by: string): Promise<void> {
  const { planVersion } = club.imports.job;
  const call = {
    approve: () => approve(club.deps, ref, who(by), { confirmHold: true, planVersion }),
    cancel: () => cancel(club.deps, ref, who(by)),
    replan: () => replan(club.deps, ref, who(by)),
    withdraw: () => withdrawApproval(club.deps, ref, who(by)),
    select: () => select(club.deps, ref, { ...everything, by }),
  }[what];
  try {
    await call?.();
  } catch (error) {
    const refusals = [
      'import_not_in_review',
      'import_applying',
      'import_not_open',
      'plan_changed',
      'approval_waits',
      'conflict',
      'report_not_ready',
    ] as const;
    if (!refusals.some((code) => isMusterError(error, code))) throw error;
  }
}
