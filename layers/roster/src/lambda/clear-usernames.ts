/** Clear All Usernames (S4.9): guarded as what cannot be undone, by a recent sign-in and the own email, typed (S0.24). */
import type { BulkJob } from '../domain/bulk-job.ts';
import { type BulkDeps, startClearing } from './bulk-jobs.ts';
import type { Deps } from './deps.ts';
import type { Acting } from './member-call.ts';
import { requireOwnEmail } from './own-email.ts';
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
  await requireOwnEmail(deps, caller, email);
  const { account: id, login, origin } = caller;
  return startClearing(deps, { account: id, login, ...origin }, caller.organization);
}
