/** Stories in a real browser against a local cloud: opening pages, signing in, and what must never happen on the way. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject } from 'vitest';
import { findBrowser } from './chromium.ts';
import { type HostedCloud, startTestCloud, type TestCloud } from './cloud.ts';
import { eventually } from './eventually.ts';

export { signIn } from './signing-in.ts';

/** How a page is looked at. */
export interface Looking {
  width?: number;
  height?: number;
  dark?: boolean;
  locale?: string;
  /** Statuses that the story means to be answered; others of 400 and above fail it, as console errors do. */
  refusals?: readonly number[];
}

/** What a file of stories works with; valid within its tests. */
export interface Browsing {
  readonly cloud: HostedCloud;
  /** A window of its own, with cookies and storage of its own. */
  open(looking?: Looking): Promise<Page>;
}

const found = await findBrowser();
const failures = join(import.meta.dirname, '../../.local/browser');

/** As `describe`, on the cloud that test files share. Skipped, with the reason, where no browser runs. */
export function stories(name: string, tell: (browsing: Browsing) => void): void {
  describeIn(name, tell, false);
}

/** As {@link stories}, on a cloud of their own: for those that move the clock. */
export function storiesOnOwnCloud(name: string, tell: (browsing: Browsing) => void): void {
  describeIn(name, tell, true);
}

function describeIn(name: string, tell: (browsing: Browsing) => void, ownCloud: boolean): void {
  if ('missing' in found) {
    describe.skip(`${name} (skipped: ${found.missing.split('\n')[0]})`, () => tell({} as Browsing));
    return;
  }
  describe(name, () => tell(browsingWith(found, ownCloud)));
}

function browsingWith(browser: Browser, ownCloud: boolean): Browsing {
  let own: TestCloud | undefined;
  let cloud: HostedCloud = inject('cloud');
  const opened: { context: BrowserContext; page: Page; faults: string[] }[] = [];
  beforeAll(async () => {
    if (!ownCloud) return;
    own = await startTestCloud();
    cloud = own.cloud;
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await keepPictures(task.name, opened);
    const faults = opened.flatMap((one) => one.faults);
    await Promise.all(opened.splice(0).map(({ context }) => context.close()));
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await own?.close();
  });
  return {
    get cloud() {
      return cloud;
    },
    async open({ width = 1280, height = 900, dark = false, locale = 'en-US', refusals = [] } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? 'dark' : 'light',
        locale,
        // Nothing fades, so nothing has to be waited for.
        reducedMotion: 'reduce',
        baseURL: cloud.url,
      });
      context.setDefaultTimeout(45_000);
      const page = await context.newPage();
      const window = { context, page, faults: await faultsOf(page, refusals) };
      opened.push(window);
      return page;
    },
  };
}

/** Collects what must not happen: errors of scripts, violations of the Content-Security-Policy, answers not meant. */
async function faultsOf(page: Page, refusals: readonly number[]): Promise<string[]> {
  const faults: string[] = [];
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      console.error(`Policy violated: ${violatedDirective} ${blockedURI} ${sample}`),
    );
  });
  page.on('pageerror', (error) => faults.push(`${error.name}: ${error.message}`));
  page.on('console', (message) => {
    // Of answers of 400 and above the browser says so itself; they are looked at below.
    const isOfAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isOfAnswer) faults.push(message.text());
  });
  page.on('response', (response) => {
    const status = response.status();
    if (status < 400 || refusals.includes(status)) return;
    faults.push(`${status} to ${response.request().method()} ${response.url()}`);
  });
  return faults;
}

/** How the windows of a story that failed look. */
async function keepPictures(story: string, opened: readonly { page: Page }[]): Promise<void> {
  await mkdir(failures, { recursive: true });
  const name = story.replaceAll(/\W+/g, '-').slice(0, 80);
  for (const [at, { page }] of opened.entries()) {
    const path = join(failures, `${name}-${at + 1}.png`);
    if (!page.isClosed()) await page.screenshot({ path, fullPage: true });
  }
}

/** The rules of axe that a theme can break by itself. */
const coloursOnly = ['color-contrast', 'link-in-text-block'];

/** axe finds nothing on the page, once it is drawn; in the other theme its colours are looked at. */
export async function expectAccessible(page: Page): Promise<void> {
  // What surrounds a page, banners and navigation, may be there before the page's own code has come.
  await page.getByRole('heading', { level: 1, includeHidden: true }).first().waitFor({ state: 'attached' });
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  // The console has no frames, which are what takes axe long.
  const axe = () => new AxeBuilder({ page }).setLegacyMode();
  await expectNoViolations(page, axe(), isDark ? 'dark' : 'light');
  const other = isDark ? 'light' : 'dark';
  await page.emulateMedia({ colorScheme: other });
  await expectNoViolations(page, axe().withRules(coloursOnly), other);
  await page.emulateMedia({ colorScheme: null });
}

async function expectNoViolations(page: Page, axe: AxeBuilder, theme: string): Promise<void> {
  // Colours fade into each other; axe would measure those on the way. What turns for ever changes none.
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ playState, effect }) =>
          playState !== 'running' || effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY,
      ),
  );
  const { violations } = await axe.analyze();
  expect(violations.map(asText), theme).toEqual([]);
}

function asText({
  id,
  help,
  nodes,
}: {
  id: string;
  help: string;
  nodes: { html: string; target: unknown }[];
}) {
  return `${id}: ${help}: ${nodes.map(({ html, target }) => `${target} ${html.slice(0, 200)}`).join(' | ')}`;
}

/** Nothing makes the page scroll sideways, once it has taken in how wide the window is. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  await eventually(
    async () => {
      const { content, window } = await page.evaluate(() => ({
        content: document.documentElement.scrollWidth,
        window: document.documentElement.clientWidth,
      }));
      expect(content).toBeLessThanOrEqual(window);
    },
    { deadlineSeconds: 10 },
  );
}
