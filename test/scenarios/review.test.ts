import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { type Ask, asking } from '../support/people.ts';

/** A plan in review, the roster that moves on meanwhile, and values that are protected from files, over HTTP. */

const columns = [
  { name: 'ID', type: 'text', role: 'externalId' },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'City', type: 'text' },
] as const;
const fileOf = (rows: Record<string, string>) =>
  ['ID,Name,City', ...Object.entries(rows).map(([id, city]) => `${id},${id},${city}`)].join('\n');
const refused = (status: number, code: string) => ({ status, body: { code } });

const cloud = inject('cloud');
let club: Tenant;
let ask: Ask;
let path: string;

beforeAll(async () => {
  club = await newTenant(cloud, 'Moving', [...columns]);
  ask = asking(club.client, club.organization);
});

/** Everybody in Rome, and a plan in review that moves A, B and C to Oslo, adds N and disables Z. */
beforeEach(async () => {
  const first = await importFile(club, 'first.csv', fileOf({ A: 'Rome', B: 'Rome', C: 'Rome', Z: 'Rome' }), {
    mode: 'full',
  });
  if (first.step === 'review') {
    await ask('POST', `/imports/${first.importId}/approve`, { confirmHold: true });
    await club.client.waitForImport(club.organization, first.importId);
  }
  const rows = { A: 'Oslo', B: 'Oslo', C: 'Oslo', N: 'Oslo' };
  const job = await importFile(club, 'next.csv', fileOf(rows), { mode: 'full', approve: 'review' });
  expect(job).toMatchObject({ step: 'review', planVersion: 1, counts: { updated: 3, disabled: 1 } });
  path = `/imports/${job.importId}`;
});

const edit = async (id: string, City: string) => {
  const { etag } = await ask('GET', `/members/${id}`);
  return ask('PATCH', `/members/${id}`, { values: { City } }, { 'if-match': etag as string });
};
const cityOf = async (id: string) => (await ask('GET', `/members/${id}`)).body.values.City;
const changesOf = async (query = '') =>
  (await ask('GET', `${path}/changes${query}`)).body.items as {
    kind: string;
    externalId: string;
    excluded: boolean;
    outcome?: string;
    fields: Record<string, { before: string | null; after: string | null }>;
  }[];
const job = async () => (await ask('GET', path)).body;
const idOf = () => path.slice('/imports/'.length);
const inReview = () => club.client.waitForImport(club.organization, idOf(), { deadlineSeconds: 60 });
const approving = (more: object = {}) => ask('POST', `${path}/approve`, { confirmHold: true, ...more });

describe('a roster that changes while a plan waits', () => {
  it('shows, is planned anew with the same rows, and what was left out stays out', async () => {
    expect(await job()).not.toHaveProperty('stale');
    const selected = await ask('PUT', `${path}/selection`, { exclude: ['C'] });
    expect(selected).toMatchObject({ status: 200, body: { import: { planVersion: 2 } } });
    expect(
      (await changesOf()).filter(({ excluded }) => excluded).map(({ externalId }) => externalId),
    ).toEqual(['C']);

    await edit('A', 'Oslo');
    await edit('B', 'Bern');
    expect((await ask('POST', '/members', { values: { ID: 'New', City: 'Rome' } })).status).toBe(201);
    expect(await job()).toMatchObject({ stale: true, changedMembers: 3, counts: { updated: 3 } });

    expect((await ask('POST', `${path}/replan`)).status).toBe(202);
    const again = await inReview();
    expect(again).toMatchObject({
      step: 'review',
      planVersion: 3,
      counts: { updated: 2, added: 1, disabled: 2 },
    });
    expect(again).not.toHaveProperty('stale');
    const updates = await changesOf('?kind=update');
    expect(updates.find(({ externalId }) => externalId === 'B')?.fields.City).toEqual({
      before: 'Bern',
      after: 'Oslo',
    });
    expect((await ask('GET', `${path}/selection`)).body).toMatchObject({ exclude: ['C'] });

    // Nobody approves what was not seen.
    expect(await approving()).toMatchObject(refused(409, 'plan_changed'));
    expect(await approving({ planVersion: 2 })).toMatchObject(refused(409, 'plan_changed'));
    expect(await approving({ planVersion: 3 })).toMatchObject({
      status: 202,
      body: { approval: { excludedCount: 1 } },
    });
    expect(await inReview()).toMatchObject({
      status: 'complete',
      counts: { updated: 1, excluded: 1, conflicts: 0 },
    });
    expect(await Promise.all(['A', 'B', 'C'].map(cityOf))).toEqual(['Oslo', 'Oslo', 'Rome']);
    const trail = (await ask('GET', `/audit?subject=${idOf()}&sort=time`)).body.items;
    expect(trail.map(({ action }: { action: string }) => action)).toEqual([
      'import.replan',
      'import.approve',
      'import.complete',
    ]);
  });

  it('is never overwritten by a plan that is approved all the same', async () => {
    await edit('B', 'Bern');
    await ask('POST', '/members/C/disable');
    expect((await approving({ planVersion: 1 })).status).toBe(202);
    expect(await inReview()).toMatchObject({
      status: 'complete',
      counts: { updated: 1, conflicts: 2, disabled: 1, excluded: 0 },
    });
    expect(await cityOf('B')).toBe('Bern');
    expect((await ask('GET', '/members/C')).body).toMatchObject({ state: 'disabled', disabledBy: 'admin' });
    const conflicts = (await changesOf()).filter(({ outcome }) => outcome === 'conflict');
    expect(conflicts.map(({ externalId }) => externalId).sort()).toEqual(['B', 'C']);
    await ask('POST', '/members/C/enable');
  });

  it('meets an approval in the same moment: one of them comes first, and the other is told', async () => {
    await edit('A', 'Bern');
    const [approved, replanned] = await Promise.all([approving(), ask('POST', `${path}/replan`)]);
    const isApproved = approved.status === 202;
    expect(replanned.status).toBe(isApproved ? 409 : 202);
    // An approval that comes second meets the plan being made, or the next one.
    const told = isApproved ? ['import_not_in_review'] : ['import_not_in_review', 'plan_changed'];
    expect(told).toContain(isApproved ? replanned.body.code : approved.body.code);
    const ended = await inReview();
    if (isApproved) {
      expect(ended).toMatchObject({ status: 'complete', counts: { conflicts: 1 } });
      expect(await cityOf('A')).toBe('Bern');
    } else {
      expect(ended).toMatchObject({ step: 'review', planVersion: 2, counts: { updated: 3 } });
      expect(await approving()).toMatchObject(refused(409, 'plan_changed'));
    }
  });

  it('has one plan, however many ask for it at once, and none any more once it has ended', async () => {
    const asked = await Promise.all([1, 2, 3].map(() => ask('POST', `${path}/replan`)));
    expect(asked.every(({ status }) => status === 202)).toBe(true);
    // Who asks after the plan was made gets another one.
    const { step, planVersion, counts } = await inReview();
    expect(step).toBe('review');
    expect([2, 3, 4]).toContain(planVersion);
    expect(counts).toMatchObject({ updated: 3, disabled: 1 });
    await ask('POST', `${path}/cancel`);
    expect(await ask('POST', `${path}/replan`)).toMatchObject(refused(409, 'import_not_in_review'));
    expect(await ask('PUT', `${path}/selection`, {})).toMatchObject(refused(409, 'import_not_in_review'));
    // Its plan can still be looked at (S1.11).
    expect(await changesOf()).toHaveLength(5);
  });
});

describe('a plan', () => {
  const found = async (query: string) => {
    const ids: string[] = [];
    let cursor = '';
    do {
      const { body } = await ask('GET', `${path}/changes?limit=2&${query}${cursor && `&cursor=${cursor}`}`);
      ids.push(...body.items.map(({ externalId }: { externalId: string }) => externalId));
      expect(body.items.length).toBeLessThanOrEqual(2);
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');
    return ids.sort();
  };

  it('is searched by identifier and by text, page by page', async () => {
    expect(await found('externalId=A')).toEqual(['A']);
    expect(await found('externalId=Z')).toEqual(['Z']);
    expect(await found('externalId=Q')).toEqual([]);
    expect(await found('externalId=N')).toEqual(['N']);
    expect(await found('q=%C3%B6sl')).toEqual(['A', 'B', 'C']);
    expect(await found('q=oslo&kind=update')).toEqual(['A', 'B', 'C']);
    expect(await found('q=z')).toEqual(['Z']);
    expect(await found('q=nowhere')).toEqual([]);
  });
});

describe('a value that was edited by hand', () => {
  const schemaOf = (protectEdits: boolean) =>
    columns.map((column) => (column.name === 'City' ? { ...column, protectEdits } : column));
  const member = async (id: string) => (await ask('GET', `/members/${id}`)).body;
  const patch = async (id: string, body: object) => {
    const { etag } = await ask('GET', `/members/${id}`);
    return ask('PATCH', `/members/${id}`, body, { 'if-match': etag as string });
  };
  const file = { A: 'Oslo', B: 'Oslo', C: 'Rome', Z: 'Rome' };

  it('is left alone by files where its column says so, shown, and released for one member', async () => {
    const { client, organization } = club;
    await ask('POST', `${path}/cancel`);
    const { version } = await client.schema(organization);
    await client.putSchema(organization, schemaOf(true), version);
    expect((await edit('A', 'Bern')).body).toMatchObject({ protectedColumns: ['City'] });
    expect((await patch('B', { values: { Name: 'Beate' } })).body).not.toHaveProperty('protectedColumns');

    const job = await importFile(club, 'file.csv', fileOf(file), { mode: 'upsert', approve: 'review' });
    expect(job.counts).toMatchObject({ updated: 1, unchanged: 3, protected: 1 });
    path = `/imports/${job.importId}`;
    expect((await changesOf()).map(({ externalId }) => externalId)).toEqual(['B']);
    await approving();
    expect(await inReview()).toMatchObject({ status: 'complete', counts: { updated: 1, protected: 1 } });
    expect(await cityOf('A')).toBe('Bern');
    // The same file writes nothing.
    const before = await member('A');
    const again = await importFile(club, 'file.csv', fileOf(file), { mode: 'upsert' });
    expect(again).toMatchObject({ status: 'complete', counts: { unchanged: 4, updated: 0, protected: 1 } });
    expect(await member('A')).toEqual(before);

    expect((await patch('A', { protectedColumns: ['Name'] })).body).toMatchObject({
      protectedColumns: ['Name'],
    });
    const renamed = fileOf(file).replace('A,A,', 'A,Anna,');
    const released = await importFile(club, 'file.csv', renamed, { mode: 'upsert' });
    expect(released.counts).toMatchObject({ updated: 1, protected: 1 });
    path = `/imports/${released.importId}`;
    const [change] = (await ask('GET', `${path}/changes`)).body.items;
    expect(change).toMatchObject({
      externalId: 'A',
      fields: { City: { before: 'Bern', after: 'Oslo' } },
      protectedFields: { Name: { kept: 'A', file: 'Anna' } },
    });
    expect((await member('A')).values).toMatchObject({ Name: 'A', City: 'Oslo' });
    await patch('A', { protectedColumns: [] });
    await client.putSchema(organization, schemaOf(false), (await client.schema(organization)).version);
    const entries = (await ask('GET', '/audit?subject=A&action=member.update')).body.items;
    expect(entries[0]).toMatchObject({
      before: { protectedColumns: ['Name'] },
      after: { protectedColumns: null },
    });
  });
});
