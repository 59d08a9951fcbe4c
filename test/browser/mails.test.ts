import { AxeBuilder } from '@axe-core/playwright';
import { expect, it } from 'vitest';
import { expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { newTenant } from '../support/cloud.ts';

stories('the emails of an organization', (browsing) => {
  it('are shown as they look and as text, of each kind and language, within the policy of the page', async () => {
    const club = await newTenant(browsing.cloud, 'Postal Club');
    const page = await browsing.open();
    await signIn(page, club, `/orgs/${club.organization}/mails`);
    await page.getByText('Join Postal Club', { exact: true }).first().waitFor();
    const mail = page.getByTestId('mail');
    // The button of the mail has the mail's own look, which is set by script alone.
    const button = mail.locator('a', { hasText: 'Create your account' }).first();
    expect(await button.evaluate((one) => getComputedStyle(one).display)).toBe('inline-block');
    expect(await mail.evaluate((host) => host.shadowRoot?.adoptedStyleSheets.length)).toBeGreaterThan(1);

    await page.getByRole('button', { name: /^Email/ }).click();
    await page.getByRole('option', { name: 'Link for a new password' }).click();
    await page.getByRole('button', { name: /^Language of the email/ }).click();
    await page.getByRole('option', { name: 'Français' }).click();
    await page
      .getByText('Choisissez un nouveau mot de passe pour Postal Club', { exact: true })
      .first()
      .waitFor();
    expect(new URL(page.url()).search).toBe('?kind=reset&language=fr');
    await page.getByRole('tab', { name: 'As plain text' }).click();
    await page
      .getByText(/Bonjour Ada Lovelace/)
      .first()
      .waitFor();
    const { violations } = await new AxeBuilder({ page }).include('main').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it('fit a phone', async () => {
    const club = await newTenant(browsing.cloud, 'Pocket Club');
    const page = await browsing.open({ width: 360, height: 740 });
    await signIn(page, club, `/orgs/${club.organization}/mails?kind=importFinished`);
    await page.getByText('Pocket Club: the import is finished', { exact: true }).first().waitFor();
    await expectNoSidewaysScroll(page);
  });
});
