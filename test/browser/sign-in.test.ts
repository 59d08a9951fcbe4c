import { expect, it } from 'vitest';
import { authenticatorCode } from '../integration/local-cognito/authenticator.ts';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { newTenant } from '../support/cloud.ts';

const columns = [{ name: 'ID', type: 'text' as const, role: 'externalId' as const, required: true }];

stories('signing in', (browsing) => {
  it('leads to the page that was asked for, and the session outlives a reload but is in no script’s reach', async () => {
    const club = await newTenant(browsing.cloud, 'Chess Club', columns);
    const page = await browsing.open();
    const asked = `/orgs/${club.organization}/members?q=ada`;
    await signIn(page, club, asked);
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(asked);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
    const cookies = await page.context().cookies();
    expect(
      cookies.map(({ httpOnly, secure, sameSite, path }) => ({ httpOnly, secure, sameSite, path })),
    ).toEqual([{ httpOnly: true, secure: true, sameSite: 'Strict', path: '/api/v1/sessions' }]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(stored).not.toMatch(/eyJ|token/i);
  });

  it('says why it is refused, by keyboard alone, and is left everywhere by signing out', async () => {
    const club = await newTenant(browsing.cloud, 'Rowing Club', columns);
    const page = await browsing.open({ refusals: [401] });
    await page.goto('/');
    await page.getByLabel('Organization').focus();
    await page.keyboard.type(club.organization);
    await page.keyboard.press('Tab');
    await page.keyboard.type(club.login);
    await page.keyboard.press('Tab');
    await page.keyboard.type('Not-The-Password-1');
    await page.keyboard.press('Enter');
    await page.getByText('The login or the password is wrong.').first().waitFor();
    await page.getByLabel('Password', { exact: true }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type(club.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
    const other = await browsing.open({ refusals: [401, 403] });
    await signIn(other, club);
    await page.getByRole('button', { name: /^Account/ }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await other.reload();
    await other.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });

  it('asks for a code of the authenticator app where a second factor is on', async () => {
    const club = await newTenant(browsing.cloud, 'Fencing Club', columns);
    const { secret } = await club.client.beginSecondFactor();
    await club.client.confirmSecondFactor(authenticatorCode(secret, new Date()));
    const page = await browsing.open({ refusals: [401] });
    await page.goto('/sign-in');
    await page.getByLabel('Organization').fill(club.organization);
    await page.getByLabel('Login').fill(club.login);
    await page.getByLabel('Password', { exact: true }).fill(club.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Second factor' }).waitFor();
    await expectAccessible(page);
    await page.getByLabel('Code of your authenticator app').fill('123 45');
    await page.keyboard.press('Enter');
    await page.getByText('Six digits').first().waitFor();
    // A code is good once, and the last one was used to turn the second factor on.
    const next = authenticatorCode(secret, new Date(Date.now() + 30_000));
    await page.getByLabel('Code of your authenticator app').fill(next);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
  });

  it('leads to each organization of the account, and tells each what it may do there', async () => {
    const own = await newTenant(browsing.cloud, 'Tennis Club', columns);
    const other = await newTenant(browsing.cloud, 'Sailing Club', columns);
    const members = `/orgs/${other.organization}/members`;
    await other.client.send('POST', members, { body: { values: { ID: 'guest' } } });
    const invited = await other.client.send('POST', `${members}/guest/invite`, { body: { method: 'link' } });
    const token = (await invited.json()).url.split('#')[1];
    const joined = await own.client.send('POST', '/me/invitations/accept', {
      body: { token, username: 'guest' },
    });
    expect(joined.status).toBe(200);
    const levelled = await other.client.send('POST', `${members}/guest/level`, {
      body: { level: 'auditor' },
    });
    expect(levelled.status).toBe(200);
    const page = await browsing.open();
    await signIn(page, own);
    await page.waitForURL(new RegExp(`/orgs/${own.organization}/members`));
    await page.getByRole('link', { name: 'Add a member' }).waitFor();
    await page.getByRole('button', { name: 'Organizations: Tennis Club' }).click();
    await page.getByRole('menuitemcheckbox', { name: /Sailing Club/ }).click();
    await page.waitForURL(new RegExp(`/orgs/${other.organization}/members`));
    await page.getByText('1 enrolled').first().waitFor();
    expect(await page.getByRole('link', { name: 'Add a member' }).count()).toBe(0);
    await page.goto(`/orgs/${other.organization}/members/add`);
    await page.getByRole('heading', { name: 'You have no access here' }).waitFor();
  });

  it('is accessible, fits a phone, and speaks French', async () => {
    const page = await browsing.open({ width: 360, height: 740, locale: 'fr-FR' });
    await page.goto('/sign-in');
    await page.getByRole('heading', { name: 'Connexion' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('fr');
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByRole('heading', { name: 'Forgotten password' }).waitFor();
    await expectAccessible(page);
  });
});
