/** What people wait for: how much the pages load, and how fast the roster shows and is searched in a real browser. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { writeRosterZip } from '../../commands/sample/files.ts';
import { rosterRows } from '../../commands/sample/rows.ts';
import { bundle } from '../../infra/build/bundle.ts';
import { buildConsole } from '../../infra/build/console.ts';
import { findBrowser } from '../support/chromium.ts';
import { importAndApprove, importFile, newTenant, startTestCloud, type Tenant } from '../support/cloud.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';

export interface ConsoleReport {
  rows: number;
  /** Of all files of the site that the first opening of a page loads, by gzip file by file. */
  firstLoads: { page: string; files: number; gzipBytes: number; mostBytes: number }[];
  /** From the navigation to the first row, the files being there. */
  firstRowMilliseconds: number;
  /** The longest that a key pressed in the search waited to be seen. */
  longestKeyMilliseconds: number;
  /** From the last key to the row that was searched for. */
  foundMilliseconds: number;
  /** From pressing for the next page of a plan that changes everybody to its first change. */
  nextPlanPageMilliseconds: number;
}

const openings = 5;
const turns = 5;

/** Opens the pages on a roster of so many members. @throws Error where no browser runs */
export async function measureConsole(rows: number, say: (text: string) => void): Promise<ConsoleReport> {
  const browser = await findBrowser();
  if ('missing' in browser) throw new Error(browser.missing);
  await bundle();
  await buildConsole();
  const test = await startTestCloud();
  try {
    const tenant = await newTenant(test.cloud, 'Bench', generatorColumns);
    const job = await importAndApprove(tenant, 'roster.zip', await rosterZip(rows, 1));
    if (job.status !== 'complete') throw new Error(`The import ended as ${job.status}.`);
    const plan = await importFile(tenant, 'next.zip', await rosterZip(rows, 2), { approve: 'review' });
    if (plan.step !== 'review') throw new Error(`The next import is at ${plan.step}.`);
    say(`${rows} members are imported, and ${plan.counts.updated} changes wait in review`);
    return { rows, ...(await measurePages(browser, test.cloud.url, tenant, plan.importId)) };
  } finally {
    await browser.close();
    await test.close();
  }
}

async function rosterZip(rows: number, seed: number): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  try {
    const path = join(folder, 'roster.zip');
    await writeRosterZip(path, rosterRows({ seed, rows }));
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measurePages(browser: Browser, url: string, tenant: Tenant, importId: string) {
  const pages = `${url}/orgs/${tenant.organization}`;
  const list = `${pages}/members`;
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const console = await loadedBy(page, async () => {
    await page.goto(list);
    await page.getByLabel('Organization').fill(tenant.organization);
    await page.getByLabel('Login').fill(tenant.login);
    await page.getByLabel('Password', { exact: true }).fill(tenant.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await firstRow(page).waitFor();
  });
  await page.addInitScript(noteFirstRow);
  const waits: number[] = [];
  for (let opening = 0; opening < openings; opening += 1) {
    await page.goto(list);
    const shown = await page.waitForFunction(() => (globalThis as { firstRowAt?: number }).firstRowAt);
    waits.push((await shown.jsonValue()) ?? Number.NaN);
  }
  const typing = await measureTyping(page);
  const nextPlanPageMilliseconds = await measurePaging(page, `${pages}/imports/${importId}`);
  const other = await browser.newPage();
  const join = await loadedBy(other, async () => {
    await other.goto(`${url}/join#made-up`);
    await other.getByRole('heading').first().waitFor();
    await other.waitForLoadState('networkidle');
  });
  const firstLoads = [
    { page: 'console', ...console, mostBytes: 500_000 },
    { page: '/join', ...join, mostBytes: 150_000 },
  ];
  return { firstLoads, firstRowMilliseconds: median(waits), ...typing, nextPlanPageMilliseconds };
}

/** In the page: when the first row was drawn, since the navigation began. Looking from outside sees it up to half a second late. */
function noteFirstRow(): void {
  const observer = new MutationObserver(() => {
    if (document.querySelector('tbody tr a') === null) return;
    observer.disconnect();
    // The frame after the one that shows it.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => Object.assign(globalThis, { firstRowAt: performance.now() })),
    );
  });
  observer.observe(document, { childList: true, subtree: true });
}

const firstRow = (page: Page) => page.locator('tbody tr a').first();

/** The files of the site that come until something is done; those that are loaded behind it do not count. */
async function loadedBy(page: Page, work: () => Promise<void>) {
  const sizes = new Map<string, Promise<number>>();
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith('/api/') || pathname === '/config.json' || response.status() !== 200) return;
    sizes.set(
      pathname,
      response.body().then((body) => gzipSync(body, { level: 9 }).length),
    );
  });
  await work();
  page.removeAllListeners('response');
  const bytes = await Promise.all(sizes.values());
  return { files: bytes.length, gzipBytes: bytes.reduce((sum, size) => sum + size, 0) };
}

/** Types the id of the last member, as fast as people do, while the browser times each key (Event Timing). */
async function measureTyping(page: Page) {
  await page.evaluate(() => {
    const durations: number[] = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry.name.startsWith('key')) durations.push(entry.duration);
    }).observe({ type: 'event', durationThreshold: 16, buffered: false } as PerformanceObserverInit);
    Object.assign(globalThis, { keyDurations: durations });
  });
  const id = 'M0000977';
  await page.getByRole('searchbox', { name: /Search by name/ }).pressSequentially(id, { delay: 60 });
  const began = performance.now();
  await page.getByRole('gridcell', { name: id }).waitFor();
  const foundMilliseconds = performance.now() - began;
  const durations = await page.evaluate(() => (globalThis as { keyDurations?: number[] }).keyDurations ?? []);
  // Keys that took less than the observer's threshold are not told.
  return { foundMilliseconds, longestKeyMilliseconds: Math.max(16, ...durations) };
}

/** Goes through a plan as fast as its pages come, in the page itself. */
async function measurePaging(page: Page, plan: string): Promise<number> {
  await page.goto(plan);
  await page
    .getByRole('checkbox', { name: /^Apply the change of/ })
    .first()
    .waitFor();
  const waits: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    await page.getByRole('button', { name: 'Next page', disabled: false }).waitFor();
    waits.push(await page.getByRole('button', { name: 'Next page' }).evaluate(turnPage));
  }
  return median(waits);
}

/** In the page: presses the button and waits for the frame with another first row. */
function turnPage(button: HTMLElement | SVGElement): Promise<number> {
  const first = () => document.querySelector('tbody tr')?.textContent;
  return new Promise((resolve) => {
    const before = first();
    const began = performance.now();
    const observer = new MutationObserver(() => {
      if (first() === before) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    (button as HTMLElement).click();
  });
}

/** The figures as text. @throws Error if a page loads more than it may. */
export function consoleTable(report: ConsoleReport): string {
  const { rows, firstLoads, firstRowMilliseconds, longestKeyMilliseconds, foundMilliseconds } = report;
  const loads = table(
    ['first load', 'files', 'KB gzip', 'most KB'],
    firstLoads.map(({ page, files, gzipBytes, mostBytes }) => [
      page,
      files,
      gzipBytes / 1_000,
      mostBytes / 1_000,
    ]),
  );
  const waits = table(
    [`${rows.toLocaleString('en')} members`, 'ms'],
    [
      ['navigation to first row', firstRowMilliseconds],
      ['longest key in the search', longestKeyMilliseconds],
      ['last key to the row found', foundMilliseconds],
      ['next page of the plan', report.nextPlanPageMilliseconds],
    ],
  );
  const heavy = firstLoads.filter(({ gzipBytes, mostBytes }) => gzipBytes > mostBytes);
  if (heavy.length > 0)
    throw new Error(`${heavy.map(({ page }) => page).join(', ')} loads too much.\n${loads}`);
  return `${loads}\n\n${waits}`;
}
