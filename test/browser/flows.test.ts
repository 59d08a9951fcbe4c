import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { authenticatorCode } from '../integration/local-cognito/authenticator.ts';
import { expectAccessible, expectNoSidewaysScroll, stories } from '../support/browsing.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First name', type: 'text', role: 'firstName' },
  { name: 'Last name', type: 'text', role: 'lastName' },
];
const file = 'ID,First name,Last name\nm1,Ada,Lovelace\nm2,Alan,Turing\nm3,Grace,Hopper\n';

stories('what is begun goes on', (browsing) => {
  let club: Tenant;
  let at: (path: string) => string;
  beforeAll(async () => {
    club = await newTenant(browsing.cloud.cloud, 'Flow Club', columns);
    await importFile(club, 'roster.csv', file);
    at = (path) => `/orgs/${club.organization}/${path}`;
  });

  it('after the password and the second factor were given anew, where a sign-in was too long ago', async () => {
    const { client } = club;
    const { secret } = await client.beginSecondFactor();
    const code = (step: number) => authenticatorCode(secret, new Date(Date.now() + step * 30_000));
    await client.confirmSecondFactor(code(-1));
    const page = await browsing.open({ width: 360, refusals: [401, 403, 404] });
    await page.goto(at('advanced'));
    await page.getByLabel('Organization').fill(club.organization);
    await page.getByLabel('Login').fill(club.login);
    await page.getByLabel('Password', { exact: true }).fill(club.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Code of your').fill(code(0));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Clear all usernames' }).click();
    await fetch(browsing.cloud.cloud.clockUrl, {
      method: 'PUT',
      body: JSON.stringify({ move: 11 * 60_000 }),
    });

    const clearing = page.getByRole('dialog', { name: 'Clear all usernames' });
    await clearing.getByLabel('Your own email address').fill(club.login);
    await clearing.getByRole('button', { name: 'Clear them all' }).click();
    const asking = page.getByRole('dialog', { name: 'Confirm that it is you' });
    const password = asking.locator('input[type=password]:focus');
    await password.waitFor();
    await page.screenshot({ path: '/tmp/flow-again.png' });
    await page.keyboard.type('Wrong-Password-1');
    await page.keyboard.press('Enter');
    await asking.getByText('The login or the password is wrong.').waitFor();
    expect(await asking.getByLabel('Password').inputValue()).toBe('');
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await asking.waitFor({ state: 'detached' });
    expect(await clearing.getByLabel('Your own email address').inputValue()).toBe(club.login);

    await clearing.getByRole('button', { name: 'Clear them all' }).click();
    await password.waitFor();
    await page.keyboard.type(club.password);
    await page.keyboard.press('Enter');
    await asking.getByLabel('Code of your').waitFor();
    await page.screenshot({ path: '/tmp/flow-code.png' });
    await page.keyboard.type(code(22));
    await page.keyboard.press('Enter');
    await asking.waitFor({ state: 'detached' });
    await page.getByText('Clear usernames').first().waitFor();
    await clearing.waitFor({ state: 'detached' });
  });
});
