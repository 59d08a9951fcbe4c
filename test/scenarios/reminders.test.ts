import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';

const dayMs = 24 * 60 * 60 * 1000;

interface Email {
  destination: { to: string[] };
  body: { text: string };
}

let test: TestCloud;
let club: Tenant;
beforeAll(async () => {
  test = await startTestCloud();
  club = await newTenant(test.cloud, 'Reminded Club');
});
afterAll(() => test?.close());

const api = (method: string, path: string, body?: unknown) =>
  club.client.send(method, `${club.client.in(club.organization)}${path}`, body === undefined ? {} : { body });
const unsubscribe = (method: string, init: RequestInit = {}) =>
  fetch(`${test.cloud.url}/api/v1/public/reminders/unsubscribe?token=${'x'.repeat(43)}`, { method, ...init });

it('has a cadence, quiet hours and a most of rounds that admins change, within bounds', async () => {
  const shown = (await (await api('GET', '')).json()) as { reminders: object };
  expect(shown.reminders).toEqual({
    isOn: true,
    days: [3, 7, 14],
    quietHours: { from: '20:00', to: '08:00' },
    roundsMax: 4,
  });
  const wanted = { isOn: true, days: [2, 30], quietHours: { from: '18:30', to: '09:00' }, roundsMax: 3 };
  const changed = await api('PATCH', '', { reminders: wanted });
  expect([changed.status, ((await changed.json()) as { reminders: object }).reminders]).toEqual([
    200,
    wanted,
  ]);
  const wrong = [
    { ...wanted, days: [7, 3] },
    { ...wanted, days: [91] },
    { ...wanted, quietHours: { from: '25:00', to: '08:00' } },
    { ...wanted, roundsMax: 0 },
    { days: [3] },
  ];
  for (const reminders of wrong) {
    expect((await api('PATCH', '', { reminders })).status, JSON.stringify(reminders)).toBe(400);
  }
  const { items } = (await (await api('GET', '/audit?action=organization.update')).json()) as {
    items: object[];
  };
  expect(items).toMatchObject([{ before: { reminders: shown.reminders }, after: { reminders: wanted } }]);
});

it('shows whom reminders go to next: nobody where nobody was invited', async () => {
  const answer = await api('GET', '/invitations/reminders');
  expect([answer.status, await answer.json()]).toEqual([200, { items: [] }]);
  expect((await api('GET', '/invitations/reminders?limit=1000')).status).toBe(400);
});

it('is looked after by a schedule, which finds nobody due', async () => {
  await fetch(test.cloud.clockUrl, { method: 'PUT', body: JSON.stringify({ move: 60_000 }) });
  const deadline = performance.now() + 20_000;
  let log = '';
  while (!log.includes('Looked at reminders') && performance.now() < deadline) {
    log = await test.logOf('InvitationsRemind');
    await wait(50);
  }
  expect(log).toContain('"looked":0,"sent":0,"isWhole":true');
});

it('leads people to the page that asks, and takes a mail server’s one click without a sign-in', async () => {
  const page = await unsubscribe('GET', { redirect: 'manual' });
  expect([page.status, page.headers.get('location')]).toEqual([303, `/unsubscribe#${'x'.repeat(43)}`]);
  // RFC 8058, section 3.2: the body as mail servers send it.
  const click = { body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
  const answer = await unsubscribe('POST', click);
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([410, 'link_invalid']);
});

describe('somebody who was invited and does not join', () => {
  const to = 'late@people.example';
  const moveClock = (wanted: { move: number } | { offset: number }) =>
    fetch(test.cloud.clockUrl, { method: 'PUT', body: JSON.stringify(wanted) });
  const remind = () =>
    test.cloud.invoke(test.cloud.resource('Muster-dev-App/Functions/InvitationsRemind/Function').ref, {});
  const mails = async () => {
    const response = await fetch(`${test.cloud.endpoints.SES}/store`);
    const { emails } = (await response.json()) as { emails: Email[] };
    return emails.filter((email) => email.destination.to.includes(to));
  };
  const untilMails = async (count: number) => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const found = await mails();
      if (found.length >= count || Date.now() > deadline) return found;
      await wait(50);
    }
  };
  const signIn = () => club.client.signIn(club);

  afterEach(async () => {
    await moveClock({ offset: 0 });
    await signIn();
  });

  it('is written to after 3 and 7 days, each time with a good link, until one click ends it', async () => {
    const values = { MemberID: 'late', FirstName: 'La', LastName: 'Te', Email: to };
    expect((await api('POST', '/members', { values })).status).toBe(201);
    const policy = { isOn: true, days: [3, 7, 14], quietHours: { from: '00:00', to: '00:00' }, roundsMax: 4 };
    expect((await api('PATCH', '', { reminders: policy })).status).toBe(200);
    expect((await api('POST', '/members/late/invite', { method: 'email' })).status).toBe(200);
    expect(await untilMails(1)).toHaveLength(1);
    const planned = (await (await api('GET', '/invitations/reminders')).json()) as { items: object[] };
    expect(planned.items).toMatchObject([{ memberId: 'late', to, round: 2 }]);

    await remind();
    expect(await mails()).toHaveLength(1);
    await moveClock({ move: 3 * dayMs + 60_000 });
    await remind();
    expect(await untilMails(2)).toHaveLength(2);
    await remind();
    await moveClock({ move: 4 * dayMs });
    await remind();
    const third = await untilMails(3);
    expect(third).toHaveLength(3);

    const link = /https?:\S+\/join#(\S+)/.exec(third.at(-1)?.body.text ?? '')?.[1];
    const inspected = await club.client.send('POST', '/public/invitations/inspect', {
      body: { token: link },
    });
    expect(inspected.status).toBe(200);
    const wayOut = /\/api\/v1\/public\/reminders\/unsubscribe\?token=\S+/.exec(
      third.at(-1)?.body.text ?? '',
    )?.[0];
    const click = { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
    expect((await fetch(`${test.cloud.url}${wayOut}`, click)).status).toBe(204);
    expect((await fetch(`${test.cloud.url}${wayOut}`, click)).status).toBe(204);
    await moveClock({ move: 7 * dayMs });
    await remind();
    await signIn();
    const left = (await (await api('GET', '/invitations/reminders')).json()) as { items: object[] };
    expect(left.items).toEqual([]);
    expect(await mails()).toHaveLength(3);
  });
});
