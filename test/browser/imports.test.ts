import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import type { Column } from 'roster/domain/schema';
import { expect, it } from 'vitest';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { all, importAndApprove, importFile, newTenant, zipped } from '../support/cloud.ts';
import { asking, firstSignIn, ownPassword } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'FirstName', type: 'text', role: 'firstName' },
  { name: 'LastName', type: 'text', role: 'lastName', required: true },
  { name: 'Email', type: 'email', role: 'email' },
];
const header = 'ID,FirstName,LastName,Email';
const row = (id: number, lastName = `Name${id}`) => `${id},First${id},${lastName},m${id}@example.org`;
const csv = (...rows: string[]) => Buffer.from([header, ...rows, ''].join('\r\n'));

/** Chooses the file as the browser's own dialog would. */
async function chooseFile(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer });
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

async function approve(page: Page, typed?: string): Promise<void> {
  await page.getByRole('button', { name: 'Approve and apply' }).click();
  const dialog = page.getByRole('dialog', { name: 'Apply these changes?' });
  if (typed !== undefined) {
    expect(await dialog.getByRole('button', { name: 'Approve and apply' }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill(typed);
  }
  await dialog.getByRole('button', { name: 'Approve and apply' }).click();
}

/** The sum under the rows' outcomes. */
async function ledger(page: Page): Promise<Record<string, number>> {
  const rows = await page.locator('.muster-ledger tr').allInnerTexts();
  return Object.fromEntries(
    rows.map((text) => text.split('\t')).map(([name = '', count]) => [name.trim(), Number(count)]),
  );
}

stories('importing the roster', (browsing) => {
  it('goes from an empty history to the first members, with a sample, a review and numbers that add up', async () => {
    const club = await newTenant(browsing.cloud, 'First Club', columns);
    const page = await browsing.open();
    await signIn(page, club, `/orgs/${club.organization}/imports`);
    await page.getByText('Nothing was imported yet').first().waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Import member roster' }).first().click();
    await heading(page, 'Import member roster').waitFor();
    const sample = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Sample as CSV' }).click();
    const text = await readFile(await (await sample).path(), 'utf8');
    expect(text).toContain('ID,FirstName,LastName,Email');
    await page.getByRole('button', { name: 'Upload and check' }).click();
    await page.getByText('Choose a file first.').first().waitFor();
    await chooseFile(page, 'members.pdf', Buffer.from('%PDF'));
    await page.getByText('This is no .zip, .csv or .xlsx file.').first().waitFor();
    await chooseFile(page, 'members.zip', await zipped({ 'members.csv': csv(row(1), row(2), row(3)) }));
    await page.getByRole('radio', { name: 'Let me review the changes' }).check();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Upload and check' }).click();
    await heading(page, 'Changes to the roster').waitFor();
    await page.getByRole('cell', { name: /First1/ }).waitFor();
    await expectAccessible(page);
    await approve(page);
    await page.getByText('3 members were changed.').first().waitFor();
    expect(await ledger(page)).toEqual({ added: 3, 'rows in the file': 3 });
    await expectAccessible(page);
    await page.goto(`/orgs/${club.organization}/imports`);
    const original = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download members.zip' }).click();
    expect((await original).suggestedFilename()).toBe('members.zip');
    await expectAccessible(page);
  });

  it('says line, column and cure of faulty rows, and takes the file once they are corrected', async () => {
    const club = await newTenant(browsing.cloud, 'Fault Club', columns);
    const page = await browsing.open({ width: 360, height: 740 });
    await signIn(page, club, `/orgs/${club.organization}/imports/new`);
    await chooseFile(
      page,
      'members.csv',
      csv(row(1), '2,Ann,,not an address', '3,Too,Many,m3@example.org,x'),
    );
    await page.getByRole('button', { name: 'Upload and check' }).click();
    await page.getByText('2 rows have faults').first().waitFor();
    const table = page.getByRole('table').filter({ hasText: 'What is wrong' });
    await table.getByText('A value is needed here. Fill it in.').waitFor();
    const faults = (await table.locator('tbody tr').allInnerTexts()).map((text) =>
      text.split(/\s*\n?\t\s*/).slice(0, 2),
    );
    expect(faults).toEqual([
      ['3', 'LastName'],
      ['3', 'Email'],
      ['4', '–'],
    ]);
    await expectNoSidewaysScroll(page);
    const saved = async (button: RegExp) => {
      const file = page.waitForEvent('download');
      await page.getByRole('button', { name: button }).first().click();
      await page.getByRole('menuitem', { name: 'CSV' }).click();
      return readFile(await (await file).path(), 'utf8');
    };
    expect(await saved(/^Download report/)).toContain('not an address');
    expect(await saved(/^Download these rows/)).not.toContain('m1@example.org');
    await page.getByRole('link', { name: 'Upload the corrected file' }).click();
    await chooseFile(page, 'members.csv', csv(row(1), row(2), row(3)));
    await page.getByRole('radio', { name: 'Apply by itself' }).check();
    await page.getByRole('button', { name: 'Upload and check' }).click();
    await page.getByText('3 members were changed.').first().waitFor();
    await expectNoSidewaysScroll(page);
  });

  it('holds what would disable many, lets members be left out, and waits for who comes back by the banner', async () => {
    const club = await newTenant(browsing.cloud, 'Held Club', columns);
    const rows = Array.from({ length: 60 }, (_, index) => row(index + 1));
    await importAndApprove(club, 'first.csv', csv(...rows));
    const first = await browsing.open();
    await signIn(first, club, `/orgs/${club.organization}/imports/new`);
    await chooseFile(first, 'second.csv', csv(row(1, 'Changed'), ...rows.slice(1, 40), row(61)));
    await first.getByRole('button', { name: 'Upload and check' }).click();
    await first.getByText('This would disable many members').waitFor();
    await first.getByRole('checkbox', { name: 'Apply the change of 41' }).waitFor();
    await first.getByRole('checkbox', { name: 'Apply the change of 41' }).uncheck();
    await first.getByText('1 single member is left out.').waitFor();
    await first.getByRole('button', { name: 'Approve and apply', disabled: false }).waitFor();
    await first.close();

    const page = await browsing.open({ dark: true });
    await signIn(page, club, `/orgs/${club.organization}/members`);
    await page.getByText('The import of second.csv has not ended').first().waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Resume' }).click();
    await heading(page, 'Changes to the roster').waitFor();
    await page.getByText('1 single member is left out.').first().waitFor();
    await page
      .getByRole('radio', { name: 'Updated (1)' })
      .or(page.getByRole('button', { name: 'Updated (1)' }))
      .click();
    await page.getByRole('row', { name: /Name1.*Changed/ }).waitFor();
    expect(new URL(page.url()).searchParams.get('kind')).toBe('update');
    await expectAccessible(page);
    await page
      .getByRole('switch', { name: 'Add these members' })
      .or(page.getByLabel('Add these members'))
      .first()
      .uncheck();
    await approve(page, '20');
    await page.getByText('20 members were changed.').first().waitFor();
    expect(await ledger(page)).toEqual({
      updated: 1,
      'as on the roster already': 39,
      'left out, or changed meanwhile by somebody else': 1,
      'rows in the file': 41,
      'members disabled because they are not in the file': 19,
      'members not in the file, left as they were': 1,
    });
    expect(await club.client.summary(club.organization)).toMatchObject({ total: 60, disabled: 19 });
  });

  it('asks what likely and unknown headers mean, in French, and remembers it', async () => {
    const club = await newTenant(browsing.cloud, 'Column Club', columns);
    const page = await browsing.open({ locale: 'fr-FR' });
    await page.goto(`/orgs/${club.organization}/imports/new`);
    await page.getByLabel('Organisation').fill(club.organization);
    await page.getByLabel('Identifiant').fill(club.login);
    await page.getByLabel('Mot de passe', { exact: true }).fill(club.password);
    await page.getByRole('button', { name: 'Se connecter' }).click();
    const file = Buffer.from('ID;Prenom;Nom de famille;Sport préféré\r\n1;Zoé;Élan;Voile\r\n');
    await chooseFile(page, 'membres.csv', file);
    await page.getByRole('radio', { name: 'Me laisser les confirmer' }).check();
    await page.getByRole('radio', { name: 'Appliquer sans attendre' }).check();
    await page.getByRole('button', { name: 'Envoyer et vérifier' }).click();
    await heading(page, 'Que signifient ces colonnes ?').waitFor();
    await page.getByText('Par exemple : Zoé').first().waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Continuer avec ces colonnes' }).click();
    await page.getByText('Dites ce que devient cette colonne.').first().waitFor();
    await page.getByRole('button', { name: /Sport préféré/ }).click();
    await page.getByRole('option', { name: /Garder comme nouvelle colonne/ }).click();
    await page.getByRole('button', { name: 'Continuer avec ces colonnes' }).click();
    await page.getByText('1 membre a été modifié.').first().waitFor();
    const [member] = await all(club.client.members(club.organization));
    expect(member?.values).toEqual({ ID: '1', FirstName: 'Zoé', LastName: 'Élan', 'Sport préféré': 'Voile' });
  });

  it('asks a second administrator for a held plan, and undoes what was applied', async () => {
    const { cloud } = browsing;
    const club = await newTenant(cloud, 'Two Club', columns);
    const ask = asking(club.client, club.organization);
    const rows = Array.from({ length: 60 }, (_, index) => row(index + 1));
    await importAndApprove(club, 'first.csv', csv(...rows));
    const made = await ask('POST', '/members', {
      values: { ID: 'second', LastName: 'Second' },
      account: { username: 'second', level: 'administrator' },
    });
    await firstSignIn(cloud.url, club, 'second', made.body.oneTimePassword);
    const { etag } = await ask('GET', '');
    const hold = { disabledShareMax: 0.1, disabledMembersMax: 50, secondAdministrator: true };
    expect((await ask('PATCH', '', { hold }, { 'if-match': etag ?? '' })).status).toBe(200);
    const fewer = csv(...rows.slice(0, 40), 'second,,Second,');
    const { importId } = await importFile(club, 'fewer.csv', fewer, { mode: 'full', approve: 'review' });
    const first = await browsing.open();
    await signIn(first, club, `/orgs/${club.organization}/imports/${importId}`);
    await first.getByText('Two administrators have to approve this.').waitFor();
    await approve(first, '20');
    await first.getByText('You approved: another administrator has to as well').waitFor();
    await first.getByRole('button', { name: 'Take my approval back' }).waitFor();
    await expectAccessible(first);

    const second = await browsing.open();
    const login = { organization: club.organization, login: 'second', password: ownPassword };
    await signIn(second, login, `/orgs/${club.organization}/imports`);
    await second.getByText('Waits for another administrator').first().waitFor();
    await second.getByRole('link', { name: 'Resume: fewer.csv' }).click();
    await second.getByText('One administrator approved; you would be the second').waitFor();
    await approve(second, '20');
    await second.getByText('20 members were changed.').waitFor();
    await second.getByText('It can be undone until').waitFor();

    await ask('POST', '/members/50/enable', {});
    await second.getByRole('button', { name: 'Undo' }).click();
    await second.getByRole('button', { name: 'Make the plan' }).click();
    await second.getByRole('heading', { level: 1, name: 'Undo of fewer.csv' }).waitFor();
    await heading(second, 'Changes to the roster').waitFor();
    await expectAccessible(second);
    await approve(second);
    await second.getByText('19 members were changed.').waitFor();
    expect(await ledger(second)).toMatchObject({
      'brought back': 19,
      'members that the import had changed': 20,
    });
    expect(await club.client.summary(club.organization)).toMatchObject({ total: 61, disabled: 0 });
    await second.getByRole('link', { name: 'Imports' }).click();
    await second.getByRole('link', { name: 'View: first.csv' }).waitFor();
    expect(await second.getByRole('button', { name: 'Undo: fewer.csv' }).count()).toBe(0);
  });
});
