import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { type AuditTrail, auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { invitationLinks } from '../../../layers/roster/src/aws/invitation-links.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import type { MailOrder } from '../../../layers/roster/src/aws/mail-queue.ts';
import { mailIdOf, mailRecords } from '../../../layers/roster/src/aws/mails.ts';
import { memberToItem } from '../../../layers/roster/src/aws/member-item.ts';
import { memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { organizationRecords } from '../../../layers/roster/src/aws/organizations.ts';
import { resetLinksInTable } from '../../../layers/roster/src/aws/reset-links.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { unsubscribeLinksInTable } from '../../../layers/roster/src/aws/unsubscribe-links.ts';
import { type AuditEntry, verifyChain } from '../../../layers/roster/src/domain/audit.ts';
import { MusterError } from '../../../layers/roster/src/domain/errors.ts';
import type { Invitation } from '../../../layers/roster/src/domain/invitation.ts';
import type { MailRecord } from '../../../layers/roster/src/domain/mail.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import type { Deps } from '../../../layers/roster/src/lambda/deps.ts';
import { followInvitations } from '../../../layers/roster/src/lambda/invitation-outcome.ts';
import { type InvitationDeps, mailRound, sendRound } from '../../../layers/roster/src/lambda/invitations.ts';
import {
  acceptInvitation,
  declineInvitation,
  inspectInvitation,
  joinWithAccount,
  renewInvitation,
} from '../../../layers/roster/src/lambda/join.ts';
import { hashOfLinkToken } from '../../../layers/roster/src/lambda/link-token.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { storedOrganization } from '../../support/organization.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const threeDaysMs = 3 * 24 * 60 * 60 * 1000;
const acme = storedOrganization('acme');
const actor = { account: 'CHIEF', login: 'chief' };
const origin = {};
const password = 'Own-Password-2026';
const email = 'ann@example.org';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const unused = () => Promise.reject(new Error('is not to be called'));

type TestDeps = InvitationDeps &
  Pick<
    Deps,
    'accounts' | 'roster' | 'organizations' | 'accountMaker' | 'accountQueue' | 'identity' | 'mails'
  >;

let dynamo: TestDynamo;
let table: Table;
let audit: AuditTrail;
let deps: TestDeps;
let nowMs: number;
/** The user pool: passwords by account. */
let pool: Map<string, string>;
let mailed: MailOrder[];
let followed: string[];
let ids = 0;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  nowMs = start;
  pool = new Map();
  mailed = [];
  followed = [];
  const clock = () => new Date(nowMs);
  audit = auditTrail(table, clock);
  const mails = mailRecords(table);
  deps = {
    clock,
    newId: () => `01KE${String(++ids).padStart(22, '0')}`,
    members: memberRecords(table, audit),
    unsubscribeLinks: unsubscribeLinksInTable(table),
    invitationLinks: invitationLinks(table),
    mails,
    mailQueue: {
      async send(organization, order) {
        mailed.push(order);
        const { mail, to, owner, key } = order;
        const mailId = mailIdOf(organization, key);
        await mails.create({ organization, mailId }, { kind: mail.kind, to, owner }, clock());
        return mailId;
      },
      putOff: unused,
    },
    accounts: accountRecords(table),
    roster: roster(table),
    organizations: organizationRecords(table, audit),
    accountMaker: {
      async createAccount(account, given) {
        if (given.password === 'weak') throw new MusterError('invalid_password', 'weak');
        pool.set(account, given.password);
      },
      deleteAccount: async (account) => void pool.delete(account),
      dropSecondFactor: unused,
      setPassword: unused,
      setOneTimePassword: unused,
      signOutEverywhere: unused,
    },
    accountQueue: { changed: async (accounts) => void followed.push(...accounts) },
    identity: {
      signIn: async (account: string, given: string) => {
        if (pool.get(account) !== given) throw new MusterError('wrong_credentials', 'wrong');
        return { accessToken: `of ${account}`, expiresInSeconds: 1 };
      },
    } as Deps['identity'],
  };
  await table.put({ ...keys.organization('acme'), ...acme });
  await table.put(memberToItem('acme', member('m1', { email })));
});

function member(externalId: string, more: Partial<Member> = {}): Member {
  const at = new Date(start).toISOString();
  return {
    ...{ externalId, state: 'not_joined', values: { ID: externalId }, valuesHash: 'x', name: 'Ann Doe' },
    ...{ departments: [], roles: [], version: 1, createdAt: at, updatedAt: at },
    ...more,
  };
}

const memberNow = (id = 'm1') => deps.roster.get('acme', id);
const round = async (method: 'link' | 'email' = 'link', kind: 'invitation' | 'reminder' = 'invitation') =>
  (await sendRound(deps, acme, { member: await memberNow() }, { actor, method, kind })).token;
const accept = (token: string, username = 'ann', chosen = password) =>
  acceptInvitation(deps, { token, username, password: chosen, origin });
const refusal = (code: string) => expect.objectContaining({ code });
const mailedToken = (order: MailOrder | undefined) => {
  const link = order !== undefined && 'link' in order.mail ? order.mail.link : '';
  return link.slice('/join#'.length);
};

async function trail(): Promise<string[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of audit.all('acme')) entries.push(entry);
  expect(await verifyChain(entries, sha256)).toMatchObject({ unbroken: true });
  return entries.map(({ action }) => action);
}

/** Whatever the table holds in places where a token could be. */
async function storedText(token: string): Promise<string> {
  const items = [await memberNow(), await table.get(keys.linkToken(hashOfLinkToken(token)))];
  for await (const entry of audit.all('acme')) items.push({ ...entry });
  return JSON.stringify(items);
}

describe('a link', () => {
  it('is stored by the hash of its token alone', async () => {
    const token = await round();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(await storedText(token)).toContain('"round":1');
    expect(await storedText(token)).not.toContain(token);
  });

  it('joins once, whoever tries at the same time: one account, one user in the pool', async () => {
    const token = await round();
    const tries = Array.from({ length: 1_000 }, (_, index) => accept(token, `ann-${index}`));
    const outcomes = await Promise.allSettled(tries);
    const codes = outcomes.map((one) => (one.status === 'fulfilled' ? 'joined' : one.reason.code));
    expect(codes.filter((code) => code === 'joined')).toHaveLength(1);
    for (const code of codes) expect(['joined', 'link_in_use', 'link_invalid']).toContain(code);
    const { account, state, username, invitation } = await memberNow();
    expect([...pool.keys()]).toEqual([account]);
    expect({ state, invitation }).toEqual({ state: 'enabled' });
    expect((await deps.accounts.findByLogin(username ?? '', 'acme'))?.account).toBe(account);
    expect((await deps.accounts.findByLogin(email, 'acme'))?.account).toBe(account);
    expect(followed).toEqual([account]);
    expect(await table.get(keys.linkToken(hashOfLinkToken(token)))).toBeUndefined();
    expect(await trail()).toEqual(['member.invite', 'member.join']);
  });

  it('of two of one round, used at once, makes one account', async () => {
    const first = await round('email');
    const { invitation, ...found } = await memberNow();
    await mailRound(deps, 'acme', { ...found, invitation: invitation as Invitation }, 'invitation');
    const second = mailedToken(mailed[1]);
    expect(second).not.toBe(first);
    const outcomes = await Promise.allSettled([accept(first, 'one'), accept(second, 'two')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect([...pool.keys()]).toEqual([(await memberNow()).account]);
  });

  it('is not used up by a password or a username that is refused', async () => {
    const token = await round();
    await expect(accept(token, 'ann', 'weak')).rejects.toEqual(refusal('invalid_password'));
    await table.put({ ...keys.login('acme', 'taken'), account: 'A' });
    await expect(accept(token, 'taken')).rejects.toEqual(refusal('login_taken'));
    expect(pool.size).toBe(0);
    expect(await accept(token)).toMatchObject({ accessToken: expect.any(String) });
  });

  it('can be used again half a minute after a process died over it', async () => {
    const token = await round();
    const dying = { ...deps, accountMaker: { ...deps.accountMaker, createAccount: unused } };
    await expect(acceptInvitation(dying, { token, username: 'ann', password, origin })).rejects.toThrow();
    await expect(accept(token)).rejects.toEqual(refusal('link_in_use'));
    nowMs += 29_999;
    await expect(accept(token)).rejects.toEqual(refusal('link_in_use'));
    nowMs += 1;
    await accept(token);
    expect(pool.size).toBe(1);
  });

  it('is good for three days to the millisecond, for every use', async () => {
    const token = await round();
    nowMs = start + threeDaysMs - 1;
    expect(await inspectInvitation(deps, token)).toMatchObject({ state: 'opened' });
    nowMs = start + threeDaysMs;
    const join = { token, username: 'ann', account: 'A', origin };
    for (const use of [
      () => inspectInvitation(deps, token),
      () => accept(token),
      () => joinWithAccount(deps, join),
      () => declineInvitation(deps, token, origin),
    ]) {
      await expect(use()).rejects.toEqual(refusal('link_expired'));
    }
  });

  it('is void after the next round, and no reset link', async () => {
    const token = await round();
    await round();
    await expect(accept(token)).rejects.toEqual(refusal('link_invalid'));
    expect(await resetLinksInTable(table, audit).find(hashOfLinkToken(token))).toBeUndefined();
  });

  it('shows as opened once, however many look at once, and stays good', async () => {
    const token = await round();
    await Promise.all(Array.from({ length: 30 }, () => inspectInvitation(deps, token)));
    expect((await memberNow()).invitation?.state).toBe('opened');
    expect((await memberNow()).version).toBe(3);
    await accept(token);
  });

  it('joins an account that is in other organizations, under a name that is free here', async () => {
    const token = await round();
    const elsewhere = { account: 'ELSEWHERE', tokensValidFromSeconds: 0, createdAt: acme.createdAt };
    await table.put({ ...keys.account('ELSEWHERE'), ...elsewhere });
    const joined = await joinWithAccount(deps, { token, username: 'ann', account: 'ELSEWHERE', origin });
    expect(joined).toEqual({ organization: 'acme', name: acme.name, username: 'ann' });
    expect(await deps.accounts.memberships('ELSEWHERE')).toMatchObject([
      { organization: 'acme', level: 'member', login: 'ann', externalId: 'm1', state: 'enabled' },
    ]);
    expect(pool.size).toBe(0);
    await table.put(memberToItem('acme', member('m2')));
    const other = await sendRound(
      deps,
      acme,
      { member: await memberNow('m2') },
      {
        ...{ actor, method: 'link', kind: 'invitation' },
      },
    );
    const again = { token: other.token, username: 'ann2', account: 'ELSEWHERE', origin };
    await expect(joinWithAccount(deps, again)).rejects.toEqual(refusal('already_member'));
  });
});

describe('the mail of a round', () => {
  it('is made good after a death between writing and queueing, under the same key', async () => {
    const dying = { ...deps, mailQueue: { ...deps.mailQueue, send: unused } };
    const found = { member: await memberNow() };
    const how = { actor, method: 'email', kind: 'invitation' } as const;
    await expect(sendRound(dying, acme, found, how)).rejects.toThrow();
    const { invitation, ...rest } = await memberNow();
    await mailRound(deps, 'acme', { ...rest, invitation: invitation as Invitation }, 'invitation');
    expect(mailed.map(({ key, to }) => ({ key, to }))).toEqual([
      { key: `invitation/${invitation?.id}/1`, to: email },
    ]);
    await accept(mailedToken(mailed[0]));
  });

  it('that reminds has a way out with a token that is good for nothing else', async () => {
    await round('email');
    const token = await round('email', 'reminder');
    const { mail } = mailed[1] as MailOrder;
    expect(mail).toMatchObject({ kind: 'reminder', round: 1, link: `/join#${token}` });
    const path = mail.kind === 'reminder' ? mail.unsubscribeLink : '';
    const wayOut = new URL(path, 'https://x.example').searchParams.get('token') ?? '';
    const found = await deps.unsubscribeLinks.find(hashOfLinkToken(wayOut));
    expect(found).toMatchObject({ organization: 'acme', externalId: 'm1' });
    await expect(accept(wayOut)).rejects.toEqual(refusal('link_invalid'));
  });

  it('comes anew for an expired link, once, and again only after three days more', async () => {
    const token = await round();
    await renewInvitation(deps, token, origin);
    nowMs = start + threeDaysMs - 1;
    await renewInvitation(deps, token, origin);
    expect(mailed).toEqual([]);
    nowMs += 1;
    await Promise.all([1, 2, 3, 4, 5].map(() => renewInvitation(deps, token, origin)));
    expect(new Set(mailed.map(({ key }) => key)).size).toBe(1);
    expect((await memberNow()).invitation).toMatchObject({ rounds: 2, to: email });
    nowMs += threeDaysMs;
    await renewInvitation(deps, token, origin);
    expect((await memberNow()).invitation?.rounds).toBe(3);
    await expect(renewInvitation(deps, 'nonsense', origin)).rejects.toEqual(refusal('link_invalid'));
    expect(await trail()).toEqual(['member.invite', 'member.invite', 'member.invite']);
  });
});

describe('the fate of a mail', () => {
  const told = async (more: Partial<MailRecord>) => {
    const { invitation } = await memberNow();
    const at = new Date(nowMs).toISOString();
    await followInvitations(deps)('acme', {
      mailId: mailIdOf('acme', `invitation/${invitation?.id ?? 'I'}/1`),
      ...{ kind: 'invitation', to: email, attempts: 1, createdAt: at, updatedAt: at, state: 'bounced' },
      owner: { kind: 'invitation', id: invitation?.id ?? 'I', member: 'm1' },
      code: 'Permanent/General',
      ...more,
    });
    return (await memberNow()).invitation?.state;
  };

  it.each<[string, Partial<MailRecord>, string]>([
    ['a lasting bounce', {}, 'undeliverable'],
    ['a complaint', { state: 'complained', code: 'abuse' }, 'undeliverable'],
    ['an address that is not written to', { state: 'suppressed' }, 'undeliverable'],
    ['a passing bounce', { code: 'Transient/MailboxFull' }, 'sent'],
    ['a delivery', { state: 'delivered' }, 'sent'],
    ['what became of a mail for something else', { owner: { kind: 'import', id: 'I' } }, 'sent'],
  ])('by %s', async (_, mail, state) => {
    await round('email');
    expect(await told(mail)).toBe(state);
    expect(await told(mail)).toBe(state);
    const isTold = state === 'undeliverable';
    expect(await trail()).toEqual(['member.invite', ...(isTold ? ['member.undeliverable'] : [])]);
  });

  it('of an earlier round, or of who joined, changes nothing', async () => {
    await round('email');
    const token = await round('email');
    expect(await told({})).toBe('sent');
    await accept(token);
    expect(await told({})).toBeUndefined();
    expect(await trail()).not.toContain('member.undeliverable');
  });
});
