/** Using pages without a mouse: what these do, a person does with a keyboard alone. */
import type { Locator, Page } from 'playwright-core';

const pressesMax = 80;

/** Goes on with the Tab key until something has the focus: so it can be reached without a mouse. */
export async function tabTo(page: Page, there: Locator): Promise<void> {
  await there.waitFor();
  await pressUntil(page, 'Tab', () => there.evaluate((element) => element.contains(document.activeElement)));
}

/** What is disabled, or waits for an answer, cannot be pressed. */
const pressable = ':is(:enabled, a, [role]):not([aria-disabled=true])';

/** Goes to something that can be pressed, and presses it. */
export async function press(page: Page, there: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, there);
  await there.and(page.locator(pressable)).waitFor();
  await page.keyboard.press(key);
}

/** Goes to a field and types into it, over what is there. */
export async function type(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** Opens a menu or a list of choices, goes down to one of them and takes it. */
export async function choose(page: Page, opener: Locator, choice: Locator): Promise<void> {
  await press(page, opener);
  await arrowTo(page, choice);
  await page.keyboard.press('Enter');
}

/** Goes on with an arrow key until something of a menu, a list or a tree is the present one. */
export async function arrowTo(page: Page, there: Locator, key = 'ArrowDown'): Promise<void> {
  await there.waitFor();
  await pressUntil(page, key, () =>
    there.evaluate((element) => {
      const active = document.activeElement;
      const presentId = active?.getAttribute('aria-activedescendant');
      const present = (presentId && document.getElementById(presentId)) || active;
      return element.contains(present);
    }),
  );
}

/** Presses a key until something is so. */
export async function pressUntil(page: Page, key: string, isThere: () => Promise<boolean>): Promise<void> {
  for (let presses = 0; presses < pressesMax; presses++) {
    if (await isThere()) return;
    await page.keyboard.press(key);
  }
  throw new Error(`The key ${key} does not lead there.`);
}

/** Waits until something has the focus, from where Tab and a screen reader go on. @throws Error saying what has it */
export async function waitForFocus(there: Locator): Promise<void> {
  const page = there.page();
  await there
    .and(page.locator(':focus'))
    .waitFor({ timeout: 45_000 })
    .catch(async () => {
      const has = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 300));
      throw new Error(`${there} has not the focus, but ${has}`);
    });
}
