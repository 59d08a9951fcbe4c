import { MusterError } from '../domain/errors.ts';

/** How long a sign-in is recent, 10 minutes. */
export const recentSignInSeconds = 600;

/**
 * Refuses a caller whose sign-in is not recent. What counts is when a password was given (`auth_time`, OpenID Connect
 * Core, section 2), not when the token was issued: refreshing gives a new token to whoever found a session open.
 * @throws MusterError `recent_sign_in_required`
 */
export function requireRecentSignIn(
  { signedInAtSeconds }: { signedInAtSeconds?: number | undefined },
  now: Date,
): void {
  const isRecent =
    signedInAtSeconds !== undefined && now.getTime() <= (signedInAtSeconds + recentSignInSeconds) * 1000;
  if (isRecent) return;
  const why = 'This takes a sign-in of the last 10 minutes. Sign in again and repeat.';
  throw new MusterError('recent_sign_in_required', why);
}
