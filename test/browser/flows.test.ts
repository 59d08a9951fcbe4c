import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { authenticatorCode } from '../integration/local-cognito/authenticator.ts';
import { qrCodeOf } from '../support/barcodes.ts';
import { expectAccessible, expectNoSidewaysScroll, signIn, storiesOnOwnCloud } from '../support/browsing.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First name', type: 'text', role: 'firstName' },
  { name: 'Last name', type: 'text', role: 'lastName' },
];
const file = 'ID,First name,Last name\nm1,Ada,Lovelace\nm2,Alan,Turing\nm3,Grace,Hopper\n';

storiesOnOwnCloud('what is begun goes on', (browsing) => {
  let club: Tenant;
  let at: (path: string) => string;
  beforeAll(async () => {
    club = await newTenant(browsing.cloud, 'Flow Club', columns);
    await importFile(club, 'roster.csv', file);
    at = (path) => `/orgs/${club.organization}/${path}`;
  });

  it('after the password and the second factor were given anew, where a sign-in was too long ago', async () => {
    const secured = await newTenant(browsing.cloud, 'Secured Club');
    const { client } = secured;
    const { secret } = await client.beginSecondFactor();
    const code = (step: number) => authenticatorCode(secret, new Date(Date.now() + step * 30_000));
    await client.confirmSecondFactor(code(-1));
    const page = await browsing.open({ width: 360, refusals: [401, 403, 404] });
    await page.goto(`/orgs/${secured.organization}/advanced`);
    await page.getByLabel('Organization').fill(secured.organization);
    await page.getByLabel('Login').fill(secured.login);
    await page.getByLabel('Password', { exact: true }).fill(secured.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Code of your').fill(code(0));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Clear all usernames' }).click();
    await fetch(browsing.cloud.clockUrl, {
      method: 'PUT',
      body: JSON.stringify({ move: 11 * 60_000 }),
    });

    const clearing = page.getByRole('dialog', { name: 'Clear all usernames' });
    await clearing.getByLabel('Your own email address').fill(secured.login);
    await clearing.getByRole('button', { name: 'Clear them all' }).click();
    const asking = page.getByRole('dialog', { name: 'Confirm that it is you' });
    const password = asking.locator('input[type=password]:focus');
    await password.waitFor();
    await page.keyboard.type('Wrong-Password-1');
    await page.keyboard.press('Enter');
    await asking.getByText('The login or the password is wrong.').waitFor();
    await expect.poll(() => asking.getByLabel('Password').inputValue()).toBe('');
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await asking.waitFor({ state: 'detached' });
    expect(await clearing.getByLabel('Your own email address').inputValue()).toBe(secured.login);

    await clearing.getByRole('button', { name: 'Clear them all' }).click();
    await password.waitFor();
    await page.keyboard.type(secured.password);
    await page.keyboard.press('Enter');
    await asking.getByLabel('Code of your').waitFor();
    await page.keyboard.type(code(0));
    await page.keyboard.press('Enter');
    await asking.waitFor({ state: 'detached' });
    await page.getByText('Clearing usernames').first().waitFor();
    await clearing.waitFor({ state: 'detached' });
  });

  it('on top of what somebody else changed of the settings meanwhile, or without it', async () => {
    const page = await browsing.open({ width: 360, refusals: [412] });
    const conflict = page.getByText('Somebody else changed this meanwhile', { exact: true });
    const save = page.getByRole('button', { name: 'Save' });
    const change = (body: object) => club.client.send('PATCH', `/orgs/${club.organization}`, { body });
    await signIn(page, club, at('settings'));
    await page.getByLabel('Hold from (members disabled)').fill('7');
    await page.getByLabel('Time zone').fill('Europe/Paris');
    await change({ timeZone: 'Europe/Berlin', inviteImported: true });
    await save.click();
    await conflict.waitFor();
    await page.getByText('Time zone – you changed this too', { exact: true }).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Invite by email whom an import adds' }).waitFor();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Keep my changes' }).click();
    await save.click();
    await page.getByText('Saved.').first().waitFor();
    expect(await (await club.client.send('GET', `/orgs/${club.organization}`)).json()).toMatchObject({
      timeZone: 'Europe/Paris',
      inviteImported: true,
      hold: { disabledMembersMax: 7 },
    });

    await page.goto(at('invitations/reminders'));
    const days = page.getByLabel('Days after the first invitation');
    await days.fill('4, 8');
    // What this form does not show is in nobody's way.
    await change({ name: 'Flow Society' });
    await save.click();
    await page.getByText('Saved.').first().waitFor();
    await days.fill('5');
    const { reminders } = await (await club.client.send('GET', `/orgs/${club.organization}`)).json();
    await change({ reminders: { ...reminders, days: [9] } });
    await save.click();
    await conflict.waitFor();
    expect(await days.inputValue()).toBe('5');
    await page.getByRole('button', { name: 'Discard my changes' }).click();
    await expect.poll(() => days.inputValue()).toBe('9');
  });

  it('on top of columns that somebody else saved meanwhile', async () => {
    const page = await browsing.open({ refusals: [412] });
    const dialog = page.getByRole('dialog');
    await signIn(page, club, at('schema'));
    await page.getByRole('button', { name: 'Add a column' }).click();
    await dialog.getByLabel('Name', { exact: true }).fill('Shirt');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    const { version } = await club.client.schema(club.organization);
    await club.client.putSchema(club.organization, [...columns, { name: 'Phone', type: 'phone' }], version);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Phone: added', { exact: true }).waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Keep my changes' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').first().waitFor();
    const now = await club.client.schema(club.organization);
    expect(now.columns.map(({ name }: Column) => name)).toEqual([
      'ID',
      'First name',
      'Last name',
      'Phone',
      'Shirt',
    ]);
  });

  it('from what a job says it has done to why it failed, and back to how it was', async () => {
    const page = await browsing.open();
    const row = (memberId: string) => page.getByRole('row').filter({ hasText: memberId });
    await club.client.send('POST', `/orgs/${club.organization}/members/m2/disable`);
    await signIn(page, club, at('members'));
    await row('Ada Lovelace').getByRole('checkbox').check({ force: true });
    await row('Alan Turing').getByRole('checkbox').check({ force: true });
    await page.getByRole('button', { name: 'Actions', exact: true }).first().click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('checkbox').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('link', { name: /^Results/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Disable members' }).waitFor();
    await row('m1').getByText('Done').waitFor();
    await row('m2').getByText('So already').waitFor();
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByRole('heading', { level: 1, name: 'Undo an action' }).waitFor();
    await row('m1').getByText('Done').waitFor();
    expect(
      await (await club.client.send('GET', `/orgs/${club.organization}/members/m1`)).json(),
    ).not.toHaveProperty('state', 'disabled');

    // Nobody here has an address to invite to.
    const inviting = await club.client.send('POST', `/orgs/${club.organization}/members/bulk`, {
      body: { action: 'invite', ids: ['m1', 'm3'] },
    });
    const { jobId } = await inviting.json();
    await page.goto(at('jobs'));
    await page.getByRole('link', { name: 'Results: Invite members' }).click();
    await page.waitForURL(new RegExp(`${jobId}$`));
    await row('m3').getByRole('link', { name: 'Grace Hopper' }).waitFor();
    await row('m3').getByText('There is no email address to write to.').waitFor();
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await page.getByText('Nobody with this result').first().waitFor();
    await page.getByRole('button', { name: 'Failed', exact: true }).click();
    await row('m1').getByText('Failed').waitFor();
    await expectAccessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await expectNoSidewaysScroll(page);
  });

  it('with a job that was stopped while it ran', async () => {
    const members = 1_500;
    const large = await newTenant(browsing.cloud, 'Large Club', columns);
    const rows = Array.from({ length: members }, (_, at) => `m${at},First${at},Last${at}\n`);
    await importFile(large, 'roster.csv', `ID,First name,Last name\n${rows.join('')}`);
    const { client, organization } = large;
    const page = await browsing.open();
    await signIn(page, large, `/orgs/${organization}/jobs`);
    const { jobId } = await client.bulk(organization, { action: 'disable', all: true, confirmHold: true });
    await page.goto(`/orgs/${organization}/jobs/${jobId}`);
    await page.getByRole('button', { name: 'Stop' }).click();
    const goOn = page.getByRole('button', { name: 'Go on' });
    await goOn.waitFor();
    const stopped = await client.job(organization, jobId);
    expect(stopped).toMatchObject({ state: 'incomplete', counts: { matched: members } });
    expect(stopped.counts.done).toBeLessThan(members);
    expect(await client.summary(organization)).toMatchObject({ disabled: stopped.counts.done });
    await expectAccessible(page);
    await goOn.click();
    // As many members are done as there are.
    await page.getByText('1,500', { exact: true }).nth(1).waitFor();
    expect(await client.summary(organization)).toMatchObject({ disabled: members });
  });

  it('with one’s own account: another password, and a second factor switched on and off', async () => {
    const own = await newTenant(browsing.cloud, 'Own Club');
    const [chosen, last] = ['Another-Password-2027', 'The-Last-Password-2028'];
    const page = await browsing.open({ refusals: [401] });
    await signIn(page, own, `/orgs/${own.organization}/members`);
    await page.getByText('The roster is empty').first().waitFor();
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Your account' }).click();
    await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    const change = async (current: string, next: string) => {
      await page.getByLabel('Current password').fill(current);
      await page.getByLabel('New password', { exact: true }).fill(next);
      await page.getByLabel('New password again').fill(next);
      await page.getByRole('button', { name: 'Change the password' }).click();
    };
    await change('Wrong-Password-1', chosen);
    await page.getByText('The login or the password is wrong.').waitFor();
    await change(own.password, chosen);
    await page.getByText('The password was changed.').first().waitFor();
    // The session goes on, also from its cookie.
    await page.reload();
    await page.getByRole('button', { name: 'Set it up' }).click();
    const key = await page.getByText(/^[A-Z2-7]{32,}$/).innerText();
    const picture = page.getByRole('img', { name: 'Picture of the key for the app' });
    const scanned = new URL(await qrCodeOf(picture));
    expect([scanned.protocol, scanned.host, scanned.searchParams.get('secret')]).toEqual([
      'otpauth:',
      'totp',
      key,
    ]);
    const code = (step: number) => authenticatorCode(key, new Date(Date.now() + step * 30_000));
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.getByLabel('Code of your').fill(code(-1));
    await page.getByRole('button', { name: 'Switch it on' }).click();
    await page.getByText('A second factor is on.').waitFor();
    await change(chosen, last);
    await page.getByLabel('Code of your').fill(code(0));
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password was changed.').first().waitFor();
    await page.getByRole('button', { name: 'Switch it off' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Current password').fill(last);
    await page.keyboard.press('Enter');
    await page.getByText('There is no second factor.').waitFor();
    await page.setViewportSize({ width: 1280, height: 900 });
  });
});
