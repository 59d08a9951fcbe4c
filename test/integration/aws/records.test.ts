import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { accountChanges } from '../../../layers/roster/src/aws/account-changes.ts';
import { accountRecords, newAccountActions } from '../../../layers/roster/src/aws/accounts.ts';
import { type AuditTrail, auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { onceInTable } from '../../../layers/roster/src/aws/idempotency.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { newOrganizationActions, organizationRecords } from '../../../layers/roster/src/aws/organizations.ts';
import { createTable, type Table, TransactionFailed } from '../../../layers/roster/src/aws/table.ts';
import type { AuditEvent } from '../../../layers/roster/src/domain/audit.ts';
import { defaultColumns } from '../../../layers/roster/src/domain/schema.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { storedOrganization } from '../../support/organization.ts';

let dynamo: TestDynamo;
let table: Table;
let trail: AuditTrail;
const event: AuditEvent = {
  action: 'schema.update',
  actor: { account: 'A1', login: 'ana' },
  subject: 'acme',
};

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  trail = auditTrail(table, () => new Date('2026-05-01T00:00:00.000Z'));
});
afterAll(() => dynamo.stop());

const acme = storedOrganization('acme');

describe('organizations', () => {
  beforeEach(() => table.transact(newOrganizationActions(acme, defaultColumns)));

  it('are made once', async () => {
    await expect(table.transact(newOrganizationActions(acme, defaultColumns))).rejects.toThrow(
      TransactionFailed,
    );
  });

  it('are read back, and an unknown one is not found', async () => {
    const records = organizationRecords(table, trail);
    expect(await records.get('acme')).toEqual(acme);
    await expect(records.get('other')).rejects.toMatchObject({ code: 'not_found' });
    expect(await records.several(['other', 'acme'])).toEqual(new Map([['acme', acme]]));
  });

  it('change only if nobody changed them since they were read', async () => {
    const records = organizationRecords(table, trail);
    const changed = await records.update(acme, { name: 'Acme Inc.' });
    expect(changed).toEqual({ ...acme, name: 'Acme Inc.', version: 2 });
    await expect(records.update(acme, { name: 'Late' })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    expect((await records.get('acme')).name).toBe('Acme Inc.');
  });

  it('change together with their audit entry, or not at all', async () => {
    const records = organizationRecords(table, trail);
    const renaming: AuditEvent = { ...event, action: 'organization.update' };
    const changed = await records.update(acme, { name: 'Acme Inc.' }, renaming);
    expect(changed).toEqual({ ...acme, name: 'Acme Inc.', version: 2 });
    const late = records.update(acme, { name: 'Late' }, renaming);
    await expect(late).rejects.toMatchObject({ code: 'precondition_failed' });
    const { items } = await trail.list('acme', { limit: 10 });
    expect(items.map(({ action }) => action)).toEqual(['organization.update']);
  });

  it('keep every version of their schema', async () => {
    const records = organizationRecords(table, trail);
    const columns = [{ name: 'Id', type: 'text' as const, role: 'externalId' as const }];
    expect(await records.putSchema(acme, columns, event)).toEqual({ version: 2, columns });
    await expect(records.putSchema(acme, columns, event)).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    expect(await records.schema('acme')).toEqual({ version: 2, columns });
    expect(await records.schema('acme', 1)).toEqual({ version: 1, columns: [...defaultColumns] });
    expect(await trail.head('acme')).toMatchObject({ sequence: 1 });
  });

  it('are corrupt, and not absent, when they cannot be read', async () => {
    await table.put({ ...keys.organization('broken'), name: 7 });
    await expect(organizationRecords(table, trail).get('broken')).rejects.toMatchObject({
      code: 'corrupt_item',
    });
  });
});

describe('accounts', () => {
  const account = (id: string) => ({
    account: id,
    email: `${id}@example.org`,
    tokensValidFromSeconds: 0,
    createdAt: acme.createdAt,
  });
  const membership = (id: string, organization: string, login: string) => ({
    account: id,
    organization,
    level: 'owner' as const,
    login,
    state: 'enabled' as const,
    tokensValidFromSeconds: 0,
    version: 1,
  });
  const add = (id: string, organization: string, login: string) =>
    table.transact(newAccountActions(account(id), membership(id, organization, login)));

  it('are found by a login however it is written', async () => {
    await add('one', 'acme', 'ana@example.org');
    const records = accountRecords(table);
    for (const login of ['ana@example.org', ' ANA@Example.ORG ', 'ａna@example.org']) {
      expect((await records.findByLogin(login, 'acme'))?.account).toBe('one');
      expect((await records.findByLogin(login))?.account).toBe('one');
    }
    expect(await records.findByLogin('ana@example.org', 'other')).toBeUndefined();
    expect(await records.findByLogin('nobody')).toBeUndefined();
  });

  it('are not found without an organization when two have the login', async () => {
    await add('one', 'acme', 'ana');
    await add('two', 'other', 'ana');
    const records = accountRecords(table);
    expect(await records.findByLogin('ana')).toBeUndefined();
    expect(await records.findByLogin('ana', 'other')).toEqual({
      account: 'two',
      memberships: [membership('two', 'other', 'ana')],
    });
  });

  it('cannot take a login that somebody else in the organization has', async () => {
    await add('one', 'acme', 'ana');
    await expect(add('two', 'acme', 'ANA')).rejects.toThrow(TransactionFailed);
    expect((await accountRecords(table).standing('two')).account).toBeUndefined();
  });

  it('have a standing, with the membership of the organization asked about only', async () => {
    await add('one', 'acme', 'ana');
    const records = accountRecords(table);
    await records.refuseTokensBefore('one', 1_700_000_000);
    const standing = await records.standing('one', 'acme');
    expect(standing.account).toEqual({ ...account('one'), tokensValidFromSeconds: 1_700_000_000 });
    expect(standing.membership).toEqual(membership('one', 'acme', 'ana'));
    expect((await records.standing('one', 'other')).membership).toBeUndefined();
    expect(standing).not.toHaveProperty('requiresSecondFactor');
    expect(await records.memberships('one')).toEqual([membership('one', 'acme', 'ana')]);
  });
});

describe('what people change of their accounts', () => {
  const told = (organization: string) => ({
    organization,
    event: { ...event, action: 'account.secondFactor' as const, subject: 'one' },
  });
  const actionsIn = async (organization: string) =>
    (await trail.list(organization, { limit: 10 })).items.map(({ action }) => action);
  const one = { account: 'one', tokensValidFromSeconds: 0, createdAt: acme.createdAt };

  beforeEach(async () => {
    await table.put({ ...keys.account('one'), ...one, resetLink: 'hash' });
  });

  it('is told to every organization, and stays what it was otherwise', async () => {
    const changes = accountChanges(table, trail);
    await changes.commit('one', { secondFactor: true }, [told('acme'), told('other')]);
    const records = accountRecords(table);
    expect((await records.standing('one')).account).toEqual({
      ...one,
      secondFactor: true,
      resetLink: 'hash',
    });
    expect([await actionsIn('acme'), await actionsIn('other')]).toEqual(
      Array(2).fill(['account.secondFactor']),
    );
    await changes.commit('one', { refuseTokensBeforeSeconds: 7 }, []);
    const { account } = await records.standing('one');
    expect(account).toEqual({ ...one, secondFactor: true, tokensValidFromSeconds: 7 });
  });

  it('is not told where there is no such account', async () => {
    const late = accountChanges(table, trail).commit('nobody', { secondFactor: true }, [told('acme')]);
    await expect(late).rejects.toThrow(TransactionFailed);
    expect(await actionsIn('acme')).toEqual([]);
    expect(await table.get(keys.account('nobody'))).toBeUndefined();
  });

  it('meets what the organization requires, in the same read', async () => {
    const records = accountRecords(table);
    await table.transact(newOrganizationActions(acme, defaultColumns));
    expect(await records.standing('one', 'acme')).not.toHaveProperty('requiresSecondFactor');
    await organizationRecords(table, trail).update(acme, { requireSecondFactor: true });
    expect(await records.standing('one', 'acme')).toHaveProperty('requiresSecondFactor', true);
    expect(await records.standing('one', 'other')).not.toHaveProperty('requiresSecondFactor');
  });
});

describe('calls with an Idempotency-Key', () => {
  let now = new Date('2026-01-01T00:00:00Z');
  const call = {
    organization: 'acme',
    account: 'one',
    operation: 'createImport',
    key: 'k1',
    fingerprint: 'f1',
  };
  const Answer = z.object({ n: z.number() });
  const once = () => onceInTable(table, () => now);

  it('run once and repeat their answer', async () => {
    let runs = 0;
    const work = async () => ({ n: ++runs });
    expect(await once().run(call, Answer, work)).toEqual({ n: 1 });
    expect(await once().run(call, Answer, work)).toEqual({ n: 1 });
    expect(await once().run({ ...call, account: 'two' }, Answer, work)).toEqual({ n: 2 });
    expect(await once().run({ ...call, organization: 'other' }, Answer, work)).toEqual({ n: 3 });
  });

  it('refuse another request under the same key, and a second one while the first runs', async () => {
    const conflict = { code: 'conflict' };
    const nothing = async () => ({ n: 0 });
    await once().run(call, Answer, async () => {
      await expect(once().run(call, Answer, nothing)).rejects.toMatchObject(conflict);
      return { n: 1 };
    });
    await expect(once().run({ ...call, fingerprint: 'f2' }, Answer, nothing)).rejects.toMatchObject(conflict);
  });

  it('may be tried again after an error', async () => {
    const failing = once().run(call, Answer, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await once().run(call, Answer, async () => ({ n: 5 }))).toEqual({ n: 5 });
  });

  it('are forgotten after a day, although the item is still there', async () => {
    await once().run(call, Answer, async () => ({ n: 1 }));
    now = new Date('2026-01-02T00:00:01Z');
    expect(await once().run(call, Answer, async () => ({ n: 2 }))).toEqual({ n: 2 });
  });
});
