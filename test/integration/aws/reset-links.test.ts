import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountRecords, newAccountActions } from '../../../layers/roster/src/aws/accounts.ts';
import { type AuditTrail, auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { type ResetLinks, resetLinksInTable } from '../../../layers/roster/src/aws/reset-links.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { MusterError } from '../../../layers/roster/src/domain/errors.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { newResetLink } from '../../../layers/roster/src/domain/reset-link.ts';
import { completeReset, inspectResetLink } from '../../../layers/roster/src/lambda/reset-links.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let table: Table;
let links: ResetLinks;
let audit: AuditTrail;
let now: Date;
let ids = 0;
let membership: Membership;

/** What the pool was told, in order; `refuse` is what it answers to a password. */
const told: string[] = [];
let refuse: (password: string) => Error | undefined;

beforeAll(async () => {
  dynamo = await startDynamo();
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  audit = auditTrail(table, () => now);
  links = resetLinksInTable(table, audit);
});
afterAll(() => dynamo?.stop());
beforeEach(async () => {
  now = new Date('2026-01-01T00:00:00.600Z');
  told.length = 0;
  refuse = () => undefined;
  const id = ++ids;
  membership = {
    account: `A${id}`,
    organization: `org-${id}`,
    level: 'member',
    login: 'ana',
    state: 'enabled',
    externalId: '7',
    tokensValidFromSeconds: 0,
    version: 1,
  };
  const account = { account: `A${id}`, tokensValidFromSeconds: 0, createdAt: now.toISOString() };
  await table.transact(newAccountActions(account, membership));
});

const actor = { account: 'B', login: 'admin' };
/** The hash as it has to be by design section 4, computed apart. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');
async function issued(token: string) {
  const link = newResetLink(membership, now);
  await links.issue(hashOf(token), link, { action: 'member.resetLink', actor, subject: '7' });
  return token;
}

const deps = () => ({
  resetLinks: links,
  accounts: accountRecords(table),
  organizations: { get: async () => ({ name: 'Acme' }) } as never,
  accountMaker: {
    setPassword: async (account: string, password: string) => {
      const refusal = refuse(password);
      if (refusal) throw refusal;
      told.push(`${account} ${password}`);
    },
    signOutEverywhere: async (account: string) => {
      told.push(`${account} out`);
    },
  } as never,
  clock: () => now,
  newId: () => `N${++ids}`,
});
const complete = (token: string, newPassword: string) =>
  completeReset(deps(), { token, newPassword, origin: { address: '203.0.113.9' } });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => error.code ?? error.message,
  );
const actions = async () =>
  (await audit.list(membership.organization, { limit: 50 })).items.map(({ action }) => action);

describe('a reset link', () => {
  it('changes nothing by being looked at, and is used up by a password', async () => {
    const token = await issued('one');
    const before = await table.get(keys.linkToken(hashOf(token)), { consistent: true });
    for (let times = 0; times < 100; times++) {
      expect(await inspectResetLink(deps(), token)).toEqual({
        organization: membership.organization,
        name: 'Acme',
        username: 'ana',
        expiresAt: '2026-01-02T00:00:00.600Z',
      });
    }
    expect(await table.get(keys.linkToken(hashOf(token)), { consistent: true })).toEqual(before);
    await complete(token, 'first');
    expect(told).toEqual([`${membership.account} first`, `${membership.account} out`]);
    const { account } = await accountRecords(table).standing(membership.account);
    // The next second after 00:00:00.6, by the Unix epoch.
    expect(account).toMatchObject({ tokensValidFromSeconds: 1_767_225_601 });
    expect(account).not.toHaveProperty('resetLink');
    expect(await codeOf(complete(token, 'second'))).toBe('link_invalid');
    expect(await codeOf(inspectResetLink(deps(), token))).toBe('link_invalid');
    expect(told).toHaveLength(2);
    expect(await actions()).toEqual(['account.password', 'member.resetLink']);
  });

  it('is stored without its token, to be dropped by the table a week after it has expired', async () => {
    const token = await issued('a-token-of-its-own');
    const item = await table.get(keys.linkToken(hashOf(token)));
    expect(JSON.stringify(item)).not.toContain(token);
    expect(item).toMatchObject({ kind: 'reset', expiresAt: Date.parse('2026-01-09T00:00:01Z') / 1000 });
    expect(JSON.stringify((await audit.list(membership.organization, { limit: 1 })).items)).not.toContain(
      token,
    );
  });

  it('lets one of 20 passwords come to count when all come at once', async () => {
    const token = await issued('race');
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => codeOf(complete(token, `p${index}`))),
    );
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(new Set(codes.filter((code) => code !== 'done'))).toSatisfy((others: Set<string>) =>
      [...others].every((code) => code === 'link_in_use' || code === 'link_invalid'),
    );
    expect(told).toEqual([`${membership.account} p${codes.indexOf('done')}`, `${membership.account} out`]);
  });

  it('is still good after a password that the policy refuses', async () => {
    const token = await issued('policy');
    refuse = (password) => (password === 'weak' ? new MusterError('invalid_password', 'no') : undefined);
    expect(await codeOf(complete(token, 'weak'))).toBe('invalid_password');
    expect(await codeOf(complete(token, 'strong'))).toBe('done');
  });

  it('is good again 30 seconds after an attempt of which nobody knows how it ended', async () => {
    const token = await issued('crash');
    refuse = (password) => (password === 'lost' ? new Error('socket hang up') : undefined);
    expect(await codeOf(complete(token, 'lost'))).toBe('socket hang up');
    expect(await codeOf(complete(token, 'again'))).toBe('link_in_use');
    now = new Date(now.getTime() + 29_999);
    expect(await codeOf(complete(token, 'again'))).toBe('link_in_use');
    now = new Date(now.getTime() + 1);
    expect(await codeOf(complete(token, 'again'))).toBe('done');
    expect(told).toEqual([`${membership.account} again`, `${membership.account} out`]);
  });

  it('is void once a newer one was made, whichever of both is tried first', async () => {
    const older = await issued('older');
    const newer = await issued('newer');
    expect(await codeOf(inspectResetLink(deps(), older))).toBe('link_invalid');
    expect(await codeOf(complete(older, 'p'))).toBe('link_invalid');
    expect(told).toEqual([]);
    expect(await codeOf(complete(newer, 'p'))).toBe('done');
  });

  it('cannot be claimed once a newer one was made, even between the look and the claim', async () => {
    const token = await issued('late');
    const link = newResetLink(membership, now);
    await issued('newest');
    const claim = { id: 'c', untilMs: now.getTime() + 1 };
    expect(await links.claim(hashOf(token), link, claim, now.getTime())).toBe(false);
  });

  it('is used up by nobody whose claim is over', async () => {
    const token = await issued('slow');
    const link = newResetLink(membership, now);
    const hash = hashOf(token);
    const slow = { id: 'slow', untilMs: now.getTime() };
    expect(await links.claim(hash, link, slow, now.getTime() - 1)).toBe(true);
    expect(await links.claim(hash, link, { id: 'b', untilMs: now.getTime() + 1 }, now.getTime())).toBe(true);
    await links.release(hash, slow);
    const use = {
      validFromSeconds: 9,
      event: { action: 'account.password' as const, actor, subject: '7' },
    };
    expect(await links.spend(hash, link, slow, use)).toBe(false);
    expect((await accountRecords(table).standing(membership.account)).account).toMatchObject({
      tokensValidFromSeconds: 0,
    });
    expect(await actions()).toEqual(['member.resetLink']);
  });
});
