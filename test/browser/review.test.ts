/** Imports that do not go straight through: read otherwise, overtaken, cancelled, interrupted. */

import { stringify } from 'csv-stringify/sync';
import type { Page } from 'playwright-core';
import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { rosterRows } from '../../commands/sample/rows.ts';
import { workbook } from '../../layers/roster/src/files/workbook.ts';
import { expectAccessible, signIn, storiesOnOwnCloud } from '../support/browsing.ts';
import { all, importAndApprove, newTenant, type Tenant, upload } from '../support/cloud.ts';
import { untilPasses } from '../support/eventually.ts';
import { stopExecution } from '../support/executions.ts';
import { choose, press, waitForFocus } from '../support/keyboard.ts';
import { asking } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First name', type: 'text', role: 'firstName' },
  { name: 'Last name', type: 'text', role: 'lastName', required: true },
];
const header = columns.map(({ name }) => name);

async function excel(...rows: string[][]): Promise<Buffer> {
  async function* each() {
    yield* rows;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of workbook({ name: 'Roster', header }, each(), new Date(0))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

async function send(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  await page.getByRole('button', { name: 'Upload and check' }).click();
}

storiesOnOwnCloud('imports that do not go straight through', (browsing) => {
  let club: Tenant;
  let imports: string;
  beforeAll(async () => {
    club = await newTenant(browsing.cloud, 'Plan Club', columns);
    imports = `/orgs/${club.organization}/imports`;
  });
  const stored = async () =>
    (await all(club.client.members(club.organization)))
      .map(({ values }) => header.map((name) => values[name]).join(' '))
      .sort();

  it('take a workbook, and a file whose letters and columns were guessed wrong once somebody says how', async () => {
    const page = await browsing.open();
    await signIn(page, club, `${imports}/new`);
    await page.getByRole('radio', { name: 'Apply by itself' }).check();
    await send(page, 'members.xlsx', await excel(['1', 'Ada', 'Lovelace'], ['007', 'Žofie', '=SUM(A1)']));
    await page.getByText('2 members were changed.').first().waitFor();
    expect(await stored()).toEqual(['007 Žofie =SUM(A1)', '1 Ada Lovelace']);

    // Both are guessed wrong: windows-1252, which any bytes are, and the comma, which cuts out more.
    const text = 'Kod;Imi\xea;Nazwisko, r\xf3d, dom, herb\r\n2;\xa3ukasz;\xa5cki\r\n';
    const file = Buffer.from(text, 'latin1');
    await page.goto(`${imports}/new?mode=upsert`);
    await send(page, 'rodzina.csv', file);
    await page.getByText('A column that the roster needs is not in the file').waitFor();
    await press(page, page.getByRole('link', { name: 'Say what the columns mean' }));
    await send(page, 'rodzina.csv', file);
    await heading(page, 'What do these columns mean?').waitFor();
    await press(page, page.getByRole('button', { name: 'Do letters or columns look wrong?' }));
    await expectAccessible(page);
    await choose(
      page,
      page.getByRole('button', { name: /^Values are separated by/ }),
      page.getByRole('option', { name: 'Semicolons' }),
    );
    await page.getByText('For example: £ukasz').waitFor();
    await choose(
      page,
      page.getByRole('button', { name: /^Encoding/ }),
      page.getByRole('option', { name: 'windows-1250' }),
    );
    await page.getByText('For example: Łukasz').waitFor();
    await waitForFocus(page.getByRole('button', { name: /^Encoding/ }));
    await choose(
      page,
      page.getByRole('button', { name: /^Kod/ }),
      page.getByRole('option', { name: /\bID\b/ }),
    );
    await choose(
      page,
      page.getByRole('button', { name: /^Imię/ }),
      page.getByRole('option', { name: /First name/ }),
    );
    await choose(
      page,
      page.getByRole('button', { name: /^Nazwisko, ród, dom, herb/ }),
      page.getByRole('option', { name: /Last name/ }),
    );
    await press(page, page.getByRole('button', { name: 'Go on with these columns' }));
    await press(page, page.getByRole('button', { name: 'Approve and apply' }));
    const approval = page.getByRole('dialog', { name: 'Apply these changes?' });
    await press(page, approval.getByRole('button', { name: 'Approve and apply' }));
    await page.getByText('1 member was changed.').first().waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));
    expect(await stored()).toContain('2 Łukasz Ącki');
  });

  it('say that somebody was faster, compare again, and end without a trace when cancelled', async () => {
    await importAndApprove(club, 'all.csv', 'ID,First name,Last name\n1,Ada,Lovelace\n2,Alan,Turing\n');
    const page = await browsing.open();
    await signIn(page, club, `${imports}/new?mode=upsert&approve=review`);
    await send(
      page,
      'changes.csv',
      Buffer.from('ID,First name,Last name\n1,Ada,Byron\n2,Alan,Turing\n3,Grace,Hopper\n'),
    );
    await heading(page, 'Changes to the roster').waitFor();
    const ask = asking(club.client, club.organization);
    expect((await ask('PATCH', '/members/2', { values: { 'Last name': 'Mathison' } })).status).toBe(200);
    expect((await ask('PATCH', '/members/1', { values: { 'Last name': 'King' } })).status).toBe(200);
    // The page looks again by itself.
    await page
      .locator('[aria-live]', { hasText: 'At least 2 members changed meanwhile' })
      .waitFor({ state: 'attached' });
    await expectAccessible(page);
    await press(page, page.getByRole('button', { name: 'Compare again' }));
    await page.getByRole('row', { name: /Mathison.*Turing/ }).waitFor();
    await page.getByRole('row', { name: /King.*Byron/ }).waitFor();
    await page.getByText('The roster has changed since').first().waitFor({ state: 'detached' });
    await waitForFocus(page.getByRole('heading', { level: 1 }));

    await press(page, page.getByRole('button', { name: 'Cancel import' }));
    const dialog = page.getByRole('dialog', { name: 'Cancel this import?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await waitForFocus(page.getByRole('button', { name: 'Cancel import' }));
    await page.keyboard.press('Enter');
    await press(page, dialog.getByRole('button', { name: 'Cancel import' }));
    await page.getByText('This import ended before it was applied').waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));
    await expectAccessible(page);
    expect(await stored()).toEqual(expect.arrayContaining(['1 Ada King', '2 Alan Mathison']));
    await page.getByRole('link', { name: 'Imports', exact: true }).first().click();
    await page.getByRole('row', { name: /changes\.csv.*Incomplete/ }).waitFor();
  });

  it('go on where they were interrupted, by whoever comes', async () => {
    const { cloud } = browsing;
    const big = await newTenant(cloud, 'Stopped Club', generatorColumns);
    const rows = 4_000;
    const csv = stringify([...rosterRows({ seed: 7, rows })], { header: true });
    const importId = await upload(big, 'roster.csv', csv);
    await untilPasses(
      () => big.client.import(big.organization, importId),
      ({ step }) => step === 'applying',
    );
    await stopExecution(cloud, importId);
    // What was stopped from outside is only known to be when its time is over.
    await fetch(cloud.clockUrl, { method: 'PUT', body: JSON.stringify({ move: 7 * 3_600_000 }) });
    const page = await browsing.open();
    await signIn(page, big, `/orgs/${big.organization}/imports/${importId}`);
    await page.getByText('The import was interrupted while it was applied').waitFor();
    await expectAccessible(page);
    await press(page, page.getByRole('button', { name: 'Go on', exact: true }));
    await page.getByText(/4,000 members were changed/).waitFor({ timeout: 60_000 });
    await waitForFocus(page.getByRole('heading', { level: 1 }));
  });
});
