import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, inject, it } from 'vitest';
import { all, importAndApprove, newTenant, type Tenant, zipped } from '../support/cloud.ts';
import { describeShared } from '../support/shared.ts';

/** What `truth.json` says of each file and the next; made from the public record, not by Muster. */
interface Step {
  from: string;
  to: string;
  rows: number;
  added: string[];
  missing: string[];
  updated: Record<string, string[]>;
  unchanged: number | string[];
}

const columns: Column[] = [
  { name: 'MemberID', type: 'text', role: 'externalId', required: true },
  { name: 'IsActive', type: 'boolean', role: 'state' },
  { name: 'FirstName', type: 'text', role: 'firstName', required: true },
  { name: 'MiddleName', type: 'text' },
  { name: 'LastName', type: 'text', role: 'lastName', required: true },
  { name: 'FullName', type: 'text', role: 'fullName' },
  {
    name: 'Department',
    type: 'enum',
    values: ['Senate', 'House'],
    role: 'department',
    createDepartments: true,
  },
  { name: 'State', type: 'text', maxLength: 2 },
  { name: 'Party', type: 'text' },
  { name: 'Phone', type: 'phone', role: 'phone' },
  { name: 'Website', type: 'text' },
  { name: 'Office', type: 'text' },
  { name: 'Birthday', type: 'date' },
  { name: 'TermStart', type: 'date' },
  { name: 'TermEnd', type: 'date' },
];

describeShared('six half-yearly rosters of the United States Congress', ['data', 'congress'], (folder) => {
  const read = (name: string) => readFileSync(join(folder, name));
  const steps = JSON.parse(read('truth.json').toString()) as Step[];
  const archive = (name: string) => zipped({ [name]: read(name) });
  const cloud = inject('cloud');
  let congress: Tenant;

  beforeAll(async () => {
    congress = await newTenant(cloud, 'Congress', columns);
  });

  it('the first file adds everybody', async () => {
    const first = steps[0] as Step;
    const lines = read(first.from).toString().trimEnd().split('\n').length - 1;
    const job = await importAndApprove(congress, 'congress.zip', await archive(first.from), { mode: 'full' });
    expect(job).toMatchObject({
      status: 'complete',
      step: 'done',
      counts: { rows: lines, added: lines, rejected: 0 },
    });
    expect(await congress.client.summary(congress.organization)).toEqual({
      total: lines,
      enrolled: lines,
      enabled: 0,
      disabled: 0,
      notJoined: lines,
    });
  });

  /** All members, without what every write of them moves. */
  const snapshot = async () => {
    const members = await all(congress.client.members(congress.organization));
    return members.map(({ version: _, updatedAt: __, ...member }) => member);
  };
  /** The imports by the name of their file, and the members as they left them. */
  const imported = new Map<string, { importId: string; members: Awaited<ReturnType<typeof snapshot>> }>();
  const gone = new Set<string>();
  it.each(steps)('$from → $to changes exactly what the record says', async (step) => {
    const { client, organization } = congress;
    const back = step.added.filter((id) => gone.has(id));
    const isNew = step.added.filter((id) => !gone.has(id));
    for (const id of step.missing) gone.add(id);
    for (const id of back) gone.delete(id);

    const job = await importAndApprove(congress, step.to, await archive(step.to), { mode: 'full' });
    const changes = await all(client.changes(organization, job.importId));
    const idsOf = (kind: string) =>
      changes.filter((change) => change.kind === kind).map(({ externalId }) => externalId);

    expect(job.status).toBe('complete');
    expect(idsOf('add').sort()).toEqual(isNew.sort());
    expect(idsOf('reactivate').sort()).toEqual(back.sort());
    expect(idsOf('disable').sort()).toEqual(step.missing.sort());
    const updated = changes
      .filter(({ kind }) => kind === 'update')
      .map(({ externalId, fields }) => [externalId, Object.keys(fields).sort()]);
    expect(Object.fromEntries(updated)).toEqual(
      Object.fromEntries(Object.entries(step.updated).map(([id, fields]) => [id, [...fields].sort()])),
    );
    expect(job.counts).toMatchObject({
      rows: step.rows,
      added: isNew.length,
      reactivated: back.length,
      updated: Object.keys(step.updated).length,
      disabled: step.missing.length,
      unchanged: step.rows - step.added.length - Object.keys(step.updated).length,
      rejected: 0,
    });
    imported.set(step.to, { importId: job.importId, members: await snapshot() });
  });

  it('the members are those of the last file, with its values as they were written (S0.3)', async () => {
    const { client, organization } = congress;
    const [header = '', ...rows] = read('2016-07.csv').toString().trimEnd().split('\n');
    expect(rows.some((row) => row.includes('"'))).toBe(true);
    const { parse } = await import('csv-parse/sync');
    const expected = parse(read('2016-07.csv'), { columns: true, trim: true }) as Record<string, string>[];
    const members = await all(client.members(organization));
    const enrolled = new Map(
      members.filter(({ state }) => state !== 'disabled').map((member) => [member.externalId, member]),
    );
    expect(header).toContain('MemberID');
    expect(enrolled.size).toBe(expected.length);
    for (const row of expected) {
      const filled = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''));
      expect(enrolled.get(row.MemberID as string)?.values).toEqual(filled);
    }
    expect(members.length - enrolled.size).toBe(gone.size);
  });

  it('the same file again changes nothing and writes no member', async () => {
    const { client, organization } = congress;
    const before = await all(client.members(organization));
    const job = await importAndApprove(congress, '2016-07.zip', await archive('2016-07.csv'), {
      mode: 'full',
    });
    expect(job.counts).toMatchObject({
      rows: 540,
      added: 0,
      updated: 0,
      reactivated: 0,
      disabled: 0,
      unchanged: 540,
    });
    expect(await all(client.changes(organization, job.importId))).toEqual([]);
    // Every write of a member raises its version and its time.
    expect(await all(client.members(organization))).toEqual(before);
    await expect(client.undo(organization, job.importId)).rejects.toMatchObject({
      code: 'import_not_undoable',
    });
  });

  it('undoing the last two imports gives exactly the roster of the fourth (B2)', async () => {
    const { client, organization } = congress;
    for (const name of ['2016-07.csv', '2016-01.csv']) {
      const { importId } = imported.get(name) as { importId: string };
      const { counts } = await client.import(organization, importId);
      const undo = await client.undo(organization, importId);
      expect(undo).toMatchObject({ kind: 'undo', undoOf: importId, fileName: name });
      const planned = await client.waitForImport(organization, undo.importId);
      expect(planned).toMatchObject({ status: 'in_progress', step: 'review' });
      await client.approve(organization, undo.importId, { confirmHold: true });
      const done = await client.waitForImport(organization, undo.importId);
      expect(done).toMatchObject({
        status: 'complete',
        counts: {
          removed: counts.added,
          updated: counts.updated,
          reactivated: counts.disabled,
          disabled: counts.reactivated,
          kept: 0,
          conflicts: 0,
          excluded: 0,
        },
      });
      expect(await client.import(organization, importId)).toMatchObject({ undoneBy: undo.importId });
    }
    expect(await snapshot()).toEqual(imported.get('2015-07.csv')?.members);
    // The file itself says the same of everybody that it names.
    const { parse } = await import('csv-parse/sync');
    const rows = parse(read('2015-07.csv'), { columns: true, trim: true }) as Record<string, string>[];
    const enrolled = new Map(
      (await snapshot())
        .filter(({ state }) => state !== 'disabled')
        .map(({ externalId, values }) => [externalId, values]),
    );
    const filled = (row: Record<string, string>) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''));
    expect(Object.fromEntries(enrolled)).toEqual(
      Object.fromEntries(rows.map((row) => [row.MemberID, filled(row)])),
    );
  });

  it('the fourth file once more changes nothing after that', async () => {
    const job = await importAndApprove(congress, '2015-07.csv', await archive('2015-07.csv'), {
      mode: 'full',
    });
    expect(job.counts).toMatchObject({ added: 0, updated: 0, reactivated: 0, disabled: 0, rejected: 0 });
  });
});
