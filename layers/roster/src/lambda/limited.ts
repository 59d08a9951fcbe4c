/** Slows down guessing: what somebody proves themselves by is counted, and refused after too many failures. */
import { countedLogin } from '../aws/accounts.ts';
import {
  type AttemptCounter,
  accountCounters,
  codeCounters,
  networkCounters,
  passwordCounters,
} from '../domain/attempt-limits.ts';
import { isMusterError } from '../domain/errors.ts';
import type { Deps } from './deps.ts';
import type { Origin } from './request.ts';

type LimitDeps = Pick<Deps, 'attempts'>;

/** The answers that say that what was given is wrong; others say nothing about it. */
const failures = ['wrong_credentials', 'wrong_code', 'invalid_session', 'link_invalid'] as const;

/** Runs a sign-in, or the answer to what a sign-in asked. @throws what `work` does, and `too_many_requests` */
export function limitedSignIn<T>(
  deps: LimitDeps,
  origin: Origin,
  given: { organization?: string | undefined; login: string; challenge?: string },
  work: () => Promise<T>,
): Promise<T> {
  const counted = { organization: given.organization, login: countedLogin(given.login) };
  const counters = given.challenge === 'SOFTWARE_TOKEN_MFA' ? codeCounters : passwordCounters;
  return limited(deps, counters(counted, origin), work);
}

/** Runs what a signed-in account proves itself for once more. @throws what `work` does, and `too_many_requests` */
export function limitedProof<T>(
  deps: LimitDeps,
  { caller, origin }: { caller: { account: string }; origin: Origin },
  work: () => Promise<T>,
): Promise<T> {
  return limited(deps, accountCounters(caller.account, origin), work);
}

/** Runs the use of a link. @throws what `work` does, and `too_many_requests` */
export function limitedLink<T>(deps: LimitDeps, origin: Origin, work: () => Promise<T>): Promise<T> {
  return limited(deps, networkCounters(origin), work);
}

/**
 * Whether one more attempt is within the limits; it is counted for good, whatever comes of it. For calls that answer
 * alike in any case, too many attempts included.
 */
export async function isWithinLimits(
  { attempts }: LimitDeps,
  counters: readonly AttemptCounter[],
): Promise<boolean> {
  try {
    await attempts.begin(counters);
    return true;
  } catch (error) {
    if (!isMusterError(error, 'too_many_requests')) throw error;
    return false;
  }
}

async function limited<T>(
  { attempts }: LimitDeps,
  counters: readonly AttemptCounter[],
  work: () => Promise<T>,
): Promise<T> {
  const attempt = await attempts.begin(counters);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    if (!failures.some((code) => isMusterError(error, code))) await attempt.takenBack();
    throw error;
  }
  await attempt.succeeded();
  return result;
}
