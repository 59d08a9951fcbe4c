import { MusterError } from '../domain/errors.ts';
import { normalizeLogin } from '../domain/username.ts';
import type { Deps } from './deps.ts';

/**
 * Requires that somebody typed the own address, in any case of letters, before what cannot be undone (S0.24, S4.9): the
 * account's, or one that it signs in with here.
 * @throws MusterError `email_mismatch`
 */
export async function requireOwnEmail(
  { accounts }: Pick<Deps, 'accounts'>,
  caller: { account: string; organization: string },
  email: string,
): Promise<void> {
  const { account, membership } = await accounts.standing(caller.account, caller.organization);
  const own = [account?.email, membership?.logins?.email, membership?.login].filter(isAddress);
  if (own.map(normalizeLogin).includes(normalizeLogin(email))) return;
  throw new MusterError('email_mismatch', 'This is not the email address of your own account.');
}

function isAddress(login: string | undefined): login is string {
  return login?.includes('@') === true;
}
