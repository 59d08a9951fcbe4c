/** What administrators do every day, by keyboard alone: nothing here is clicked. */
import type { Page } from 'playwright-core';
import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { expectAccessible, stories } from '../support/browsing.ts';
import { importAndApprove, newTenant, type Tenant } from '../support/cloud.ts';
import { arrowTo, choose, press, tabTo, type, waitForFocus } from '../support/keyboard.ts';
import { type Ask, asking, firstSignIn, ownPassword } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Email', type: 'email', role: 'email' },
];
const number = (index: number) => String(index).padStart(2, '0');
const rows = (count: number) =>
  Array.from({ length: count }, (_, at) => `m${number(at)},Ada ${number(at)},m${at}@example.org`);
const csv = (count: number) => ['ID,Name,Email', ...rows(count), ''].join('\r\n');

stories('by keyboard alone', (browsing) => {
  let club: Tenant;
  let ask: Ask;
  const at = (path: string) => `/orgs/${club.organization}/${path}`;
  beforeAll(async () => {
    club = await newTenant(browsing.cloud, 'Keyboard Club', columns);
    ask = asking(club.client, club.organization);
    await importAndApprove(club, 'roster.csv', csv(60));
  });

  async function enter(page: Page, who: Pick<Tenant, 'login' | 'password'>, path: string): Promise<void> {
    await page.goto(path);
    await type(page, page.getByLabel('Organization'), club.organization);
    await type(page, page.getByLabel('Login'), who.login);
    await type(page, page.getByLabel('Password', { exact: true }), who.password);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Account/ }).waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));
  }

  it('somebody is added and invited, disabled and enabled, and gets another password', async () => {
    const page = await browsing.open({ width: 1440 });
    await enter(page, club, at('members'));
    await press(page, page.getByRole('link', { name: 'Add a member' }));
    await waitForFocus(page.getByRole('heading', { level: 1, name: 'Add a member' }));
    await type(page, page.getByLabel('ID *'), 'new');
    await type(page, page.getByLabel('Name', { exact: true }), 'Grace Hopper');
    await press(page, page.getByRole('button', { name: 'Next' }));
    const later = page.getByRole('radio', { name: /^Not yet/ });
    await press(page, later, 'ArrowDown');
    await press(page, page.getByRole('button', { name: 'Add', exact: true }));
    await page.getByText(/\/join#/).waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));
    await press(page, page.getByRole('link', { name: 'Show the member' }));
    await waitForFocus(page.getByRole('heading', { level: 2, name: 'Grace Hopper' }));
    await type(page, page.getByLabel('Username', { exact: true }), 'grace');
    await press(page, page.getByRole('button', { name: 'Give an account' }));
    await page.getByText('It is shown this once.').waitFor();

    const dialog = page.getByRole('dialog');
    const reset = page.getByRole('button', { name: 'Reset credentials' });
    await press(page, reset);
    await press(page, dialog.getByRole('button', { name: 'Go on' }));
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('It is shown this once.').waitFor();
    await waitForFocus(reset);
    // In the panel in words, in the list as an icon.
    const disable = page.getByRole('button', { name: 'Disable Grace Hopper' }).filter({ hasText: 'Disable' });
    const enable = page.getByRole('button', { name: 'Enable Grace Hopper' }).filter({ hasText: 'Enable' });
    await press(page, disable);
    await press(page, dialog.getByRole('button', { name: 'Disable', exact: true }));
    await enable.waitFor();
    await waitForFocus(enable);
    await page.keyboard.press('Enter');
    await disable.waitFor();
    await waitForFocus(disable);
  });

  it('members are ticked, disabled together and brought back; who was looked at stays in sight', async () => {
    const page = await browsing.open({ width: 1440 });
    await enter(page, club, at('members?q=m0'));
    const link = page.getByRole('link', { name: 'Ada 03', exact: true });
    await tabTo(page, page.getByRole('grid', { name: 'Members' }));
    await page.keyboard.press('Home');
    // The table is one stop, and the arrows lead from cell to cell.
    for (const name of ['Select Ada 00', 'Select Ada 01']) {
      await arrowTo(page, page.getByRole('checkbox', { name, exact: true }));
      await page.keyboard.press('Space');
    }
    await page.getByText('(2)').waitFor();
    const actions = page.getByRole('button', { name: 'Actions', exact: true }).first();
    await choose(page, actions, page.getByRole('menuitem', { name: 'Disable' }));
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This touches 2 members:').waitFor();
    await press(page, dialog.getByRole('button', { name: 'Disable them' }));
    await page.getByText('2 done, 0 unchanged, 0 failed').first().waitFor();
    // The menu is for those who are ticked, and there are none any more.
    await waitForFocus(page.getByRole('heading', { level: 1 }));
    await press(page, page.getByRole('button', { name: 'Undo' }));
    await expect
      .poll(async () => (await ask('GET', '/members/summary')).body.disabled, { timeout: 45_000 })
      .toBe(0);

    await tabTo(page, page.getByRole('grid', { name: 'Members' }));
    await page.keyboard.press('Home');
    await arrowTo(page, page.getByRole('checkbox', { name: 'Select Ada 03', exact: true }));
    await arrowTo(page, link, 'ArrowRight');
    await page.keyboard.press('Enter');
    await waitForFocus(page.getByRole('heading', { level: 2, name: 'Ada 03' }));
    // What closes the panel stands before its title.
    const close = page.getByRole('button', { name: 'Close', exact: true });
    await arrowTo(page, close, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'Ada 03' }).waitFor({ state: 'detached' });
    await waitForFocus(link);
  });

  it('a held plan is looked at and approved by its number', async () => {
    const page = await browsing.open();
    await enter(page, club, at('imports'));
    await press(page, page.getByRole('link', { name: 'Import member roster' }).first());
    await waitForFocus(page.getByRole('heading', { level: 1, name: 'Import member roster' }));
    const chooser = page.waitForEvent('filechooser');
    await press(page, page.locator('input[type=file]'), 'Space');
    await (await chooser).setFiles({ name: 'fewer.csv', mimeType: 'text/csv', buffer: Buffer.from(csv(40)) });
    await press(page, page.getByRole('button', { name: 'Upload and check' }));
    await page.getByText('This would disable many members').waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));
    await press(page, page.getByRole('button', { name: 'Approve and apply', disabled: false }));
    const dialog = page.getByRole('dialog', { name: 'Apply these changes?' });
    const { counts } = (await ask('GET', '/imports?limit=1')).body.items[0];
    await type(page, dialog.getByRole('textbox'), String(counts.disabled));
    await press(page, dialog.getByRole('button', { name: 'Approve and apply' }));
    await page
      .getByText(/members were changed/)
      .first()
      .waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));
  });

  it('roles and settings are kept', async () => {
    const page = await browsing.open();
    await enter(page, club, at('roles'));
    const dialog = page.getByRole('dialog');
    await press(page, page.getByRole('button', { name: 'Add a role' }));
    await type(page, dialog.getByLabel('Name'), 'Trainer');
    await press(page, dialog.getByRole('button', { name: 'Save' }));
    await dialog.waitFor({ state: 'detached' });
    await waitForFocus(page.getByRole('button', { name: 'Add a role' }));
    await press(page, page.getByRole('button', { name: 'Rename Trainer' }));
    await type(page, dialog.getByLabel('Name'), 'Coach');
    await press(page, dialog.getByRole('button', { name: 'Save' }));
    await waitForFocus(page.getByRole('button', { name: 'Rename Coach' }));
    await press(page, page.getByRole('button', { name: 'Delete Coach' }));
    await press(page, dialog.getByRole('button', { name: 'Delete', exact: true }));
    await page.getByText('There are no roles yet').first().waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));

    await press(page, page.getByRole('link', { name: 'Settings' }));
    await waitForFocus(page.getByRole('heading', { level: 1, name: 'Settings' }));
    await type(page, page.getByLabel('Hold from (members disabled)'), '7');
    await press(page, page.getByRole('button', { name: 'Save' }));
    await page.getByText('Saved.').first().waitFor();
    await page.reload();
    await page.getByLabel('Hold from (members disabled)').waitFor();
    expect(await page.getByLabel('Hold from (members disabled)').inputValue()).toBe('7');
  });

  it('all data is dropped by two administrators, of whom the second confirms', async () => {
    const { etag } = await ask('GET', '');
    const careful = { dropAll: { secondAdministrator: true } };
    expect((await ask('PATCH', '', careful, { 'if-match': etag ?? '' })).status).toBe(200);
    const { body } = await ask('POST', '/members', {
      values: { ID: 'second', Email: 'second@example.org' },
      account: { username: 'second', level: 'securityAdministrator' },
    });
    await firstSignIn(browsing.cloud.url, club, 'second', body.oneTimePassword);

    // Of a drop of all data there is none to show at first.
    const first = await browsing.open({ refusals: [404] });
    await enter(first, club, at('advanced'));
    await press(first, first.getByRole('button', { name: 'Drop all data' }));
    const asked = first.getByRole('dialog');
    await asked.getByText('members are removed').waitFor();
    await type(first, asked.getByLabel('Your own email address'), club.login);
    await press(first, asked.getByRole('button', { name: 'Confirm deletion' }));
    await first.getByRole('button', { name: 'Take it back' }).waitFor();
    expect(await first.getByRole('button', { name: 'Confirm it' }).count()).toBe(0);
    await waitForFocus(first.getByRole('heading', { level: 1 }));
    await expectAccessible(first);

    const second = await browsing.open({ refusals: [401, 403, 422] });
    await enter(second, { login: 'second', password: ownPassword }, at('advanced'));
    await press(second, second.getByRole('button', { name: 'Confirm it' }));
    const confirmed = second.getByRole('dialog');
    await type(second, confirmed.getByLabel('Your own email address'), 'nobody@example.org');
    await press(second, confirmed.getByRole('button', { name: 'Confirm deletion' }));
    await confirmed.getByRole('alert').waitFor();
    expect((await ask('GET', '/members/summary')).body.total).toBeGreaterThan(0);
    await type(second, confirmed.getByLabel('Your own email address'), 'second@example.org');
    await press(second, confirmed.getByRole('button', { name: 'Confirm deletion' }));
    // Who confirms is on the roster, and so is out with all others.
    await first.getByText('All data was dropped by').first().waitFor();
    expect((await ask('GET', '/members/summary')).body.total).toBe(0);
  });
});
