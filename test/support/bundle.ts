import { bundle } from '../../infra/build/bundle.ts';
import { buildConsole } from '../../infra/build/console.ts';
import { once } from './once.ts';

/** Builds the functions, the layer and the console once, before the tests that host them. */
export async function setup(): Promise<void> {
  await once('bundles', async () => {
    await bundle();
    await buildConsole();
  });
}
