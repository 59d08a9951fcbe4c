import { setTimeout as wait } from 'node:timers/promises';
import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MusterClient } from '../../commands/client.ts';
import { importFile, newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';
import { type Answer, type Ask, asking, firstSignIn, ownPassword } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'From', type: 'date', role: 'activeFrom' },
  { name: 'Until', type: 'date', role: 'activeUntil', dateFormat: 'DD/MM/YYYY' },
];
const dayMs = 24 * 60 * 60 * 1000;
/** Far enough from now to be another day in every time zone. */
const past = new Date(Date.now() - 3 * dayMs).toISOString().slice(0, 10);
const future = new Date(Date.now() + 3 * dayMs).toISOString().slice(0, 10);
const french = (day: string) => day.split('-').reverse().join('/');

let test: TestCloud;
let club: Tenant;

beforeAll(async () => {
  test = await startTestCloud();
  club = await newTenant(test.cloud, 'Timed Club', columns);
});
afterAll(() => test?.close());

const ask = (client: MusterClient, ...call: Parameters<Ask>) => asking(client, club.organization)(...call);
const admin = (method: string, path: string, body?: unknown) => ask(club.client, method, path, body);

/** What the schedule does once a minute. */
const look = () =>
  test.cloud.invoke(test.cloud.resource('Muster-dev-App/Functions/RosterPeriods/Function').ref, {});
const stateOf = async (id: string) => (await admin('GET', `/members/${id}`)).body;

/** Moves the clock of the cloud, as `npm run clock` does; what became due by that runs at once. */
const moveClock = (wanted: { move: number } | { offset: number }) =>
  fetch(test.cloud.clockUrl, { method: 'PUT', body: JSON.stringify(wanted) });

/** The schedule itself, which runs once a minute. */
async function untilDisabled(id: string): Promise<Answer['body']> {
  await moveClock({ move: 60_000 });
  const deadline = Date.now() + 100_000;
  for (;;) {
    const member = await stateOf(id);
    if (member.state === 'disabled') return member;
    if (Date.now() > deadline) expect(member).toMatchObject({ state: 'disabled' });
    await wait(500);
  }
}

describe('an active period', () => {
  it('shuts out by itself at its end, is not overruled by hand, and lets in again when it is prolonged', async () => {
    const made = await admin('POST', '/members', {
      values: { ID: 'ANN', Name: 'Ann', From: past },
      account: { username: 'ann' },
    });
    expect(made).toMatchObject({ status: 201, body: { state: 'enabled', activeFrom: past } });
    const ann = await firstSignIn(test.cloud.url, club, 'ann', made.body.oneTimePassword);
    expect((await ask(ann, 'GET', '')).status).toBe(200);

    const ended = await admin('PATCH', '/members/ANN', { values: { Until: french(past) } });
    expect(ended).toMatchObject({ status: 200, body: { activeUntil: past } });
    expect(await untilDisabled('ANN')).toMatchObject({ disabledBy: 'period' });
    expect((await ask(ann, 'GET', '')).status).toBe(403);

    const enabled = await admin('POST', '/members/ANN/enable');
    expect(enabled).toMatchObject({ status: 409, body: { code: 'outside_period' } });

    await admin('PATCH', '/members/ANN', { values: { Until: french(future) } });
    await look();
    expect(await stateOf('ANN')).toMatchObject({ state: 'enabled' });
    await ann.signIn({ organization: club.organization, login: 'ann', password: ownPassword });
    expect((await ask(ann, 'GET', '')).status).toBe(200);
  }, 120_000);

  it('holds for imported members: new, changed and brought back', async () => {
    const file = (rows: string[]) => `ID,Name,From,Until\n${rows.join('\n')}\n`;
    const early = ['E1,Early,'.concat(future, ','), `E2,Late,,${french(past)}`, 'E3,Open,,'];
    expect(await importFile(club, 'roster.csv', file(early), { mode: 'upsert' })).toMatchObject({
      status: 'complete',
      counts: { added: 3 },
    });
    await look();
    expect(await stateOf('E1')).toMatchObject({ disabledBy: 'period', activeFrom: future });
    expect(await stateOf('E2')).toMatchObject({ disabledBy: 'period', activeUntil: past });
    expect(await stateOf('E3')).toMatchObject({ state: 'not_joined' });

    // The same file finds nothing to do, whatever the periods did meanwhile.
    const again = await importFile(club, 'roster.csv', file(early), { mode: 'upsert' });
    expect(again.counts).toMatchObject({ added: 0, updated: 0, reactivated: 0, unchanged: 3 });

    const changed = [`E1,Early,${past},`, `E2,Late,,${french(future)}`, `E3,Open,,${french(past)}`];
    const third = await importFile(club, 'roster.csv', file(changed), { mode: 'upsert' });
    expect(third.counts).toMatchObject({ updated: 3 });
    await look();
    expect(await stateOf('E1')).toMatchObject({ state: 'not_joined' });
    expect(await stateOf('E2')).toMatchObject({ state: 'not_joined' });
    expect(await stateOf('E3')).toMatchObject({ state: 'disabled', disabledBy: 'period' });
  });

  it('is told in the audit trail as the period’s doing', async () => {
    const { body } = await admin('GET', '/audit?subject=ANN&action=member.disable');
    expect(body.items).toMatchObject([{ actor: { login: 'period' }, after: { disabledBy: 'period' } }]);
  });

  it('ends in three days, when the clock has come there', async () => {
    const values = { ID: 'TIM', Name: 'Tim', Until: french(future) };
    expect(await admin('POST', '/members', { values })).toMatchObject({
      status: 201,
      body: { state: 'not_joined', activeUntil: future },
    });
    await moveClock({ move: 5 * dayMs });
    const { organization, login, password: own } = club;
    await club.client.signIn({ organization, login, password: own });
    expect(await untilDisabled('TIM')).toMatchObject({ disabledBy: 'period' });
    await moveClock({ offset: 0 });
    // It was done at that time, which is still to come.
    expect((await stateOf('TIM')).updatedAt > new Date(Date.now() + 4 * dayMs).toISOString()).toBe(true);
  });
});

describe('who administers', () => {
  const startMs = Date.now();
  const lastDay = (days: number) => new Date(startMs + days * dayMs).toISOString().slice(0, 10);
  const mailsTo = async (to: string) => {
    const { emails } = (await (await fetch(`${test.cloud.endpoints.SES}/store`)).json()) as {
      emails: { destination: { to: string[] }; subject: string; body: { text: string } }[];
    };
    return emails.filter(({ destination }) => destination.to.includes(to));
  };
  async function untilMails(to: string, count: number) {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const mails = await mailsTo(to);
      if (mails.length >= count || Date.now() > deadline) return mails;
      await wait(100);
    }
  }
  async function signInAgain() {
    const { organization, login, password: own } = club;
    await club.client.signIn({ organization, login, password: own });
  }
  const add = (ID: string, level: string) =>
    admin('POST', '/members', {
      values: { ID, Name: `${ID} Doe`, Until: french(lastDay(20)) },
      account: { username: ID.toLowerCase(), email: `${ID.toLowerCase()}@timed.example`, level },
    });

  it('is mailed a week before the own access ends, once for each last day (S3.9)', async () => {
    expect((await add('CHIEF', 'administrator')).status).toBe(201);
    expect((await add('PLAIN', 'member')).status).toBe(201);
    await moveClock({ move: 12 * dayMs });
    await look();
    expect(await mailsTo('chief@timed.example')).toEqual([]);

    await moveClock({ move: 2 * dayMs });
    await look();
    const [first] = await untilMails('chief@timed.example', 1);
    expect(first?.subject).toBe('Timed Club: your access ends soon');
    expect(first?.body.text).toContain('CHIEF Doe');
    expect(first?.body.text).toContain(`${test.cloud.url}/account`);
    await look();

    await signInAgain();
    await admin('PATCH', '/members/CHIEF', { values: { Until: french(lastDay(40)) } });
    await moveClock({ move: 20 * dayMs });
    await look();
    expect(await untilMails('chief@timed.example', 2)).toHaveLength(2);
    expect(await mailsTo('plain@timed.example')).toEqual([]);
    await moveClock({ offset: 0 });
    await signInAgain();
  }, 120_000);
});

describe('the time zone of an organization', () => {
  it('is one of the IANA database', async () => {
    expect(await admin('PATCH', '', { timeZone: 'Europe/Paris' })).toMatchObject({
      status: 200,
      body: { timeZone: 'Europe/Paris' },
    });
    for (const timeZone of ['Mars/Olympus', '', '../../etc/passwd', 7]) {
      expect((await admin('PATCH', '', { timeZone })).status, String(timeZone)).toBe(400);
    }
  });

  it('bounds columns that are dates, and no others', async () => {
    const wrong = columns.map((one) => (one.role === 'activeFrom' ? { ...one, type: 'text' as const } : one));
    const { status, body } = await ask(club.client, 'PUT', '/schema', { columns: wrong });
    expect([status, body.code, body.places[0].path]).toEqual([422, 'invalid_schema', 'From']);
  });
});
