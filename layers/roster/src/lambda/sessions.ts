/** Signing in and out: logins become accounts, and what Cognito does not know about standing is checked here. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Challenge, type Tokens, wrongCredentials } from '../aws/identity.ts';
import { TransactionFailed } from '../aws/table.ts';
import type { Membership } from '../domain/organization.ts';
import type { Deps } from './deps.ts';

type SessionDeps = Pick<Deps, 'accounts' | 'identity' | 'clock' | 'newId'>;

interface Login {
  login: string;
  organization?: string | undefined;
}

/**
 * Signs in. For an unknown login, one that is not unique, and a disabled membership the user pool is asked all the
 * same, about a user name that nobody has: the answer and the work done do not tell these cases from a wrong
 * password.
 * @throws MusterError `wrong_credentials`, `too_many_requests`
 */
export async function signIn(
  deps: SessionDeps,
  { password, ...login }: Login & { password: string },
): Promise<Tokens | Challenge> {
  const asked = await accountToAsk(deps, login);
  return entered(deps, asked, await deps.identity.signIn(asked.account, password));
}

/**
 * Gives the new password or the code that a sign-in asked for.
 * @throws MusterError `invalid_session`, `invalid_password`, `wrong_code`, `too_many_requests`
 */
export async function answerChallenge(
  deps: SessionDeps,
  { session, ...answer }: Login & { session: string } & ({ newPassword: string } | { code: string }),
): Promise<Tokens | Challenge> {
  const asked = await accountToAsk(deps, answer);
  const { identity } = deps;
  const outcome = await ('code' in answer
    ? identity.answerCode(asked.account, session, answer.code)
    : identity.answerNewPassword(asked.account, session, answer.newPassword));
  return entered(deps, asked, outcome);
}

/**
 * Signs an account out everywhere: first its access tokens are refused from the next request on, then the refresh
 * tokens are revoked. Tokens tell seconds only, so the mark is the next second, and whoever signs in within this
 * one waits for it.
 */
export async function signOutEverywhere(deps: SessionDeps, account: string): Promise<void> {
  const nextSecond = Math.floor(deps.clock().getTime() / 1000) + 1;
  await deps.accounts.refuseTokensBefore(account, nextSecond);
  await deps.identity.signOutEverywhere(account);
}

/**
 * Keeps the time of a sign-in that gives tokens. A membership that was removed meanwhile lets nobody in.
 * @throws MusterError `wrong_credentials` then
 */
export async function entered(
  deps: Pick<SessionDeps, 'accounts' | 'clock'>,
  { memberships }: { memberships: readonly Membership[] },
  outcome: Tokens | Challenge,
): Promise<Tokens | Challenge> {
  if (memberships.length === 0) throw wrongCredentials();
  if ('challenge' in outcome) return outcome;
  try {
    await deps.accounts.recordSignIn(memberships, deps.clock().toISOString());
  } catch (error) {
    if (error instanceof TransactionFailed) throw wrongCredentials(error);
    throw error;
  }
  return outcome;
}

async function accountToAsk(deps: SessionDeps, { login, organization }: Login) {
  const found = await deps.accounts.findByLogin(login, organization);
  const memberships = found?.memberships.filter(({ state }) => state === 'enabled') ?? [];
  // An id that is as long as an account's and that nobody has; new each time, or it would get locked.
  const account = found !== undefined && memberships.length > 0 ? found.account : deps.newId();
  const standing = await deps.accounts.standing(account);
  const marks = [standing.account, ...memberships].map((marked) => marked?.tokensValidFromSeconds ?? 0);
  await untilTokensCount(deps, Math.max(...marks));
  return { account, memberships };
}

const waitMsMax = 1_000;

/** Waits until tokens that are issued now are taken: they tell seconds only. */
export async function untilTokensCount(
  { clock }: Pick<SessionDeps, 'clock'>,
  validFromSeconds: number,
): Promise<void> {
  const aheadMs = validFromSeconds * 1000 - clock().getTime();
  if (aheadMs > 0) await wait(Math.min(aheadMs, waitMsMax));
}
