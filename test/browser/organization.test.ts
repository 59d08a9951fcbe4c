import { readFile } from 'node:fs/promises';
import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First name', type: 'text', role: 'firstName' },
  { name: 'Last name', type: 'text', role: 'lastName' },
  { name: 'E-mail', type: 'email', role: 'email' },
];
const file = [
  'ID,First name,Last name,E-mail',
  'm1,Ada,Lovelace,ada@example.org',
  'm2,Alan,Turing,alan@example.org',
  'm3,Grace,Hopper,',
].join('\n');

stories('the organization', (browsing) => {
  let club: Tenant;
  let at: (path: string) => string;
  beforeAll(async () => {
    club = await newTenant(browsing.cloud, 'Settings Club', columns);
    await importFile(club, 'roster.csv', file);
    at = (path) => `/orgs/${club.organization}/${path}`;
  });

  it('mails one member an invitation, whose round shows, and everybody another one (S4.4, S4.7, S4.8)', async () => {
    const page = await browsing.open();
    await signIn(page, club, at('invitations'));
    const ada = page.getByRole('row').filter({ hasText: 'Ada Lovelace' });
    await ada.getByText('not invited').waitFor();
    await page.getByRole('button', { name: 'Send an invitation to Ada Lovelace' }).click();
    await ada.getByRole('gridcell', { name: '1', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send to all' }).click();
    await page.getByRole('dialog').getByText('3 members have not joined').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Send', exact: true }).click();
    await ada.getByRole('gridcell', { name: '2', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Invitation Any state' }).click();
    await page.getByRole('option', { name: 'not invited' }).click();
    await page.waitForURL(/state=none/);
    await page.getByText('Grace Hopper').first().waitFor();
    await ada.waitFor({ state: 'detached' });
  });

  it('keeps a new cadence of reminders and another setting over a reload', async () => {
    const page = await browsing.open();
    await signIn(page, club, at('invitations/reminders'));
    await page.getByLabel('Days after the first invitation').fill('2, 5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').first().waitFor();
    await page.goto(at('settings'));
    await page.getByLabel('Hold from (members disabled)').fill('7');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').first().waitFor();
    await page.reload();
    expect(await page.getByLabel('Hold from (members disabled)').inputValue()).toBe('7');
    await page.goto(at('invitations/reminders'));
    expect(await page.getByLabel('Days after the first invitation').inputValue()).toBe('2, 5');
  });

  it('has roles that are added, renamed and deleted, and tells of it in the audit log', async () => {
    const page = await browsing.open();
    await signIn(page, club, at('roles'));
    await page.getByRole('button', { name: 'Add a role' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Trainer');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Rename Trainer' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Coach');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Delete Coach' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('There are no roles yet').first().waitFor();
    await page.goto(at('audit'));
    await page.getByText('role.delete').first().waitFor();
  });

  it('has columns that are added, moved and removed; what is wrong with them stands where it is', async () => {
    const page = await browsing.open({ refusals: [422] });
    const dialog = page.getByRole('dialog');
    const names = page.getByRole('rowheader');
    const saves = async () => {
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved.').first().waitFor();
      await page.getByRole('button', { name: 'Close this message' }).click();
      await page.reload();
    };
    await signIn(page, club, at('schema'));
    await page.getByRole('button', { name: 'Add a column' }).click();
    await dialog.getByLabel('Name', { exact: true }).fill('Shirt');
    await dialog.getByRole('button', { name: /^Kind of value/ }).click();
    await page.getByRole('option', { name: 'One of a list' }).click();
    await dialog.getByLabel('Values', { exact: true }).fill('S\nM\nL');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: 'Actions for column Shirt' }).click();
    await page.getByRole('menuitem', { name: 'Move up' }).click();
    await saves();
    await page.getByText('Values: S, M, L').waitFor();
    expect(await names.allInnerTexts()).toEqual(['ID', 'First name', 'Last name', 'Shirt', 'E-mail']);

    await page.getByRole('button', { name: 'Shirt', exact: true }).click();
    await dialog.getByLabel('Name', { exact: true }).fill('Last name');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('These go: Shirt.').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    const faulty = page.getByRole('row').filter({ hasText: 'Two columns are named “Last name”.' });
    await faulty.nth(1).waitFor();
    expect(await faulty.count()).toBe(2);
    await page.getByRole('button', { name: 'Discard changes' }).click();
    await faulty.first().waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Actions for column Shirt' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('These go: Shirt.').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').first().waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'E-mail', exact: true }).waitFor();
    expect(await names.allInnerTexts()).toEqual(['ID', 'First name', 'Last name', 'E-mail']);

    await page.getByRole('button', { name: 'Sample file' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'Sample as CSV' }).click();
    const sample = await readFile(await (await download).path(), 'utf8');
    expect(sample.split('\n')[0]).toMatch(/ID,First name,Last name,E-mail/);
  });

  it('asks for a column within reach of everybody, on a phone too', async () => {
    const page = await browsing.open({ width: 360 });
    await signIn(page, club, at('schema'));
    await page.getByRole('button', { name: 'Add a column' }).click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).waitFor();
    await page.getByText('Other names and limits').click();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });

  it.each(['invitations', 'invitations/reminders', 'roles', 'schema', 'settings', 'audit', 'advanced'])(
    'is accessible in both themes, and on a phone nothing scrolls sideways: %s',
    async (path) => {
      // Of a drop of all data there is none to show.
      const page = await browsing.open({ width: 360, refusals: path === 'advanced' ? [404] : [] });
      await signIn(page, club, at(path));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      await expectNoSidewaysScroll(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      await expectAccessible(page);
    },
  );

  it('drops all data once the own email was typed (S0.23, S0.24)', async () => {
    // The page asks for the newest drop, and there is none yet.
    const page = await browsing.open({ refusals: [404] });
    await signIn(page, club, at('advanced'));
    await page.getByRole('button', { name: 'Drop all data' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('3 members are removed').waitFor();
    await dialog.getByLabel('Your own email address').fill(club.login);
    await dialog.getByRole('button', { name: 'Confirm deletion' }).click();
    await page.getByText('All data was dropped by').first().waitFor();
    await page.goto(at('members'));
    await page.getByText('The roster is empty').first().waitFor();
  });
});
