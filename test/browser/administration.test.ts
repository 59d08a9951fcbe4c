import { readFile } from 'node:fs/promises';
import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { eventually } from '../support/eventually.ts';
import { asking } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First name', type: 'text', role: 'firstName' },
  { name: 'Last name', type: 'text', role: 'lastName' },
  { name: 'E-mail', type: 'email', role: 'email' },
];

stories('administration', (browsing) => {
  let club: Tenant;
  let at: (path: string) => string;
  beforeAll(async () => {
    club = await newTenant(browsing.cloud, 'Careful Club', columns);
    at = (path) => `/orgs/${club.organization}/${path}`;
  });

  it('lists who administers, and leads to where a level is changed (S4.1)', async () => {
    const ask = asking(club.client, club.organization);
    const north = (await ask('POST', '/departments', { name: 'North' })).body.id;
    const somebody = (id: string, name: string, account: object) =>
      ask('POST', '/members', {
        values: { ID: id, 'First name': name },
        account: { username: id, ...account },
      });
    await somebody('m1', 'Ada', { level: 'auditor' });
    await somebody('m2', 'Grace', { level: 'coordinator', departments: [north] });
    const page = await browsing.open({ width: 360 });
    await signIn(page, club, at('administrators'));
    await page.getByText('There is one owner only').waitFor();
    await page.getByText('North').waitFor();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole('button', { name: 'Level Any level' }).click();
    await page.getByRole('option', { name: 'Auditor' }).click();
    await page.waitForURL(/level=auditor/);
    await page.getByText('Grace').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Ada' }).click();
    // The filter of the list that is left has the same name.
    await page.getByRole('heading', { level: 2, name: 'Ada' }).waitFor();
    await page.getByRole('button', { name: 'Level Auditor' }).click();
    await page.getByRole('option', { name: 'Owner' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Ada has the level Owner.').waitFor();
    await page.goBack();
    await page.getByText('Nobody has this level').waitFor();
    await page.getByText('2 owners.').waitFor();
    expect(await page.getByText('There is one owner only').count()).toBe(0);
  });

  it('shows what the headers of earlier files mean, and forgets it when asked', async () => {
    const file = 'Matricule;Vorname;Taille\nm1;Ada;XL\n';
    const waiting = await importFile(club, 'office.csv', file, { mode: 'upsert', mapping: 'confirm' });
    const said = { Matricule: { column: 'ID' }, Vorname: { column: 'First name' }, Taille: { drop: true } };
    await asking(club.client, club.organization)('PUT', `/imports/${waiting.importId}/mapping`, {
      columns: said,
    });
    const page = await browsing.open({ width: 360 });
    await signIn(page, club, at('mappings'));
    await page.getByText('Matricule, Vorname, Taille').waitFor();
    await expectNoSidewaysScroll(page);
    await page.getByRole('link', { name: 'office.csv' }).click();
    await page.getByRole('row').filter({ hasText: 'Vorname' }).getByText('First name').waitFor();
    await page.getByRole('row').filter({ hasText: 'Taille' }).getByText('left out').last().waitFor();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.reload();
    await page.getByText('left out').waitFor();
    await page.getByRole('button', { name: 'Delete the mapping of office.csv' }).click();
    await page.getByRole('dialog').getByText('stay as they are').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('No mapping is saved yet').waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  it('gives a system a key, with which it delivers a file, says when one is expected, and takes the key away', async () => {
    const page = await browsing.open({ width: 360 });
    // Pages of one, so that there are several.
    await page.route('**/administrators?limit=200*', (route) =>
      route.continue({ url: route.request().url().replace('limit=200', 'limit=1') }),
    );
    await signIn(page, club, at('feed'));
    await page.getByText('There are no keys yet').waitFor();
    await expectNoSidewaysScroll(page);
    await page.getByText('Take files that programs deliver').click();
    await page.getByText('Tell them when no file came').click();
    await page.getByRole('button', { name: /^Who is mailed the results/ }).click();
    await page.getByRole('option', { name: 'm1' }).waitFor();
    await page.getByRole('option', { name: club.login }).click();
    await page.keyboard.press('Escape');
    await page.getByLabel('A file is to be there by').fill('05:30');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').first().waitFor();
    const { feed } = (await asking(club.client, club.organization)('GET', '')).body;
    const expected = { days: [1, 2, 3, 4, 5], by: '05:30' };
    expect(feed).toEqual({ isOn: true, approve: 'auto', recipients: [club.login], expected });

    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Night office');
    await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
    await page.getByText('The key for Night office').waitFor();
    const key = (await page.getByText(/^[\w-]{43}$/).innerText()).trim();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    const { upload } = await club.client.feedUpload(key, 'night.csv');
    await club.client.upload(upload, new Blob(['ID,First name\nm1,Ada\n']), 'night.csv');
    await eventually(async () => {
      const { items } = (await asking(club.client, club.organization)('GET', '/imports')).body;
      expect(items[0]).toMatchObject({ fileName: 'night.csv', source: 'feed' });
    });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.reload();
    await page.getByRole('link', { name: 'night.csv' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'Night office' }).waitFor();
    expect(await page.getByText(key).count()).toBe(0);
    await page.getByRole('button', { name: 'Revoke the key for Night office' }).click();
    await page.getByRole('dialog').getByText('It was last used').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('There are no keys yet').waitFor();
    await expect(club.client.feedUpload(key, 'late.csv')).rejects.toMatchObject({ status: 401 });
  });

  it('downloads the audit log as the filters say, and verifies its chain against an earlier hash', async () => {
    const page = await browsing.open({ width: 360 });
    await signIn(page, club, at('audit'));
    await page.getByRole('gridcell', { name: 'organization.create' }).waitFor();
    await page.getByRole('button', { name: 'What Anything' }).click();
    await page.getByRole('option', { name: 'schema.update' }).click();
    await page.waitForURL(/action=schema.update/);
    await page.getByRole('gridcell', { name: 'organization.create' }).waitFor({ state: 'detached' });
    const saved = async (format: string) => {
      await page.getByRole('button', { name: 'Download' }).click();
      const download = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: format }).click();
      return readFile(await (await download).path(), 'utf8');
    };
    const lines = (await saved('CSV')).trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^\uFEFFsequence,at,action,subject,account,login/);
    const entries = JSON.parse(await saved('JSON'));
    expect(lines).toHaveLength(entries.length + 1);
    expect(new Set(entries.map(({ action }: { action: string }) => action))).toEqual(
      new Set(['schema.update']),
    );

    await page.getByRole('button', { name: 'Verify the log' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Last hash of an earlier verification').fill(entries[0].hash);
    await dialog.getByRole('button', { name: 'Verify', exact: true }).click();
    await dialog.getByText(/entries, unbroken/).waitFor();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await dialog.getByLabel('Last hash of an earlier verification').fill('1'.repeat(64));
    await dialog.getByRole('button', { name: 'Verify', exact: true }).click();
    await dialog.getByText('The log is broken').waitFor();
  });

  it('has an owner say that dropping all data takes two, and tells how long that holds (S0.24)', async () => {
    const page = await browsing.open({ width: 360 });
    await signIn(page, club, at('settings'));
    const toggle = page.getByLabel('Dropping all data needs two administrators');
    const saves = async () => {
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved.').first().waitFor();
      await page.reload();
    };
    await toggle.click();
    await saves();
    expect(await toggle.isChecked()).toBe(true);
    await toggle.click();
    await saves();
    await page.getByText('It was switched off, and holds until').waitFor();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
});
