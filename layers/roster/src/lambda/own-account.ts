/** What people change of their own accounts: the password and the second factor. */
import type { Challenge, Tokens } from '../aws/identity.ts';
import type { AuditAction } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import type { Membership } from '../domain/organization.ts';
import type { Deps } from './deps.ts';
import type { Origin } from './request.ts';
import { untilTokensCount } from './sessions.ts';

type OwnDeps = Pick<Deps, 'accounts' | 'accountChanges' | 'identity' | 'clock'>;

/** Who calls, as the authorizer verified. */
interface Own {
  caller: { account: string };
  origin: Origin;
  accessToken: () => string;
}

/**
 * Changes the password. The pool checks the current one and sets the new one in one step; then all sessions end, and
 * a new one is begun for the caller, which asks for a code where a second factor is on. If the process dies in
 * between, the new password counts and other sessions may go on: signing out everywhere ends them.
 * @throws MusterError `wrong_credentials`, `invalid_password`
 */
export async function changePassword(
  deps: OwnDeps,
  { caller: { account }, origin, accessToken }: Own,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<Tokens | Challenge> {
  if (newPassword === currentPassword) {
    throw new MusterError('invalid_password', 'The new password is the current one. Choose another.');
  }
  await deps.identity.changePassword(accessToken(), currentPassword, newPassword);
  // Refresh tokens first: what they still gave until now is from before the mark.
  await deps.identity.signOutEverywhere(account);
  const nextSecond = Math.floor(deps.clock().getTime() / 1000) + 1;
  const entries = await entriesOf(deps, account, origin, { action: 'account.password' });
  await deps.accountChanges.commit(account, { refuseTokensBeforeSeconds: nextSecond }, entries);
  await untilTokensCount(deps, nextSecond);
  return deps.identity.signIn(account, newPassword);
}

/** Makes a new secret for an authenticator app. Nothing changes before it is confirmed. */
export async function beginSecondFactor(
  { identity, accounts }: Pick<OwnDeps, 'identity' | 'accounts'>,
  { caller: { account }, accessToken }: Own,
): Promise<{ secret: string; uri: string }> {
  const secret = await identity.newSecondFactor(accessToken());
  const [membership] = await accounts.memberships(account);
  return { secret, uri: keyUri(membership?.login ?? account, secret) };
}

/**
 * Turns the second factor on: in the pool first, then here. If it fails in between, sign-ins ask for a code and
 * organizations that require one do not know yet; the same again, with a new secret, mends it.
 * @throws MusterError `wrong_code`, `invalid_session`
 */
export async function confirmSecondFactor(
  deps: OwnDeps,
  { caller: { account }, origin, accessToken }: Own,
  code: string,
): Promise<void> {
  await deps.identity.confirmSecondFactor(account, accessToken(), code);
  await changeSecondFactor(deps, account, origin, true);
}

/**
 * Turns the second factor off: here first, so that a failure in between asks for more and not for less.
 * @throws MusterError `wrong_credentials`
 */
export async function dropSecondFactor(
  deps: OwnDeps,
  { caller: { account }, origin }: Own,
  password: string,
): Promise<void> {
  // The right password gives tokens or a challenge; neither leaves this function.
  await deps.identity.signIn(account, password);
  await changeSecondFactor(deps, account, origin, false);
  await deps.identity.dropSecondFactor(account);
}

async function changeSecondFactor(deps: OwnDeps, account: string, origin: Origin, isOn: boolean) {
  const change = { action: 'account.secondFactor' as const, after: { secondFactor: isOn } };
  const entries = await entriesOf(deps, account, origin, change);
  await deps.accountChanges.commit(account, { secondFactor: isOn }, entries);
}

/** An account that is in more organizations than this tells the first ones only. */
const toldMax = 50;

/** One entry for each organization in which the account may act: its admins answer for who gets in there. */
async function entriesOf(
  { accounts }: Pick<OwnDeps, 'accounts'>,
  account: string,
  origin: Origin,
  change: { action: AuditAction; after?: Record<string, unknown> },
) {
  const enabled = (await accounts.memberships(account)).filter(({ state }) => state === 'enabled');
  return enabled.slice(0, toldMax).map((membership) => ({
    organization: membership.organization,
    event: { ...change, actor: personOf(membership, origin), subject: membership.externalId ?? account },
  }));
}

/** The person of a membership, as its audit entries tell it. */
export function personOf({ account, login }: Membership, origin: Origin) {
  return { account, login, ...origin };
}

/**
 * What an authenticator app takes as a QR code; the defaults of RFC 6238 are what the pool uses.
 *
 * Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
function keyUri(login: string, secret: string): string {
  return `otpauth://totp/${encodeURIComponent(`Muster:${login}`)}?secret=${secret}&issuer=Muster`;
}
