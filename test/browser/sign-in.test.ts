import { expect, it } from 'vitest';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { newTenant } from '../support/cloud.ts';

const columns = [{ name: 'ID', type: 'text' as const, role: 'externalId' as const, required: true }];

stories('signing in', (browsing) => {
  it('leads to the page that was asked for, and the session outlives a reload but is in no script’s reach', async () => {
    const club = await newTenant(browsing.cloud.cloud, 'Chess Club', columns);
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
    const club = await newTenant(browsing.cloud.cloud, 'Rowing Club', columns);
    const page = await browsing.open({ refusals: [401] });
    await page.goto('/');
    await page.getByLabel('Organization').focus();
    await page.keyboard.type(club.organization);
    await page.keyboard.press('Tab');
    await page.keyboard.type(club.login);
    await page.keyboard.press('Tab');
    await page.keyboard.type('Not-The-Password-1');
    await page.keyboard.press('Enter');
    await page.getByText('The login or the password is wrong.').waitFor();
    await page.getByLabel('Password', { exact: true }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type(club.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
    const other = await browsing.open({ refusals: [401, 403] });
    await signIn(other, club);
    await page.getByRole('button', { name: 'Account' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await other.reload();
    await other.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
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
