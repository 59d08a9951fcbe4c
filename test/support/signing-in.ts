import type { Page } from 'playwright-core';
import type { Tenant } from './cloud.ts';

/** Signs in by the page, as a person does, from the page that was asked for. */
export async function signIn(
  page: Page,
  who: Pick<Tenant, 'organization' | 'login' | 'password'>,
  path = '/',
) {
  await page.goto(path);
  await page.getByLabel('Organization').fill(who.organization);
  await page.getByLabel('Login').fill(who.login);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /^Account/ }).waitFor();
}
