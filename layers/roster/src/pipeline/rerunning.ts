import { isMusterError } from '../domain/errors.ts';

/** Others who change an import in the same moment are few. */
const racesMax = 10;

/** Does a change of an import again, on what is there then, where somebody else changed it in between. */
export async function rerunning<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isMusterError(error, 'conflict') || tries >= racesMax) throw error;
    }
  }
}
