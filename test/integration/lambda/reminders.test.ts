import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { dueMembers, plannedReminders } from '../../../layers/roster/src/aws/due-members.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { mailIdOf, mailRecords } from '../../../layers/roster/src/aws/mails.ts';
import { memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { newOrganizationActions, organizationRecords } from '../../../layers/roster/src/aws/organizations.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { rosterMembers } from '../../../layers/roster/src/aws/roster-members.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { unsubscribeLinksInTable } from '../../../layers/roster/src/aws/unsubscribe-links.ts';
import type { Invitation } from '../../../layers/roster/src/domain/invitation.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import { defaultReminders } from '../../../layers/roster/src/domain/reminders.ts';
import { defaultColumns } from '../../../layers/roster/src/domain/schema.ts';
import {
  previewReminders,
  type SendRound,
  sendReminders,
} from '../../../layers/roster/src/lambda/reminders.ts';
import { makeUnsubscribeLink, unsubscribe } from '../../../layers/roster/src/lambda/unsubscribe.ts';
import { all } from '../../support/cloud.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { storedOrganization } from '../../support/organization.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

const paris = storedOrganization('acme', { timeZone: 'Europe/Paris' });
const invitedAt = '2026-05-04T10:15:00.000Z';
const thirdDay = '2026-05-07T10:15:00.000Z';
const seventhDay = '2026-05-11T10:15:00.000Z';
const fourteenthDay = '2026-05-18T10:15:00.000Z';
const actor = { account: 'A', login: 'ann' };

let dynamo: TestDynamo;
let table: Table;
let now: Date;
/** The rounds whose mail was queued, as `<member> <round>`. */
let mailed: string[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  now = new Date(invitedAt);
  mailed = [];
  await table.transact(newOrganizationActions(paris, defaultColumns));
});

const clock = () => now;
const trail = () => auditTrail(table, clock);
const members = () => memberRecords(table, trail());
const memberOf = (id: string) => roster(table).get('acme', id);
const waiting = async (kind: 'period' | 'reminder' = 'reminder') =>
  (await all(dueMembers(table, kind).due(new Date('2100-01-01')))).map(
    ({ at, externalId }) => `${externalId} ${at}`,
  );

function invitation(more: Partial<Invitation> = {}): Invitation {
  return {
    id: 'INVITATION',
    method: 'email',
    state: 'sent',
    rounds: 1,
    sentAt: invitedAt,
    firstSentAt: invitedAt,
    validUntil: invitedAt,
    invitedBy: 'ann',
    to: 'someone@example.org',
    ...more,
  };
}

async function person(id: string, more: Partial<Member> = {}): Promise<Member> {
  const at = now.toISOString();
  const member: Member = {
    ...{ externalId: id, state: 'not_joined', values: {}, valuesHash: '', name: id },
    ...{ departments: [], roles: [], version: 1, createdAt: at, updatedAt: at },
    invitation: invitation({ id: `INVITATION-${id}` }),
    ...more,
  };
  await members().commit(
    { organization: paris, member: { after: member } },
    { action: 'member.add', actor, subject: id },
  );
  return member;
}

async function change(before: Member, more: Partial<Member>): Promise<Member> {
  const after = { ...before, ...more, version: before.version + 1, updatedAt: now.toISOString() };
  await members().commit(
    { organization: paris, member: { before, after } },
    { action: 'member.update', actor, subject: before.externalId },
  );
  return after;
}

/** What a round is: the invitation renewed in one transaction, then its mail. `killed` ends it between the two. */
const round =
  (killed = () => false): SendRound =>
  async (organization, { member }, how) => {
    const before = member.invitation as Invitation;
    const rounds = before.rounds + 1;
    const after = {
      ...member,
      invitation: { ...before, state: 'sent' as const, rounds, sentAt: now.toISOString() },
      version: member.version + 1,
      updatedAt: now.toISOString(),
    };
    await members().commit(
      { organization, member: { before: member, after } },
      { action: 'member.update', actor: how.actor, subject: member.externalId, details: { rounds } },
    );
    if (killed()) throw new Error('killed');
    const mailId = mailIdOf('acme', `invitation/${before.id}/${rounds}`);
    const owner = { kind: 'invitation' as const, id: before.id };
    await mailRecords(table).create(
      { organization: 'acme', mailId },
      { kind: how.kind, to: 'someone@example.org', owner },
      now,
    );
    mailed.push(`${member.externalId} ${rounds}`);
  };

const run = (sendRound: SendRound = round()) =>
  sendReminders({
    clock,
    organizations: organizationRecords(table, trail()),
    roster: roster(table),
    accounts: accountRecords(table),
    mails: mailRecords(table),
    dueReminders: dueMembers(table, 'reminder'),
    sendRound,
  });

/** What the schedule does at a moment. */
const runAt = (moment: string, sendRound?: SendRound) => {
  now = new Date(moment);
  return run(sendRound);
};

describe('reminders', () => {
  it('go out on the days of the cadence, to the millisecond, in the name of the schedule, and then end', async () => {
    await person('ANN');
    expect(await waiting()).toEqual([`ANN ${thirdDay}`]);
    expect(await runAt(new Date(Date.parse(thirdDay) - 1).toISOString())).toMatchObject({ looked: 0 });
    expect(await runAt(thirdDay)).toEqual({ looked: 1, sent: 1, isWhole: true });
    expect(await run()).toMatchObject({ looked: 0 });
    expect(await waiting()).toEqual([`ANN ${seventhDay}`]);
    await runAt(seventhDay);
    await runAt(fourteenthDay);
    expect(mailed).toEqual(['ANN 2', 'ANN 3', 'ANN 4']);
    expect(await waiting()).toEqual([]);
    const entries = (await all(trail().all('acme'))).filter(({ details }) => details?.rounds !== undefined);
    expect(entries.map(({ actor: by }) => by.login)).toEqual(['schedule', 'schedule', 'schedule']);
  });

  it.each<[string, Partial<Member>]>([
    ['said no', { invitation: invitation({ state: 'rejected' }) }],
    ['bounced', { invitation: invitation({ state: 'undeliverable' }) }],
    ['unsubscribed', { invitation: invitation({ remindersOff: true }) }],
    ['was disabled', { state: 'disabled', disabledBy: 'admin' }],
    ['joined', { state: 'enabled', account: 'A' }],
  ])('stop for one who %s, at once and when it is looked at', async (_, stop) => {
    const member = await person('ANN');
    await change(member, stop);
    expect(await waiting()).toEqual([]);
    // As it is where a file or another process decided it: the item is there still.
    await dueMembers(table, 'reminder').settle(
      { organization: 'acme', externalId: 'ANN', at: invitedAt },
      new Date(thirdDay),
    );
    expect(await runAt(thirdDay)).toEqual({ looked: 1, sent: 0, isWhole: true });
    expect(await waiting()).toEqual([]);
  });

  it('stop for one who was removed, and go on for one who is let in again', async () => {
    const ann = await person('ANN');
    const bob = await person('BOB');
    await members().commit(
      { organization: paris, member: { before: ann } },
      { action: 'member.remove', actor, subject: 'ANN' },
    );
    const out = await change(bob, { state: 'disabled', disabledBy: 'admin' });
    expect(await waiting()).toEqual([]);
    const { disabledBy: _, ...rest } = out;
    await change(rest, { state: 'not_joined' });
    await runAt(thirdDay);
    expect(mailed).toEqual(['BOB 2']);
  });

  it('go on for one whom a file brings back', async () => {
    const ann = await person('ANN');
    now = new Date('2026-05-05T10:00:00.000Z');
    const out = await change(ann, { state: 'disabled', disabledBy: 'file' });
    const back = {
      ...{ kind: 'reactivate' as const, externalId: 'ANN', version: out.version, line: 2 },
      ...{ from: 'disabled' as const, state: 'not_joined' as const, before: {} },
    };
    const ref = { organization: 'acme', importId: '01KE0000000000000000000001' };
    await rosterMembers(table).applyChunk(
      ref,
      { part: 0, chunk: 0, changes: [back as never] },
      {
        schema: { version: 1, columns: [...defaultColumns] },
        ...{ timeZone: paris.timeZone, now, approvedBy: 'ann', departments: new Map() },
      },
    );
    expect(await run()).toMatchObject({ looked: 1, sent: 0 });
    expect(await waiting()).toEqual([`ANN ${thirdDay}`]);
    await runAt(thirdDay);
    expect(mailed).toEqual(['ANN 2']);
  });

  it('heed a change of the settings when somebody is looked at', async () => {
    await person('ANN');
    const organizations = organizationRecords(table, trail());
    const quiet = { ...defaultReminders, quietHours: { from: '12:00', to: '15:00' } };
    const current = await organizations.update(paris, { reminders: quiet });
    expect(await runAt(thirdDay)).toMatchObject({ looked: 1, sent: 0 });
    expect(await waiting()).toEqual(['ANN 2026-05-07T13:00:00.000Z']);
    await organizations.update(current, { reminders: { ...quiet, isOn: false } });
    expect(await runAt('2026-05-07T13:00:00.000Z')).toMatchObject({ looked: 1, sent: 0 });
    expect(await waiting()).toEqual(['ANN 2026-05-11T13:00:00.000Z']);
  });
});

describe('a reminder that went wrong', () => {
  it('is made good once its sender was killed between the round and its mail, and never twice', async () => {
    await person('ANN');
    await expect(
      runAt(
        thirdDay,
        round(() => true),
      ),
    ).rejects.toThrow(AggregateError);
    expect((await memberOf('ANN')).invitation?.rounds).toBe(2);
    // The mail could still come from a sender that is only slow.
    expect(await runAt('2026-05-07T10:19:59.999Z')).toEqual({ looked: 1, sent: 0, isWhole: true });
    expect(await runAt('2026-05-07T10:20:00.000Z')).toEqual({ looked: 1, sent: 1, isWhole: true });
    expect(await runAt('2026-05-07T10:21:00.000Z')).toMatchObject({ looked: 0 });
    expect(mailed).toEqual(['ANN 3']);
    expect(await waiting()).toEqual([`ANN ${seventhDay}`]);
  });

  it('is sent once where only settling it was lost', async () => {
    await person('ANN');
    const sent = round();
    await expect(
      runAt(thirdDay, async (...given) => {
        await sent(...given);
        throw new Error('killed after the mail');
      }),
    ).rejects.toThrow(AggregateError);
    expect(await runAt('2026-05-07T10:30:00.000Z')).toEqual({ looked: 1, sent: 0, isWhole: true });
    expect(mailed).toEqual(['ANN 2']);
    expect(await waiting()).toEqual([`ANN ${seventhDay}`]);
  });

  it('holds up nobody else, and is tried again', async () => {
    await person('ANN');
    await person('BOB');
    await person('EVE');
    await table.update({ key: keys.member('acme', 'EVE'), set: { state: 'lost' } });
    const sent = round();
    const failing: SendRound = async (organization, found, how) => {
      if (found.member.externalId === 'ANN') throw new Error('throttled');
      return sent(organization, found, how);
    };
    await expect(runAt(thirdDay, failing)).rejects.toMatchObject({ errors: { length: 2 } });
    expect(mailed).toEqual(['BOB 2']);
    await expect(runAt('2026-05-07T10:16:00.000Z')).rejects.toMatchObject({
      errors: [{ code: 'corrupt_item' }],
    });
    expect(mailed).toEqual(['BOB 2', 'ANN 2']);
  });

  it('is sent by one of two runs at once', async () => {
    await person('ANN');
    now = new Date(thirdDay);
    const runs = await Promise.all([run(), run(), run()]);
    expect(runs.map(({ sent }) => sent).sort()).toEqual([0, 0, 1]);
    expect(mailed).toEqual(['ANN 2']);
  });
});

describe('the preview', () => {
  const preview = (page: { limit: number; cursor?: string }, within?: ReadonlySet<string>) =>
    previewReminders(
      {
        clock,
        organizations: organizationRecords(table, trail()),
        plannedReminders: plannedReminders(table),
      },
      'acme',
      { level: within ? 'coordinator' : 'auditor', within },
      page,
    );

  it('shows who gets one next, the soonest first, page by page, and nobody who gets none', async () => {
    await person('LATE', {
      invitation: invitation({ sentAt: '2026-05-04T11:00:00.000Z', firstSentAt: '2026-05-04T11:00:00.000Z' }),
    });
    await person('SOON');
    await person('TWICE', { invitation: invitation({ rounds: 2, sentAt: thirdDay }) });
    await person('LINK', { invitation: invitation({ method: 'link' }) });
    const first = await preview({ limit: 2 });
    expect(first.items).toEqual([
      { memberId: 'SOON', name: 'SOON', to: 'someone@example.org', at: thirdDay, round: 2 },
      { memberId: 'LATE', name: 'LATE', to: 'someone@example.org', at: '2026-05-07T11:00:00.000Z', round: 2 },
    ]);
    const second = await preview({ limit: 2, cursor: first.nextCursor ?? '' });
    expect(second.items).toMatchObject([{ memberId: 'TWICE', at: seventhDay, round: 3 }]);
    await expect(preview({ limit: 2, cursor: 'forged' })).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  it('is bounded to the departments of a coordinator, and empty while reminders are off', async () => {
    for (const [id, department] of Object.entries({ IN: 'D1', OUT: 'D2' })) {
      await person(id);
      await table.update({ key: keys.member('acme', id), set: { departments: [department] } });
    }
    const seen = await preview({ limit: 10 }, new Set(['D1']));
    expect(seen.items.map(({ memberId }) => memberId)).toEqual(['IN']);
    const off = { reminders: { ...defaultReminders, isOn: false } };
    await organizationRecords(table, trail()).update(paris, off);
    expect((await preview({ limit: 10 })).items).toEqual([]);
  });
});

describe('one click', () => {
  const deps = () => ({
    clock,
    unsubscribeLinks: unsubscribeLinksInTable(table),
    organizations: organizationRecords(table, trail()),
    roster: roster(table),
    accounts: accountRecords(table),
    members: members(),
  });
  const linkFor = async (invitationId: string) => {
    const path = await makeUnsubscribeLink(deps(), { organization: 'acme', externalId: 'ANN', invitationId });
    expect(path).toMatch(/^\/api\/v1\/public\/reminders\/unsubscribe\?token=[\w-]{43}$/);
    return path.slice(path.indexOf('=') + 1);
  };
  const unsubscribed = async () => {
    const entries = await all(trail().all('acme'));
    return entries.filter(({ action }) => action === 'member.unsubscribe');
  };

  it('ends the reminders, once, and leaves an entry', async () => {
    await person('ANN');
    const token = await linkFor('INVITATION-ANN');
    await Promise.all([1, 2, 3].map(() => unsubscribe(deps(), token, { address: '192.0.2.1' })));
    expect((await memberOf('ANN')).invitation).toMatchObject({ remindersOff: true, state: 'sent' });
    expect(await waiting()).toEqual([]);
    expect(await unsubscribed()).toMatchObject([
      { subject: 'ANN', actor: { account: 'invited', login: 'invited', address: '192.0.2.1' } },
    ]);
    expect(JSON.stringify(await all(trail().all('acme')))).not.toContain(token);
  });

  it('does nothing for another invitation or one who is gone, and refuses other tokens', async () => {
    const before = await linkFor('INVITATION-OLD');
    await unsubscribe(deps(), before, {});
    await person('ANN');
    await unsubscribe(deps(), before, {});
    expect((await memberOf('ANN')).invitation?.remindersOff).toBeUndefined();
    expect(await unsubscribed()).toEqual([]);
    await expect(unsubscribe(deps(), 'x'.repeat(43), {})).rejects.toMatchObject({ code: 'link_invalid' });
  });
});
