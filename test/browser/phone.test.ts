/** The main pages on a phone, 360 px wide: nothing sideways, and accessible in both themes. */
import type { Page } from 'playwright-core';
import type { Column } from 'roster/domain/schema';
import { beforeAll, it } from 'vitest';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Email', type: 'email', role: 'email' },
  { name: 'Team', type: 'text', role: 'department', createDepartments: true },
];
const file = 'ID,Name,Email,Team\n1,Ada Lovelace,ada@example.org,Chess / Young\n2,Alan Turing,,Rowing\n';

async function expectFit(page: Page): Promise<void> {
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
}

stories('on a phone', (browsing) => {
  let club: Tenant;
  let page: Page;
  const at = (path: string) => `/orgs/${club.organization}/${path}`;
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  beforeAll(async () => {
    club = await newTenant(browsing.cloud, 'Phone Club', columns);
    await importFile(club, 'roster.csv', file);
  });

  it('the pages open, their list is there, and tables, trees and dialogs fit', async () => {
    page = await browsing.open({ width: 360, height: 740 });
    await signIn(page, club, at('members'));
    await page.getByRole('link', { name: 'Ada Lovelace' }).waitFor();
    await button('Departments').click();
    await page.getByRole('button', { name: /^Chess/ }).waitFor();
    await expectFit(page);
    await button('What to do with Chess').click();
    await page.getByRole('menuitem', { name: 'Move' }).click();
    await page.getByRole('dialog').getByText('Below which department').waitFor();
    await expectFit(page);
    await page.keyboard.press('Escape');
    await button('Open the list of pages').click();
    await page.getByRole('link', { name: 'Audit log' }).waitFor();
    await expectFit(page);
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page
      .getByText(/^(import|member|schema)\./)
      .first()
      .waitFor();
    await expectFit(page);
  });

  it('a plan and its approval, a role and its name fit', async () => {
    const changes = 'ID,Name,Email,Team\n1,Ada Byron,ada@example.org,Chess\n3,Grace Hopper,,Rowing / Eight\n';
    const { importId } = await importFile(club, 'changes.csv', changes, { mode: 'full', approve: 'review' });
    page = await browsing.open({ width: 360, height: 740 });
    await signIn(page, club, at(`imports/${importId}`));
    await page.getByRole('row', { name: /Grace Hopper/ }).waitFor();
    await expectFit(page);
    await page.getByRole('button', { name: 'Approve and apply', disabled: false }).click();
    await page.getByRole('dialog').getByText('This changes the roster:').waitFor();
    await expectFit(page);
    await page.goto(at('imports'));
    await page.getByRole('button', { name: 'Download changes.csv' }).waitFor();
    await expectFit(page);
    await page.goto(at('roles'));
    await button('Add a role').click();
    await page.getByRole('dialog').getByLabel('Name').waitFor();
    await expectFit(page);
  });

  it.each([
    ['settings', 'Hold from (members disabled)'],
    ['invitations', 'Ada Lovelace'],
    ['jobs', 'roster.csv'],
    ['mails', 'Join Phone Club'],
    ['exports/new', 'Email addresses'],
  ])('%s fits', async (path, text) => {
    page = await browsing.open({ width: 360, height: 740 });
    await signIn(page, club, at(path));
    await page.getByText(text).first().waitFor();
    await expectFit(page);
  });
});
