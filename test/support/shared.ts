import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const checkout = resolve(fileURLToPath(import.meta.url), '../../..');

/**
 * Path of the folder `shared` beside the checkout, or of something in it; `undefined` where it is not there. It
 * holds sample data that is no part of the product, so tests that read it are skipped without it.
 */
export function sharedPath(...parts: string[]): string | undefined {
  const path = join(checkout, '..', 'shared', ...parts);
  return existsSync(path) ? path : undefined;
}

/** A `describe` for tests that read a path of `shared`; skipped, and saying so, where it is not there. */
export function describeShared(name: string, parts: string[], tests: (path: string) => void): void {
  const path = sharedPath(...parts);
  const title = path === undefined ? `${name} (skipped: no ../shared/${parts.join('/')})` : name;
  describe.skipIf(path === undefined)(title, () => {
    if (path !== undefined) tests(path);
  });
}
