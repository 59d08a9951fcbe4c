import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Column } from 'roster/domain/schema';
import unzipper from 'unzipper';
import { expect, it } from 'vitest';
import { expectAccessible, expectNoSidewaysScroll, signIn, stories } from '../support/browsing.ts';
import { all, importAndApprove, newTenant } from '../support/cloud.ts';
import { press } from '../support/keyboard.ts';
import { sharedPath } from '../support/shared.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName', required: true },
  { name: 'Email', type: 'email', role: 'email' },
];
const csv = 'ID,Name,Email\r\n1,Ada Lovelace,ada@example.org\r\n2,Grace Hopper,grace@example.org\r\n';

stories('jobs', (browsing) => {
  it('exports the roster with or without addresses, and gives the file to whoever asked', async () => {
    const club = await newTenant(browsing.cloud, 'Export Club', columns);
    await importAndApprove(club, 'members.csv', csv);
    const page = await browsing.open();
    await signIn(page, club, `/orgs/${club.organization}/jobs`);
    await page.getByRole('cell', { name: 'members.csv' }).or(page.getByText('members.csv')).first().waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Export member roster' }).click();
    await page.getByRole('heading', { level: 1, name: 'Export member roster' }).waitFor();
    await page.getByLabel('Whose name').fill('Ada');
    await page.waitForURL(({ searchParams }) => searchParams.get('q') === 'Ada');
    await expectAccessible(page);
    const exported = async () => {
      await page.getByRole('button', { name: 'Run' }).click();
      await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
      const link = page.getByRole('button', { name: 'Download roster' }).first();
      await link.waitFor({ timeout: 60_000 });
      const saved = page.waitForEvent('download');
      await link.click();
      const { files } = await unzipper.Open.buffer(await readFile(await (await saved).path()));
      return parse(await files[0]!.buffer(), { bom: true, columns: true });
    };
    expect(await exported()).toEqual([{ ID: '1', Name: 'Ada Lovelace' }]);
    await page.goto(`/orgs/${club.organization}/exports/new?status=not_joined`);
    await page.getByRole('checkbox', { name: 'Email addresses' }).check();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await expect
      .poll(() => page.getByRole('button', { name: 'Download roster' }).count(), { timeout: 60_000 })
      .toBe(2);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download roster' }).first().click();
    const { files } = await unzipper.Open.buffer(await readFile(await (await saved).path()));
    expect(parse(await files[0]!.buffer(), { bom: true, columns: true })).toEqual([
      { ID: '1', Name: 'Ada Lovelace', Email: 'ada@example.org' },
      { ID: '2', Name: 'Grace Hopper', Email: 'grace@example.org' },
    ]);
    await page.setViewportSize({ width: 360, height: 740 });
    await expectNoSidewaysScroll(page);
  });

  const naughty = sharedPath('data/naughty-strings/blns.json');
  it.skipIf(naughty === undefined)(
    'takes the naughtiest strings as names, by keyboard alone, from the empty list to the members',
    async () => {
      const club = await newTenant(browsing.cloud, 'Naughty Club', columns);
      const strings: string[] = JSON.parse(await readFile(naughty!, 'utf8'));
      const names = strings
        .filter((text) => text.trim() !== '' && !/[\u0000-\u001f]/.test(text))
        .slice(0, 400);
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const file = Buffer.from(
        ['ID,Name,Email', ...names.map((name, index) => `n${index},${quoted(name)},`), ''].join('\r\n'),
      );
      const page = await browsing.open();
      await signIn(page, club, `/orgs/${club.organization}/imports`);
      await press(page, page.getByRole('link', { name: 'Import member roster' }).first());
      await page.getByRole('heading', { level: 1, name: 'Import member roster' }).waitFor();
      const dialog = page.waitForEvent('filechooser');
      await press(page, page.locator('input[type=file]'), 'Space');
      const fileName = '<img src=x onerror=alert(1)>.csv';
      await (await dialog).setFiles({ name: fileName, mimeType: 'text/csv', buffer: file });
      await press(page, page.getByRole('radio', { name: 'Take nothing' }), 'ArrowDown');
      await press(page, page.getByRole('button', { name: 'Upload and check' }));
      await page.getByRole('heading', { level: 1, name: fileName }).waitFor();
      await press(page, page.getByRole('checkbox', { name: 'Apply the change of n0', exact: true }), 'Space');
      await page.getByText('1 single member is left out.').first().waitFor();
      await press(page, page.getByRole('button', { name: 'Next page' }));
      await page
        .getByRole('button', { name: 'Page 2 of all pages' })
        .or(page.locator('[aria-current]'))
        .first()
        .waitFor();
      await page
        .getByRole('checkbox', { name: 'Apply the change of n0', exact: true })
        .waitFor({ state: 'detached' });
      expect(new URL(page.url()).searchParams.get('page')).toBe('2');
      await expectAccessible(page);
      await press(page, page.getByRole('button', { name: 'Approve and apply' }));
      const approval = page.getByRole('dialog', { name: 'Apply these changes?' });
      await press(page, approval.getByRole('button', { name: 'Approve and apply' }));
      await page
        .getByText(/members were changed/)
        .first()
        .waitFor();
      const stored = await all(club.client.members(club.organization, { limit: 200 }));
      const importId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
      const { counts } = await club.client.import(club.organization, importId);
      expect(counts.added).toBe(names.length - 1 - counts.rejected);
      expect(stored).toHaveLength(counts.added);
      // What no store can hold, as lone halves of characters, is rejected with its line; all others are kept to the letter.
      const kept = new Map(stored.map(({ externalId, values }) => [externalId, values.Name]));
      const other = names.filter(
        (name, index) => kept.has(`n${index}`) && kept.get(`n${index}`) !== name.trim().normalize('NFC'),
      );
      expect(other).toEqual([]);
    },
  );
});
