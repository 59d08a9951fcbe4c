import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { rosterChanges } from '../../../layers/roster/src/aws/roster-changes.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { AuditAction } from '../../../layers/roster/src/domain/audit.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;

beforeAll(async () => {
  dynamo = await startDynamo();
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
});
afterAll(() => dynamo.stop());

describe('how far a roster has changed', () => {
  const actor = { account: 'ANN', login: 'ann' };
  // One moment for all: what comes after what is then told by the sequence alone.
  const moment = new Date('2026-02-01T10:00:00.000Z');
  const happened = (organization: string, ...events: [AuditAction, string][]) =>
    auditTrail(table, () => moment).commitAll(
      organization,
      events.map(([action, subject]) => ({ action, actor, subject })),
      [],
    );

  it('is told by members, each once, since a position, in one organization', async () => {
    const changes = rosterChanges(table);
    const beginning = await changes.position('acme');
    await happened('acme', ['member.add', 'a'], ['member.update', 'b']);
    const between = await changes.position('acme');
    expect(await changes.since('acme', beginning)).toEqual({ members: 2, isMore: false });
    expect(await changes.since('acme', between)).toEqual({ members: 0, isMore: false });
    await happened('acme', ['member.disable', 'b'], ['member.enable', 'b'], ['member.remove', 'a']);
    await happened('other', ['member.add', 'z']);
    expect(await changes.since('acme', between)).toEqual({ members: 2, isMore: false });
  });

  it('is not what leaves members as they are', async () => {
    const changes = rosterChanges(table);
    const before = await changes.position('acme');
    await happened(
      'acme',
      ['organization.update', 'acme'],
      ['import.approve', 'x'],
      ['member.resetLink', 'a'],
    );
    expect(await changes.since('acme', before)).toEqual({ members: 0, isMore: false });
  });

  it('is bounded: beyond what one look reads there may be more', async () => {
    const changes = rosterChanges(table);
    const before = await changes.position('many');
    const touched = Array.from({ length: 21 }, (_, at): [AuditAction, string] => ['member.update', `m${at}`]);
    for (let round = 0; round < 10; round++) {
      await happened('many', ...touched);
    }
    expect(await changes.since('many', before)).toEqual({ members: 21, isMore: true });
  });
});
