import type * as z from 'zod';
import { CognitoError, invalidParameter } from './errors.ts';
import type { mfaSettingsSchema } from './operation.ts';
import type { Pool } from './pools.ts';
import { stepOf } from './totp.ts';
import type { User, Users } from './users.ts';

type MfaSettings = z.output<typeof mfaSettingsSchema>;

/** The members of GetUser and AdminGetUser that tell the user's second factor. */
export function mfaMembers(user: User): object {
  return {
    ...(user.totpEnabled ? { UserMFASettingList: ['SOFTWARE_TOKEN_MFA'] } : {}),
    ...(user.totpEnabled && user.totpPreferred ? { PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA' } : {}),
  };
}

/** @throws CognitoError SoftwareTokenMFANotFoundException where the pool has no second factor */
export function requireMfa(pool: Pool): void {
  if (pool.mfa !== 'OFF') return;
  throw new CognitoError(
    'SoftwareTokenMFANotFoundException',
    'Software Token MFA has not been enabled by the userPool',
  );
}

/** SetUserMFAPreference and AdminSetUserMFAPreference. @throws CognitoError InvalidParameterException */
export function setMfaPreference(
  users: Users,
  user: User,
  settings: { SoftwareTokenMfaSettings?: MfaSettings | undefined; SMSMfaSettings?: MfaSettings | undefined },
): void {
  if (settings.SMSMfaSettings?.Enabled) {
    throw invalidParameter('User does not have delivery config set to turn on SMS_MFA');
  }
  const totp = settings.SoftwareTokenMfaSettings;
  if (!totp) return;
  if (totp.Enabled && !user.totpSecret) throw invalidParameter('User has not verified software token mfa');
  users.update(user, {
    totpEnabled: totp.Enabled ? 1 : 0,
    totpPreferred: totp.Enabled && totp.PreferredMfa ? 1 : 0,
  });
}

/**
 * Takes a code of the user's authenticator; each is good once.
 * @throws CognitoError ExpiredCodeException for a code that was used, or whatever `mismatch` makes
 */
export function takeCode(
  users: Users,
  user: User,
  attempt: { code: string; secret: string | null; now: Date; mismatch: () => CognitoError },
): User {
  const step = attempt.secret ? stepOf(attempt.code, attempt.secret, attempt.now) : undefined;
  if (step === undefined) throw attempt.mismatch();
  if (step <= user.totpStep) {
    throw new CognitoError('ExpiredCodeException', 'Your software token has already been used once.');
  }
  return users.update(user, { totpStep: step });
}
