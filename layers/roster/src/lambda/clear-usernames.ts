/** Clear All Usernames (S4.9): guarded as what cannot be undone, by a recent sign-in and the own email, typed (S0.24). */
import type { BulkJob } from '../domain/bulk-job.ts';
import { MusterError } from '../domain/errors.ts';
import { normalizeLogin } from '../domain/username.ts';
import { type BulkDeps, startClearing } from './bulk-jobs.ts';
import type { Deps } from './deps.ts';
import type { Acting } from './member-call.ts';
import { requireRecentSignIn } from './recent-sign-in.ts';

/** Who asks, as the authorizer verified, and when it signed in (Unix epoch). */
export interface ClearingCaller extends Acting {
  organization: string;
  signedInAtSeconds?: number | undefined;
}

/**
 * Starts the job that takes the account here from everybody who joined. The caller, the last owner and those of a
 * higher level are spared, as its results tell.
 * @param email what the caller typed: the own address, in any case of letters
 * @throws MusterError `recent_sign_in_required`, `email_mismatch`
 */
export async function clearUsernames(
  deps: BulkDeps & Pick<Deps, 'accounts'>,
  caller: ClearingCaller,
  email: string,
): Promise<BulkJob> {
  requireRecentSignIn(caller, deps.clock());
  const { account, membership } = await deps.accounts.standing(caller.account, caller.organization);
  const own = [account?.email, membership?.logins?.email, membership?.login].filter(isAddress);
  if (!own.map(normalizeLogin).includes(normalizeLogin(email))) {
    throw new MusterError('email_mismatch', 'This is not the email address of your own account.');
  }
  const { account: id, login, origin } = caller;
  return startClearing(deps, { account: id, login, ...origin }, caller.organization);
}

function isAddress(login: string | undefined): login is string {
  return login?.includes('@') === true;
}
