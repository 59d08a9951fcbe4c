import { auditTrail } from 'roster/aws/audit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importRecords } from '../../../layers/roster/src/aws/imports.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { type Import, noCounts } from '../../../layers/roster/src/domain/import.ts';
import type { AppliedChunk } from '../../../layers/roster/src/domain/ports.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;
let imports: ReturnType<typeof importRecords>;
let trail: ReturnType<typeof auditTrail>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  trail = auditTrail(table, () => new Date());
  imports = importRecords(table, trail);
});
afterAll(() => dynamo.stop());

/** Ids that sort by `n`, as ULIDs sort by time. */
const idOf = (n: number) => `01KE${String(n).padStart(22, '0')}`;
const refOf = (n: number) => ({ organization: 'acme', importId: idOf(n) });
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
const now = at(59);

function job(n: number, more: Partial<Import> = {}): Import {
  return {
    importId: idOf(n),
    fileName: 'roster.csv',
    mode: 'full',
    onRowErrors: 'accept_valid',
    approve: 'auto',
    status: 'in_progress',
    step: 'awaiting_upload',
    uploadedBy: 'owner@example.org',
    createdAt: at(0).toISOString(),
    updatedAt: at(0).toISOString(),
    counts: noCounts,
    version: 1,
    ...more,
  };
}

async function create(...jobs: Import[]): Promise<void> {
  for (const one of jobs) await imports.create('acme', one);
}

const holder = async () => (await table.get(keys.currentImport('acme'), { consistent: true }))?.importId;
const code = (name: string) => expect.objectContaining({ code: name });

describe('an import', () => {
  it('is read back whole, and another organization does not see it', async () => {
    const whole = job(1, {
      schemaVersion: 3,
      parts: [0, 1],
      columns: { mapped: { Nom: 'LastName' }, ignored: ['X'], missing: ['Email'] },
      file: { bytes: 1, inflatedBytes: 2, sha256: 'ab', encoding: 'utf-8', format: 'csv', delimiter: ';' },
      hold: { reason: 'mass_change', message: 'Many', disabling: 9, members: 10 },
      approval: { by: 'owner', at: at(1).toISOString(), kinds: ['add'], excludedCount: 1 },
      error: { code: 'x', message: 'y' },
      counts: { ...noCounts, rows: 7, added: 7 },
    });
    await create(whole);
    expect(await imports.get(refOf(1))).toEqual(whole);
    await expect(imports.get({ ...refOf(1), organization: 'other' })).rejects.toEqual(code('not_found'));
  });

  it('is made once', async () => {
    await create(job(1));
    await expect(imports.create('acme', job(1, { fileName: 'other.csv' }))).rejects.toEqual(code('conflict'));
    expect((await imports.get(refOf(1))).fileName).toBe('roster.csv');
  });

  it('changes only if nobody changed it since it was read', async () => {
    await create(job(1));
    const changed = await imports.update('acme', job(1), { status: 'complete' });
    expect(changed).toEqual(job(1, { status: 'complete', version: 2 }));
    await expect(imports.update('acme', job(1), { status: 'error' })).rejects.toEqual(code('conflict'));
    await expect(imports.update('acme', job(2), { status: 'error' })).rejects.toEqual(code('conflict'));
    expect(await imports.get(refOf(1))).toEqual(changed);
    await expect(imports.get(refOf(2))).rejects.toEqual(code('not_found'));
  });

  it('is corrupt, and not absent, when it cannot be read', async () => {
    await table.put({ ...keys.import('acme', idOf(1)), ...job(1), status: 'lost' });
    await expect(imports.get(refOf(1))).rejects.toEqual(code('corrupt_item'));
    await expect(imports.list('acme', 10)).rejects.toEqual(code('corrupt_item'));
    await expect(imports.takeFloor(refOf(1), at(1), now)).rejects.toEqual(code('corrupt_item'));
  });
});

describe('the history', () => {
  it('begins with the newest and goes on from any of them', async () => {
    await create(job(2), job(1), job(3));
    await imports.create('other', job(9));
    const ids = async (limit: number, before?: string) =>
      (await imports.list('acme', limit, before)).map(({ importId }) => importId);
    expect(await ids(10)).toEqual([idOf(3), idOf(2), idOf(1)]);
    expect(await ids(2)).toEqual([idOf(3), idOf(2)]);
    expect(await ids(2, idOf(2))).toEqual([idOf(1)]);
    expect(await ids(2, idOf(1))).toEqual([]);
  });

  it('is paged by cursors, the last page without one', async () => {
    await create(job(1), job(2), job(3), job(4));
    const first = await imports.page('acme', { limit: 2 });
    expect(first.items.map(({ importId }) => importId)).toEqual([idOf(4), idOf(3)]);
    const last = await imports.page('acme', { limit: 2, cursor: first.nextCursor });
    expect(last.items.map(({ importId }) => importId)).toEqual([idOf(2), idOf(1)]);
    expect(last).not.toHaveProperty('nextCursor');
  });

  it('refuses cursors of another organization and made-up ones', async () => {
    await create(job(1), job(2));
    const { nextCursor: cursor = '' } = await imports.page('acme', { limit: 1 });
    await expect(imports.page('other', { limit: 1, cursor })).rejects.toEqual(code('invalid_cursor'));
    const opened = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...opened, at: 'x' })).toString('base64url');
    for (const bad of ['', 'x', idOf(1), forged]) {
      await expect(imports.page('acme', { limit: 1, cursor: bad })).rejects.toEqual(code('invalid_cursor'));
    }
  });

  it('reads on where a query ends at 1 MB', async () => {
    const message = 'x'.repeat(300_000);
    for (let n = 1; n <= 6; n++) await create(job(n, { error: { code: 'x', message } }));
    expect(await imports.list('acme', 5)).toHaveLength(5);
    expect((await imports.page('acme', { limit: 6 })).items).toHaveLength(6);
  });
});

describe('the floor', () => {
  it('goes to an import that nobody is before, which then begins', async () => {
    await create(job(1));
    const begun = await imports.takeFloor(refOf(1), at(5), now);
    expect(begun).toEqual(
      job(1, {
        step: 'unzipping',
        uploadedAt: '2026-01-01T00:00:05.000Z',
        updatedAt: now.toISOString(),
        version: 2,
      }),
    );
    expect(await imports.get(refOf(1))).toEqual(begun);
    expect(await holder()).toBe(idOf(1));
  });

  it('is had already by an import that asks again, at whatever step it is', async () => {
    await create(job(1));
    const begun = await imports.takeFloor(refOf(1), at(5), now);
    expect(await imports.takeFloor(refOf(1), at(5), at(90))).toEqual(begun);
    const applying = await imports.update('acme', begun, { step: 'applying' });
    expect(await imports.takeFloor(refOf(1), at(5), at(90))).toEqual(applying);
  });

  it.each(['unzipping', 'validating', 'comparing', 'review'] as const)(
    'goes from an open import at %s to one that was uploaded later',
    async (step) => {
      await create(job(1), job(2));
      const older = await imports.takeFloor(refOf(1), at(5), now);
      await imports.update('acme', older, { step });
      expect(await imports.takeFloor(refOf(2), at(6), now)).toMatchObject({ step: 'unzipping' });
      expect(await imports.get(refOf(1))).toMatchObject({ status: 'incomplete', step });
      expect(await holder()).toBe(idOf(2));
      await expect(imports.takeFloor(refOf(1), at(5), now)).rejects.toEqual(code('import_superseded'));
    },
  );

  it.each([
    ['was uploaded earlier, though announced later', 3, at(4)],
    ['was uploaded in the same moment and announced earlier', 1, at(5)],
  ])('stays where it is when the one that asks %s', async (_, n, uploadedAt) => {
    await create(job(2), job(n));
    await imports.takeFloor(refOf(2), at(5), now);
    await expect(imports.takeFloor(refOf(n), uploadedAt, now)).rejects.toEqual(code('import_superseded'));
    expect(await imports.get(refOf(n))).toMatchObject({ status: 'incomplete' });
    expect(await imports.get(refOf(2))).toMatchObject({ status: 'in_progress', step: 'unzipping' });
    expect(await holder()).toBe(idOf(2));
  });

  it('is waited for while an import is applied, and the one that waits shows that its file came', async () => {
    await create(job(1), job(2));
    const first = await imports.takeFloor(refOf(1), at(5), now);
    const applying = await imports.update('acme', first, { step: 'applying' });
    for (let tries = 0; tries < 2; tries++) {
      await expect(imports.takeFloor(refOf(2), at(6), now)).rejects.toEqual(code('import_busy'));
    }
    expect(await imports.get(refOf(1))).toEqual(applying);
    expect(await imports.get(refOf(2))).toEqual(job(2, { uploadedAt: at(6).toISOString(), version: 2 }));
    await imports.update('acme', applying, { status: 'complete', step: 'done' });
    expect(await imports.takeFloor(refOf(2), at(6), now)).toMatchObject({ step: 'unzipping' });
    expect(await imports.get(refOf(1))).toMatchObject({ status: 'complete', step: 'done' });
  });

  it('is taken from an import whose applying nobody can be at any more, and that one ends as an error', async () => {
    await create(job(2), job(1));
    const first = await imports.takeFloor(refOf(2), at(5), now);
    await imports.update('acme', first, { step: 'applying', updatedAt: at(0).toISOString() });
    // Six hours of the state machine, and a step of Lambda's fifteen minutes that outlives it.
    const longest = 6 * 3600 + 15 * 60;
    await expect(imports.takeFloor(refOf(1), at(4), at(longest))).rejects.toEqual(code('import_busy'));
    // Uploaded earlier or later: there is nobody left to give way to.
    expect(await imports.takeFloor(refOf(1), at(4), at(longest + 1))).toMatchObject({ step: 'unzipping' });
    expect(await imports.get(refOf(2))).toMatchObject({
      status: 'error',
      step: 'applying',
      error: { code: 'apply_interrupted' },
    });
    expect(await holder()).toBe(idOf(1));
  });

  it.each(['incomplete', 'complete', 'error'] as const)('is not for an import that is %s', async (status) => {
    await create(job(1, { status }));
    await expect(imports.takeFloor(refOf(1), at(5), now)).rejects.toEqual(code('import_superseded'));
    expect(await holder()).toBeUndefined();
  });

  it('goes to exactly one of five that ask twenty times at once, and each other one ends', async () => {
    const all = [1, 2, 3, 4, 5];
    await create(...all.map((n) => job(n)));
    const calls = Array.from({ length: 20 }, (_, call) => all[call % 5] as number);
    const answers = await Promise.allSettled(
      calls.map((n) => imports.takeFloor(refOf(n), at(10 + n), now).then(({ importId }) => importId)),
    );
    const refusals = answers
      .filter((answer) => answer.status === 'rejected')
      .map(({ reason }) => reason.code);
    // How many come too late depends on who is quicker; none is refused for another reason.
    expect(refusals.filter((refusal) => refusal !== 'import_superseded')).toEqual([]);
    const states = await Promise.all(all.map(async (n) => (await imports.get(refOf(n))).status));
    // The one that was uploaded last has it in the end, whoever came first.
    expect(states).toEqual(['incomplete', 'incomplete', 'incomplete', 'incomplete', 'in_progress']);
    expect(await holder()).toBe(idOf(5));
    expect(calls.flatMap((n, call) => (n === 5 ? [answers[call]?.status] : []))).toEqual(
      Array(4).fill('fulfilled'),
    );
  });

  it('leaves an entry for the import that gives way, whichever came first', async () => {
    const owned = { uploadedBy: 'ann', uploaderAccount: 'ANN' };
    await create(job(1), job(2, owned), job(3));
    await imports.takeFloor(refOf(1), at(5), now);
    await imports.takeFloor(refOf(2), at(6), now);
    // Uploaded before the second one, but its turn comes later.
    await expect(imports.takeFloor(refOf(3), at(4), now)).rejects.toEqual(code('import_superseded'));
    const entries = [];
    for await (const entry of trail.all('acme')) entries.push(entry);
    const by = { actor: { account: 'ANN', login: 'ann' }, details: { by: idOf(2) } };
    expect(entries).toMatchObject([
      { action: 'import.supersede', subject: idOf(1), before: { step: 'unzipping' }, ...by },
      { action: 'import.supersede', subject: idOf(3), after: { status: 'incomplete' }, ...by },
    ]);
  });

  it('lists what is open: the holder, however old, and those that wait, but none that has ended', async () => {
    const ended = [job(2, { status: 'error' }), job(3, { status: 'complete' })];
    const lost = job(4, { createdAt: new Date(now.getTime() - 12 * 60_000).toISOString() });
    const waiting = job(5, { uploadedAt: at(1).toISOString() });
    await create(job(1), ...ended, lost, waiting);
    await imports.takeFloor(refOf(1), at(5), now);
    for (let n = 6; n < 110; n++) await create(job(n, { status: 'incomplete' }));
    const open = async () => (await imports.open('acme', now)).map(({ importId }) => importId);
    expect(await open()).toEqual([idOf(1)]);
    await create(job(200));
    expect(await open()).toEqual([idOf(200), idOf(1)]);
  });

  it('is what a banner announces, before an import that waits for its file', async () => {
    const unfinished = async () => (await imports.unfinished('acme', now))?.importId;
    expect(await unfinished()).toBeUndefined();
    await create(job(1), job(2));
    await imports.takeFloor(refOf(1), at(5), now);
    expect(await unfinished()).toBe(idOf(1));
    const begun = await imports.get(refOf(1));
    await imports.update('acme', begun, { status: 'complete', step: 'done' });
    expect(await unfinished()).toBe(idOf(2));
    await create(job(3, { status: 'complete', step: 'done' }));
    expect(await unfinished()).toBeUndefined();
  });

  it('is taken again by an import that was interrupted, unless another one was begun since', async () => {
    const error = { code: 'apply_interrupted', message: 'Interrupted.' };
    await create(job(1, { status: 'error', step: 'applying', error, updatedAt: at(10).toISOString() }));
    await create(job(2), job(3, { status: 'complete', step: 'done', updatedAt: at(9).toISOString() }));
    const event = {
      action: 'import.resume' as const,
      actor: { account: 'OWNER', login: 'owner' },
      subject: idOf(1),
    };
    const patch = { status: 'in_progress' as const, error: null, resumed: 1 };
    const ended = await imports.get(refOf(1));
    const next = await imports.reopen(refOf(1), ended, patch, event);
    expect(next).toEqual(await imports.get(refOf(1)));
    expect(next).not.toHaveProperty('error');
    expect(await holder()).toBe(idOf(1));
    await expect(imports.reopen(refOf(1), ended, patch, event)).rejects.toEqual(code('conflict'));

    await imports.leaveFloor(refOf(1));
    await imports.update('acme', next, { status: 'error', error });
    const again = await imports.get(refOf(1));
    await imports.takeFloor(refOf(2), at(20), at(20));
    await expect(imports.reopen(refOf(1), again, patch, event)).rejects.toEqual(code('import_not_resumable'));
    await imports.leaveFloor(refOf(2));
    await expect(imports.reopen(refOf(1), again, patch, event)).rejects.toEqual(code('import_not_resumable'));
  });

  it('is given back by the import that has it only, and once is enough', async () => {
    await create(job(1), job(2));
    await imports.takeFloor(refOf(1), at(5), now);
    await imports.leaveFloor(refOf(2));
    expect(await holder()).toBe(idOf(1));
    await imports.leaveFloor(refOf(1));
    await imports.leaveFloor(refOf(1));
    expect(await holder()).toBeUndefined();
    expect(await imports.takeFloor(refOf(2), at(4), now)).toMatchObject({ step: 'unzipping' });
  });
});

describe('what an import leaves beside its record', () => {
  it('is progress that its parts add to, by step', async () => {
    expect(await imports.progress(refOf(1), 'comparing')).toBe(0);
    await Promise.all([3, 4, 5].map((done) => imports.addProgress(refOf(1), 'comparing', done)));
    await imports.addProgress(refOf(1), 'applying', 98);
    await imports.addProgress(refOf(2), 'comparing', 1);
    expect(await imports.progress(refOf(1), 'comparing')).toBe(12);
    expect(await imports.progress(refOf(1), 'applying')).toBe(98);
  });

  it('is the approval, the last one', async () => {
    await expect(imports.approval(refOf(1))).rejects.toEqual(code('not_found'));
    const approval = {
      by: 'owner',
      at: at(1).toISOString(),
      kinds: ['add', 'disable'] as ('add' | 'disable')[],
      exclude: ['A#1', 'é'],
    };
    const event = {
      action: 'import.approve' as const,
      actor: { account: 'OWNER', login: 'owner' },
      subject: idOf(1),
    };
    await imports.create('acme', job(1, { step: 'review' }));
    const waiting = await imports.get(refOf(1));
    await imports.approve('acme', waiting, { ...approval, exclude: [] }, {}, event);
    const again = await imports.get(refOf(1));
    await imports.approve('acme', again, approval, { step: 'applying' }, event);
    // One that met another one leaves neither its step nor its choice.
    const late = imports.approve('acme', again, { ...approval, exclude: ['late'] }, { step: 'done' }, event);
    await expect(late).rejects.toEqual(code('conflict'));
    expect(await imports.get(refOf(1))).toMatchObject({ step: 'applying' });
    expect(await imports.approval(refOf(1))).toEqual(approval);
    await table.put({ ...keys.approval('acme', idOf(1)), by: 7 });
    await expect(imports.approval(refOf(1))).rejects.toEqual(code('corrupt_item'));
  });

  it('is what is selected in the plan, with the version that it makes of it', async () => {
    await create(job(1, { step: 'review', planVersion: 1 }));
    await expect(imports.selection(refOf(1))).rejects.toEqual(code('not_found'));
    const seen = await imports.get(refOf(1));
    const chosen = { kinds: ['add' as const], exclude: ['A#1'] };
    const next = await imports.select('acme', seen, chosen, { planVersion: 2 });
    expect(next).toEqual(await imports.get(refOf(1)));
    expect(next).toMatchObject({ planVersion: 2, version: seen.version + 1 });
    const late = imports.select('acme', seen, { kinds: [], exclude: [] }, { planVersion: 3 });
    await expect(late).rejects.toEqual(code('conflict'));
    expect(await imports.selection(refOf(1))).toEqual(chosen);
  });

  it('takes fields away, alone or in a transaction', async () => {
    await create(job(1, { departmentsToCreate: ['A'], departmentsToCreateCount: 1 }));
    const one = await imports.update('acme', await imports.get(refOf(1)), { departmentsToCreate: null });
    expect(one).not.toHaveProperty('departmentsToCreate');
    const event = {
      action: 'import.replan' as const,
      actor: { account: 'OWNER', login: 'owner' },
      subject: idOf(1),
    };
    const two = await imports.update('acme', one, { departmentsToCreateCount: null }, event);
    expect(two).not.toHaveProperty('departmentsToCreateCount');
    expect(two).toEqual(await imports.get(refOf(1)));
  });

  it('is the chunks that were written, of one part or of all, in their order', async () => {
    const counts = { add: 1, update: 2, reactivate: 3, disable: 4, remove: 5 };
    const chunk = (part: number, number: number): AppliedChunk => ({
      part,
      chunk: number,
      counts,
      disabledByFile: 2,
      conflicts: ['A1'],
      departmentsBefore: { A1: ['d1'] },
    });
    const all = [chunk(1, 0), chunk(1, 2), chunk(1, 10), chunk(10, 0)];
    for (const one of [...all].reverse()) {
      await table.put({ ...keys.chunk('acme', idOf(1), one.part, one.chunk), ...one });
    }
    await imports.addProgress(refOf(1), 'applying', 1);
    const read = async (part?: number) => {
      const chunks: AppliedChunk[] = [];
      for await (const one of imports.chunks(refOf(1), part)) chunks.push(one);
      return chunks;
    };
    expect(await read()).toEqual(all);
    expect(await read(1)).toEqual(all.slice(0, 3));
    expect(await read(0)).toEqual([]);
    await table.put({ ...keys.chunk('acme', idOf(1), 3, 0), part: 3 });
    await expect(read()).rejects.toEqual(code('corrupt_item'));
  });
});
