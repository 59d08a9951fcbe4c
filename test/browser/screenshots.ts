/** `npm run screenshots`: takes the pictures of the README from the system that `npm start` runs here. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Demo, defaultStateDirectory, readDemo, runningCloud } from '../../commands/running-system.ts';
import { findBrowser } from '../support/chromium.ts';
import { signIn } from '../support/signing-in.ts';

interface Picture {
  name: string;
  /** Below the organization's address. */
  path: string;
  dark?: boolean;
  width?: number;
  /** What there is to see, before it is taken. */
  ready(page: Page): Promise<unknown>;
}

const root = join(import.meta.dirname, '../..');
const height = 900;

const pictures: readonly Picture[] = [
  { name: 'roster', path: 'members', ready: (page) => page.getByRole('row').nth(5).waitFor() },
  {
    name: 'roster-dark',
    path: 'members',
    dark: true,
    ready: (page) => page.getByRole('row').nth(5).waitFor(),
  },
  {
    name: 'roster-phone',
    path: 'members',
    width: 360,
    ready: (page) => page.getByRole('row').nth(5).waitFor(),
  },
  { name: 'imports', path: 'imports', ready: (page) => page.getByRole('row').nth(1).waitFor() },
  { name: 'invitations', path: 'invitations', ready: (page) => page.getByRole('row').nth(5).waitFor() },
];

async function take(browser: Browser, system: Demo, picture: Picture): Promise<void> {
  const { name, path, dark = false, width = 1280, ready } = picture;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-US',
    baseURL: system.url,
  });
  const page = await context.newPage();
  await signIn(page, system, `/orgs/${system.organization}/${path}`);
  await ready(page);
  await page.screenshot({ path: join(root, 'docs', `${name}.png`) });
  await context.close();
}

const browser = await findBrowser();
if ('missing' in browser) throw new Error(browser.missing);
try {
  const directory = defaultStateDirectory();
  await runningCloud(directory);
  const system = await readDemo(directory);
  if (system === undefined) throw new Error('The running system has no sample organization.');
  await mkdir(join(root, 'docs'), { recursive: true });
  for (const picture of pictures) await take(browser, system, picture);
} finally {
  await browser.close();
}
