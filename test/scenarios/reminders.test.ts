import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';

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

it('asks people before it ends reminders, and takes a mail server’s one click without a sign-in', async () => {
  const page = await unsubscribe('GET');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
  expect(await page.text()).toContain('<form method="post">');
  // RFC 8058, section 3.2: the body as mail servers send it.
  const click = { body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
  const answer = await unsubscribe('POST', click);
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([410, 'link_invalid']);
});
