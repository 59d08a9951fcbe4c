import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'csv-stringify/sync';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { MusterClient } from '../../commands/client.ts';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { rosterRows } from '../../commands/sample/rows.ts';
import { all, importAndApprove, importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { type KillableCloud, killableCloud } from '../support/killable-cloud.ts';
import { type Ask, asking, ownPassword, person } from '../support/people.ts';

/** Undo of imports (B2), over HTTP on the local cloud. */

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Active', type: 'boolean', role: 'state' },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Fee', type: 'decimal' },
  { name: 'Unit', type: 'text', role: 'department', createDepartments: true },
];
const csv = (rows: string[]) => `ID,Active,Name,Mail,Fee,Unit\n${rows.join('\n')}\n`;

/** All members by id, without what every write of them moves. */
async function rosterOf({ client, organization }: Tenant) {
  const members = await all(client.members(organization));
  return new Map(
    members.map(({ version: _, updatedAt: __, ...member }) => [member.externalId, member] as const),
  );
}

/** Asks for an undo and waits for its plan. */
async function undoPlan({ client, organization }: Tenant, importId: string) {
  const { importId: undoId } = await client.undo(organization, importId);
  return client.waitForImport(organization, undoId, { deadlineSeconds: 120 });
}

async function approveUndo({ client, organization }: Tenant, undoId: string) {
  await client.approve(organization, undoId, { confirmHold: true });
  return client.waitForImport(organization, undoId, { deadlineSeconds: 120 });
}

describe('an undo', () => {
  const cloud = inject('cloud');
  let club: Tenant;
  let admin: Ask;
  beforeAll(async () => {
    club = await newTenant(cloud, 'Club', columns);
    admin = asking(club.client, club.organization);
  });

  const tokenOf = (url = '') => new URL(url, 'http://any').hash.slice(1);
  const inspect = (token: string) =>
    new MusterClient(cloud.url).inspectInvitation(token).catch(({ code }) => code);

  it('restores every value and state, but for whom somebody changed since', async () => {
    const { client, organization } = club;
    const first = [
      'ann,,Ann,ann@x.example,"1,50",Choir',
      'bea,,Bea,,,Choir',
      'cem,,Cem,,2,',
      'dan,,Dan,,,Board',
      'eve,,Eve,,,',
      'fay,,Fay,,,Choir',
      'gus,,Gus,,,Board',
      ...Array.from({ length: 5 }, (_, at) => `x${at},,X${at},,,`),
    ];
    await importAndApprove(club, 'first.csv', csv(first));
    const { items: departments } = (await admin('GET', '/departments')).body;
    const idOf = (path: string) => departments.find((one: { path: string }) => one.path === path)?.id;
    // Departments by hand stand beside what the column says.
    await admin(
      'PATCH',
      '/members/bea',
      { departments: [idOf('Board'), idOf('Choir')] },
      { 'if-match': '*' },
    );
    await admin('POST', '/members/cem/disable');
    const before = await rosterOf(club);
    expect(before.get('bea')?.departments).toHaveLength(2);
    expect(before.get('cem')).toMatchObject({ state: 'disabled', disabledBy: 'admin' });
    const summary = await client.summary(organization);
    const membersOf = async () =>
      (await admin('GET', '/departments')).body.items.map(
        ({ path, members }: { path: string; members: number }) => [path, members],
      );
    const counted = await membersOf();

    const second = [
      // The amount means the same as before, and is written along with another value.
      'ann,,Ann B.,,1.5,Choir',
      'bea,,Bea,,,West',
      'cem,true,Cem,,2,',
      'eve,,Evelyn,,,',
      'fay,,Fay F.,,,Choir',
      'gus,false,Gus,,,Board',
      ...first.slice(7),
      'new1,,N1,n1@x.example,,West',
      'new2,,N2,n2@x.example,,',
      'new3,,N3,,,',
    ];
    const job = await importFile(club, 'second.csv', csv(second), { mode: 'full', approve: 'review' });
    await client.approve(organization, job.importId, { exclude: ['eve'], confirmHold: true });
    const applied = await client.waitForImport(organization, job.importId);
    expect(applied).toMatchObject({
      status: 'complete',
      counts: { added: 3, updated: 3, reactivated: 1, disabled: 2, excluded: 1 },
    });
    const inDays = (Date.parse(applied.undoUntil ?? '') - Date.now()) / 86_400_000;
    expect(inDays).toBeGreaterThan(29.9);
    expect(inDays).toBeLessThanOrEqual(30);
    expect(applied.actions).toContain('undo');

    // An invitation is no edit; an edit is one, and so is joining.
    const sent = tokenOf((await client.invite(organization, 'new1', 'link')).url);
    const accepted = tokenOf((await client.invite(organization, 'new2', 'link')).url);
    await new MusterClient(cloud.url).acceptInvitation(accepted, 'n2', ownPassword);
    await admin('PATCH', '/members/new3', { values: { Name: 'By hand' } }, { 'if-match': '*' });
    await admin('PATCH', '/members/fay', { values: { Fee: '7' } }, { 'if-match': '*' });
    const edited = await rosterOf(club);

    const planned = await undoPlan(club, job.importId);
    expect(planned).toMatchObject({
      kind: 'undo',
      undoOf: job.importId,
      fileName: 'second.csv',
      status: 'in_progress',
      step: 'review',
      waitsFor: 'review',
      counts: { rows: 9, removed: 1, updated: 2, disabled: 1, reactivated: 2, kept: 3, rejected: 0 },
    });
    const changes = await all(client.changes(organization, planned.importId));
    expect(changes.map(({ kind, externalId }) => `${kind} ${externalId}`).sort()).toEqual([
      'disable cem',
      'reactivate dan',
      'reactivate gus',
      'remove new1',
      'update ann',
      'update bea',
    ]);
    expect(changes.find(({ externalId }) => externalId === 'ann')?.fields).toEqual({
      Name: { before: 'Ann B.', after: 'Ann' },
      Mail: { before: null, after: 'ann@x.example' },
    });
    expect(changes.find(({ externalId }) => externalId === 'new1')?.fields).toMatchObject({
      Mail: { before: 'n1@x.example', after: null },
    });
    const kept = await all(client.rejects(organization, planned.importId));
    expect(kept.map(({ externalId, code }) => [externalId, code]).sort()).toEqual([
      ['fay', 'changed_since'],
      ['new2', 'joined_since'],
      ['new3', 'changed_since'],
    ]);
    // Two of 13 who are enrolled are more than a tenth.
    expect(planned.hold).toMatchObject({ reason: 'mass_change', disabling: 2 });
    expect(planned.hold?.message).toContain('disable or remove 2 of');
    await expect(client.approve(organization, planned.importId)).rejects.toMatchObject({
      code: 'hold_not_confirmed',
    });

    const done = await approveUndo(club, planned.importId);
    expect(done).toMatchObject({
      status: 'complete',
      counts: { removed: 1, updated: 2, disabled: 1, reactivated: 2, kept: 3, conflicts: 0, excluded: 0 },
    });
    const after = await rosterOf(club);
    for (const id of ['ann', 'bea', 'cem', 'dan', 'eve', 'gus', 'x0', 'x4']) {
      expect(after.get(id), id).toEqual(before.get(id));
    }
    for (const id of ['fay', 'new2', 'new3']) expect(after.get(id), id).toEqual(edited.get(id));
    expect([...after.keys()].sort()).toEqual([...before.keys(), 'new2', 'new3'].sort());
    expect((await admin('GET', '/members/new1')).status).toBe(404);
    expect(await inspect(sent)).toBe('link_invalid');
    const { notJoined, enabled, disabled, total } = summary;
    expect(await client.summary(organization)).toMatchObject({
      total: total + 2,
      enabled: enabled + 1,
      notJoined: notJoined + 1,
      disabled,
    });
    // The department that the import made stays.
    expect(await membersOf()).toEqual([...counted, ['West', 0]]);
    expect((await all(client.members(organization, { q: 'N1' }))).length).toBe(0);

    const report = await (await fetch(await client.linkTo(organization, done.importId, 'report'))).text();
    const outcomes = report
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(',')[2]);
    expect(outcomes.sort()).toEqual([
      'disabled',
      'kept',
      'kept',
      'kept',
      'reactivated',
      'reactivated',
      'removed',
      'updated',
      'updated',
    ]);
    await expect(client.linkTo(organization, done.importId, 'file')).rejects.toMatchObject({ status: 404 });

    const { items: entries } = (await admin('GET', `/audit?subject=${done.importId}`)).body;
    expect(entries.map(({ action }: { action: string }) => action)).toEqual([
      'import.complete',
      'import.approve',
      'import.undo',
    ]);
    expect(entries[0].details).toMatchObject({ undoOf: job.importId, counts: { removed: 1, kept: 3 } });
    expect(entries[2].details).toEqual({ undoOf: job.importId });

    const original = await client.import(organization, job.importId);
    expect(original).toMatchObject({ status: 'complete', undoneBy: done.importId });
    expect(original.actions).not.toContain('undo');
    for (const id of [job.importId, done.importId]) {
      await expect(client.undo(organization, id)).rejects.toMatchObject({ code: 'import_not_undoable' });
    }

    // Redone by the file itself: all that was undone, and what was kept on top of it.
    const again = await importFile(club, 'second.csv', csv(second), { mode: 'full', approve: 'review' });
    expect(again.counts).toMatchObject({ added: 1, reactivated: 1, disabled: 2, excluded: 0 });
    await client.cancel(organization, again.importId);
  });

  it('gives way to a newer upload as any import does, and makes an older one give way', async () => {
    const { client, organization } = club;
    const rows = ['one,,One,,,', 'two,,Two,,,'];
    const job = await importAndApprove(club, 'two.csv', csv(rows), { mode: 'upsert' });
    const review = await importFile(club, 'three.csv', csv(['three,,T,,,']), {
      mode: 'upsert',
      approve: 'review',
    });
    const undo = await undoPlan(club, job.importId);
    expect(undo.step).toBe('review');
    expect(await client.import(organization, review.importId)).toMatchObject({ status: 'incomplete' });
    const newer = await importFile(club, 'three.csv', csv(['three,,T,,,']), { mode: 'upsert' });
    expect(newer).toMatchObject({ status: 'complete', counts: { added: 1 } });
    expect(await client.import(organization, undo.importId)).toMatchObject({ status: 'incomplete' });
    await expect(client.approve(organization, undo.importId)).rejects.toMatchObject({ status: 409 });
    // Nothing was undone, so that it still can be; a cancel changes nothing about that.
    const cancelled = await undoPlan(club, job.importId);
    expect(await client.cancel(organization, cancelled.importId)).toMatchObject({ status: 'incomplete' });
    expect(await client.import(organization, job.importId)).not.toHaveProperty('undoneBy');

    // Out of order: the newer import changed nobody of these.
    const done = await approveUndo(club, (await undoPlan(club, job.importId)).importId);
    expect(done.counts).toMatchObject({ removed: 2, kept: 0 });
    const left = await rosterOf(club);
    expect([left.has('one'), left.has('two'), left.has('three')]).toEqual([false, false, true]);
  });

  it('out of order keeps whom a later import changed', async () => {
    const { client, organization } = club;
    await importAndApprove(club, 'a.csv', csv(['la,,First,,,', 'lb,,First,,,']), { mode: 'upsert' });
    const second = await importAndApprove(club, 'b.csv', csv(['la,,Second,,,', 'lb,,Second,,,']), {
      mode: 'upsert',
    });
    await importAndApprove(club, 'c.csv', csv(['lb,,Third,,,']), { mode: 'upsert' });
    const planned = await undoPlan(club, second.importId);
    expect(planned.counts).toMatchObject({ rows: 2, updated: 1, kept: 1 });
    const kept = await all(client.rejects(organization, planned.importId));
    expect(kept).toMatchObject([{ externalId: 'lb', code: 'changed_since' }]);
    await approveUndo(club, planned.importId);
    const roster = await rosterOf(club);
    expect([roster.get('la')?.name, roster.get('lb')?.name]).toEqual(['First', 'Third']);
  });

  it('does not shut out who approves it, nor the last owner; whom it shuts out is out at once', async () => {
    const guild = await newTenant(cloud, 'Guild', columns);
    const ask = asking(guild.client, guild.organization);
    const chief = await person(cloud.url, guild, 'chief', { level: 'owner' });
    const hand = await person(cloud.url, guild, 'hand');
    for (const id of ['chief', 'hand'])
      expect((await ask('POST', `/members/${id}/disable`)).status).toBe(200);
    const job = await importAndApprove(guild, 'back.csv', csv(['chief,true,,,,', 'hand,true,,,,']), {
      mode: 'upsert',
    });
    expect(job.counts).toMatchObject({ reactivated: 2 });
    const credentials = { organization: guild.organization, password: ownPassword };
    const until = Date.now() + 60_000;
    for (const [login, { client }] of [
      ['chief', chief],
      ['hand', hand],
    ] as const) {
      for (;;) {
        const isIn = await client.signIn({ ...credentials, login }).then(
          () => true,
          () => false,
        );
        if (isIn) break;
        if (Date.now() > until) throw new Error(`${login} does not get in.`);
        await wait(100);
      }
    }
    const own = { ...guild, client: chief.client };
    const done = await approveUndo(own, (await undoPlan(own, job.importId)).importId);
    expect(done.counts).toMatchObject({ rows: 2, disabled: 1, conflicts: 1 });
    expect((await hand.ask('GET', '')).status).toBe(403);
    expect((await chief.ask('GET', '/members/hand')).body).toMatchObject({
      state: 'disabled',
      disabledBy: 'admin',
    });
    expect((await chief.ask('GET', '/members/chief')).body).toMatchObject({ state: 'enabled' });
  });
});

describe('a process killed in the middle of an undo', () => {
  let killable: KillableCloud;
  beforeAll(async () => {
    killable = await killableCloud();
  });
  afterAll(() => killable?.close());

  it('goes on after a restart and ends with the roster of before the import', async () => {
    let cloud = await killable.start();
    let club = await newTenant(cloud, 'Club', generatorColumns);
    const rows = [...rosterRows({ seed: 7, rows: 1_500 })];
    const csvOf = (some: Record<string, string>[]) => stringify(some, { header: true });
    await importAndApprove(club, 'first.csv', csvOf(rows.slice(0, 1_000)));
    const before = await rosterOf(club);
    const moved = rows.slice(500).map((row) => ({ ...row, City: 'Elsewhere' }));
    const job = await importAndApprove(club, 'second.csv', csvOf(moved), { mode: 'full' });
    expect(job.counts).toMatchObject({ added: 500, updated: 500, disabled: 500 });

    const { importId } = await undoPlan(club, job.importId);
    await club.client.approve(club.organization, importId, { confirmHold: true });
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { progress, status } = await club.client.import(club.organization, importId);
      const done = progress?.done ?? 0;
      if (done > 0 && done < 1_500) break;
      if (status !== 'in_progress' || Date.now() > deadline) throw new Error('It was not met in the middle.');
      await wait(10);
    }
    await killable.stop('SIGKILL');

    cloud = await killable.start();
    club = { ...club, client: new MusterClient(cloud.url) };
    await club.client.signIn(club);
    const done = await club.client.waitForImport(club.organization, importId, { deadlineSeconds: 120 });
    expect(done).toMatchObject({
      status: 'complete',
      counts: { rows: 1_500, removed: 500, updated: 500, reactivated: 500, kept: 0, conflicts: 0 },
    });
    expect(await rosterOf(club)).toEqual(before);
    const again = await importFile(club, 'first.csv', csvOf(rows.slice(0, 1_000)), { mode: 'full' });
    expect(again.counts).toMatchObject({ added: 0, updated: 0, disabled: 0, unchanged: 1_000 });
    await killable.stop('SIGTERM');
  });
});
