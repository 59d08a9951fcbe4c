/** Signing in and out: logins become accounts, and what Cognito does not know about standing is checked here. */
import { setTimeout as wait } from 'node:timers/promises';
import { type NewPasswordChallenge, type Tokens, wrongCredentials } from '../aws/identity.ts';
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
): Promise<Tokens | NewPasswordChallenge> {
  const { account, mayEnter } = await accountToAsk(deps, login);
  const outcome = await deps.identity.signIn(account, password);
  if (!mayEnter) throw wrongCredentials();
  return outcome;
}

/**
 * Chooses the new password that a sign-in asked for.
 * @throws MusterError `invalid_session`, `invalid_password`, `too_many_requests`
 */
export async function answerChallenge(
  deps: SessionDeps,
  { session, newPassword, ...login }: Login & { session: string; newPassword: string },
): Promise<Tokens | NewPasswordChallenge> {
  const { account, mayEnter } = await accountToAsk(deps, login);
  const outcome = await deps.identity.answerNewPassword(account, session, newPassword);
  if (!mayEnter) throw wrongCredentials();
  return outcome;
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

async function accountToAsk(deps: SessionDeps, { login, organization }: Login) {
  const found = await deps.accounts.findByLogin(login, organization);
  const mayEnter = found?.memberships.some(({ state }) => state === 'enabled') ?? false;
  // An id that is as long as an account's and that nobody has; new each time, or it would get locked.
  const account = found !== undefined && mayEnter ? found.account : deps.newId();
  const standing = await deps.accounts.standing(account);
  await untilTokensCount(deps, standing.account?.tokensValidFromSeconds ?? 0);
  return { account, mayEnter };
}

const waitMsMax = 1_000;

async function untilTokensCount({ clock }: SessionDeps, validFromSeconds: number): Promise<void> {
  const aheadMs = validFromSeconds * 1000 - clock().getTime();
  if (aheadMs > 0) await wait(Math.min(aheadMs, waitMsMax));
}
