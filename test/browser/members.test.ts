import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { MusterClient } from '../../commands/client.ts';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { waitForFocus } from '../support/keyboard.ts';
import { sharedPath } from '../support/shared.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First name', type: 'text', role: 'firstName', required: true },
  { name: 'Last name', type: 'text', role: 'lastName', required: true },
  { name: 'E-mail', type: 'email', role: 'email' },
  { name: 'Team', type: 'text', role: 'department', createDepartments: true },
  { name: 'Shirt', type: 'enum', values: ['S', 'M', 'L'] },
];
const people = 120;
/** Person 0 is Ada Number000 of Chess, and so on. */
const rows = Array.from({ length: people }, (_, index) => {
  const number = String(index).padStart(3, '0');
  const team = index % 3 === 0 ? 'Chess' : 'Rowing';
  return `m${number},Ada,Number${number},m${number}@example.org,${team},M`;
});
const file = ['ID,First name,Last name,E-mail,Team,Shirt', ...rows].join('\n');

stories('members', (browsing) => {
  let club: Tenant;
  let list: string;
  beforeAll(async () => {
    club = await newTenant(browsing.cloud, 'Members Club', columns);
    const job = await importFile(club, 'roster.csv', file);
    expect(job).toMatchObject({ status: 'complete', counts: { added: people } });
    list = `/orgs/${club.organization}/members`;
  });

  it('are counted, found by typing, filters and department, and paged; the address says what is looked at', async () => {
    const page = await browsing.open({ width: 1440 });
    await signIn(page, club, list);
    await page.getByText(`${people} enrolled`).first().waitFor();
    await expectRow(page, 'Ada Number000');
    expect(await page.getByRole('columnheader', { name: 'Shirt' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Next page' }).click();
    await expectRow(page, 'Ada Number050');
    await page.getByRole('searchbox', { name: /Search by name/ }).fill('m077');
    await expectRow(page, 'Ada Number077');
    await page.waitForURL(/q=m077/);
    await expectRows(page, 1);
    await page.getByRole('searchbox', { name: /Search by name/ }).fill('');
    await page.getByRole('button', { name: 'Chess 40' }).click();
    await page.waitForURL(/department=/);
    await expectRows(page, 40);
    await page.reload();
    await expectRows(page, 40);
    await page.getByRole('combobox', { name: 'Filter members' }).fill('Status = Enabled');
    await page.keyboard.press('Enter');
    await page.waitForURL(/status=enabled/);
    await page.getByText('Nobody matches').first().waitFor();
    await page.goBack();
    await expectRows(page, 40);
  });

  it('are found by all that is typed and pressed, however slow the machine is', async () => {
    const page = await browsing.open({ width: 1440 });
    await signIn(page, club, list);
    await expectRow(page, 'Ada Number000');
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 8 });
    const search = page.getByRole('searchbox', { name: /Search by name/ });
    await search.pressSequentially('m00');
    await page.getByRole('button', { name: 'Chess 40' }).click();
    await page.waitForURL(/(?=.*q=m00)(?=.*department=)/);
    // Of m000 to m009 every third.
    await expectRows(page, 4);
    await search.press('9');
    await page.getByRole('link', { name: 'Export member roster' }).click();
    const name = page.getByLabel('Whose name');
    await name.press('Control+a');
    await page.keyboard.type('ada lovelace');
    await page.waitForURL(
      ({ pathname, searchParams }) =>
        pathname.endsWith('/exports/new') && searchParams.get('q') === 'ada lovelace',
    );
    await expect.poll(() => name.inputValue()).toBe('ada lovelace');
  });

  it('are looked at, edited, and not overwritten where somebody else was faster', async () => {
    const page = await browsing.open({ width: 1440, refusals: [412] });
    await signIn(page, club, `${list}?member=m010`);
    const panel = page
      .getByRole('region', { name: 'Ada Number010' })
      .or(page.locator('[class*=drawer]'))
      .first();
    await panel.waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Last name *').fill('Lovelace');
    await club.client.send('PATCH', `/orgs/${club.organization}/members/m010`, {
      body: { values: { Shirt: 'L' } },
    });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Somebody else changed this member meanwhile').first().waitFor();
    await page.getByRole('button', { name: 'Take over what is new' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Ada Lovelace was saved.').or(page.getByText('was saved.')).first().waitFor();
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    const now = await (await club.client.send('GET', `/orgs/${club.organization}/members/m010`)).json();
    expect(now.values).toMatchObject({ 'Last name': 'Lovelace', Shirt: 'L' });
  });

  it('are out at once when they are disabled, also where they are signed in', async () => {
    const at = `/orgs/${club.organization}/members/m020`;
    const given = await club.client.send('POST', `${at}/username`, {
      body: { username: 'ada20', level: 'auditor' },
    });
    const { oneTimePassword } = await given.json();
    const theirs = await browsing.open({ refusals: [401, 403] });
    await theirs.goto('/');
    await theirs.getByLabel('Organization').fill(club.organization);
    await theirs.getByLabel('Login').fill('ada20');
    await theirs.getByLabel('Password', { exact: true }).fill(oneTimePassword);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await theirs.getByRole('heading', { name: 'Choose a password' }).waitFor();
    await theirs.getByLabel('New password', { exact: true }).fill('My-Own-Password-2026');
    await theirs.getByLabel('New password again').fill('My-Own-Password-2026');
    await theirs.getByRole('button', { name: 'Save and sign in' }).click();
    await theirs.getByRole('heading', { level: 1, name: 'Members' }).waitFor();

    const page = await browsing.open({ width: 1440 });
    await signIn(page, club, `${list}?q=m020`);
    await page.getByRole('button', { name: 'Disable Ada Number020' }).click();
    await page.getByRole('button', { name: 'Disable', exact: true }).click();
    await memberRows(page).getByText('Disabled').waitFor();
    await theirs.getByRole('searchbox', { name: /Search by name/ }).fill('ada');
    // Kept out of the organization, and signed out as soon as the user pool has heard of it.
    const out = theirs.getByRole('button', { name: 'Sign in' }).or(theirs.getByText(/no access/));
    await out.first().waitFor();

    await page.getByRole('button', { name: 'Enable Ada Number020' }).click();
    await memberRows(page).getByText('Enabled').waitFor();
  });

  it('are added with an invitation link, by which they join and then sign in', async () => {
    const page = await browsing.open({ width: 1440 });
    await signIn(page, club, `${list}/add`);
    await page.getByLabel('ID *').fill('new-1');
    await page.getByLabel('First name *').fill('Grace');
    await page.getByLabel('Last name *').fill('Hopper');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('radio', { name: /By an invitation link/ }).check();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('Grace Hopper is on the roster.').first().waitFor();
    const link = await page.getByText(/\/join#/).innerText();
    await page.getByRole('link', { name: 'Show the member' }).click();
    await page.getByRole('heading', { level: 2, name: 'Grace Hopper' }).waitFor();

    const joining = await browsing.open();
    await joining.goto(link);
    await joining.getByRole('button', { name: /Join now/i }).click();
    await joining.getByLabel(/username/i).fill('grace');
    const password = 'Grace-Of-The-Club-2026';
    for (const field of await joining.getByLabel(/password/i).all()) {
      if (await field.isVisible()) await field.fill(password);
    }
    await joining.getByRole('button', { name: /join/i }).click();
    const client = new MusterClient(browsing.cloud.url);
    await expect
      .poll(
        () =>
          client.signIn({ organization: club.organization, login: 'grace', password }).then(
            () => 'in',
            () => 'out',
          ),
        { timeout: 45_000 },
      )
      .toBe('in');
  });

  it('are disabled many at once, after a look at whom that touches, and brought back by undoing', async () => {
    const page = await browsing.open({ width: 1440 });
    await signIn(page, club, `${list}?q=m03`);
    await expectRows(page, 10);
    await page.getByRole('checkbox', { name: 'Select this page' }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Actions', exact: true }).first().click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await page.getByText('This touches 10 members:').first().waitFor();
    await page
      .getByText(/Ada Number030, Ada Number031/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Disable them' }).click();
    await page.getByText('10 done, 0 unchanged, 0 failed').first().waitFor();
    await expect.poll(() => memberRows(page).getByText('Disabled').count(), { timeout: 45_000 }).toBe(10);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => memberRows(page).getByText('Not joined').count(), { timeout: 45_000 }).toBe(10);
  });

  it('are removed after a question', async () => {
    const page = await browsing.open({ width: 1440 });
    await signIn(page, club, `${list}?q=m099&member=m099`);
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('Ada Number099 was removed.').first().waitFor();
    await page.getByText('Nobody matches').first().waitFor();
  });

  it('get a one-time password that is shown once, another level, and are found by keyboard alone', async () => {
    const at = `/orgs/${club.organization}/members/m060`;
    await club.client.send('POST', `${at}/username`, { body: { username: 'ada60' } });
    const page = await browsing.open({ width: 1440 });
    await signIn(page, club, list);
    await expectRow(page, 'Ada Number000');
    await tabTo(page, 'searchbox');
    await page.keyboard.type('m060');
    await page.waitForURL(/q=m060/);
    await expectRows(page, 1);
    await page.getByRole('link', { name: 'Ada Number060' }).focus();
    await page.keyboard.press('Enter');
    await waitForFocus(page.getByRole('heading', { level: 2, name: 'Ada Number060' }));
    await page.getByRole('button', { name: 'Reset credentials' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Go on' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('It is shown this once.').first().waitFor();
    await expectAccessible(page);
    await page.reload();
    await page.getByRole('button', { name: 'Reset credentials' }).waitFor();
    expect(await page.getByText('It is shown this once.').count()).toBe(0);
  });

  it('are accessible in both themes, and fit a phone', async () => {
    // What axe looks at for each row is alike.
    const few = `${list}?q=m00`;
    const wide = await browsing.open({ width: 1440 });
    await signIn(wide, club, few);
    await expectRow(wide, 'Ada Number000');
    await expectAccessible(wide);
    const phone = await browsing.open({ width: 360, height: 740 });
    await signIn(phone, club, few);
    await expectRow(phone, 'Ada Number000');
    await expectNoSidewaysScroll(phone);
    await expectAccessible(phone);
    await phone.goto(`${list}?member=m001`);
    await phone.getByRole('heading', { level: 2, name: 'Ada Number001' }).waitFor();
    await expectNoSidewaysScroll(phone);
    await expectAccessible(phone);
    await phone.goto(`${list}/add`);
    await phone.getByLabel('ID *').waitFor();
    await expectNoSidewaysScroll(phone);
    await expectAccessible(phone);
  });

  const naughtyStrings = sharedPath('data/naughty-strings/blns.json');
  it.skipIf(naughtyStrings === undefined)(
    'may have any name: it is shown as text, and nothing of it runs',
    async () => {
      const naughty = JSON.parse(readFileSync(naughtyStrings!, 'utf8')) as string[];
      const names = naughty
        .filter((name) => /[<>"'{}`&]/.test(name) && Buffer.byteLength(name) < 300)
        .slice(0, 120);
      const added = await Promise.all(
        names.map(async (name, index) => {
          const values = { ID: `n${index}`, 'First name': name, 'Last name': 'Naughty' };
          return (await club.client.send('POST', `/orgs/${club.organization}/members`, { body: { values } }))
            .status;
        }),
      );
      expect(added.filter((status) => status === 201).length).toBeGreaterThan(80);
      const page = await browsing.open({ width: 1440 });
      page.on('dialog', () => expect.unreachable('A name ran as a script.'));
      await signIn(page, club, `${list}?q=naughty`);
      await expectRows(page, 50);
      await page.getByRole('button', { name: 'Next page' }).click();
      await memberRows(page).first().waitFor();
      await page
        .getByText(/<script>alert/i)
        .first()
        .waitFor();
      await memberRows(page).first().getByRole('link').click();
      await page.getByRole('button', { name: 'Edit' }).waitFor();
    },
  );
});

const memberRows = (page: Page) => page.locator('tbody tr').filter({ has: page.getByRole('checkbox') });

async function expectRows(page: Page, count: number): Promise<void> {
  await expect.poll(() => memberRows(page).count(), { timeout: 45_000 }).toBe(count);
}

async function expectRow(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).waitFor();
}

/** Presses Tab until something of the role has the focus. */
async function tabTo(page: Page, role: string): Promise<void> {
  const isThere = () =>
    page.evaluate((wanted) => {
      const active = document.activeElement;
      return (
        active?.getAttribute('role') === wanted ||
        (active as HTMLInputElement)?.type === wanted.replace('box', '')
      );
    }, role);
  for (let presses = 0; presses < 60; presses += 1) {
    if (await isThere()) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Nothing of the role ${role} is reached by Tab.`);
}
