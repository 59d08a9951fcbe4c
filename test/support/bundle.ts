import { bundle } from '../../infra/build/bundle.ts';

/** Builds the functions and the layer once, before the tests that host them. */
export async function setup(): Promise<void> {
  await bundle();
}
