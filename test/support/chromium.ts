/** The Chromium that the browser tests run in. */
import { existsSync } from 'node:fs';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** The package's own flags for serverless machines, without those that take the web's security off or a process away. */
const flags = sparticuz.args.filter(
  (flag) => !/web-security|insecure-content|site-isolation|single-process|no-zygote|--headless/.test(flag),
);
const onThisMachine = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].filter((path) => path !== undefined);

/**
 * Starts a browser: that of `CHROMIUM_PATH`, one of the machine, or the one that npm installs (`@sparticuz/chromium`, for
 * Linux on x64; it brings what it needs but the C library and NSS).
 * @throws Error with the reasons, if none runs here.
 */
async function launch(): Promise<Browser> {
  const installed = existsSync('/proc') && process.arch === 'x64' ? [await sparticuz.executablePath()] : [];
  const reasons: string[] = [];
  for (const executablePath of [...onThisMachine.filter(existsSync), ...installed]) {
    try {
      return await chromium.launch({ executablePath, args: flags });
    } catch (error) {
      reasons.push(`${executablePath}: ${(error as Error).message}`);
    }
  }
  throw new Error(`No Chromium runs here. ${reasons.join('\n') || 'There is none for this platform.'}`);
}

/** A browser, or why there is none. In CI there has to be one. */
export async function findBrowser(): Promise<Browser | { missing: string }> {
  try {
    return await launch();
  } catch (error) {
    if (process.env.CI) throw error;
    return { missing: (error as Error).message };
  }
}
