import * as z from 'zod';
import type { Challenge } from './challenges.ts';
import type { Cognito } from './cognito.ts';
import { CognitoError, incorrectLogin, invalidParameter, userDisabled } from './errors.ts';
import { mfaMembers, requireMfa, setMfaPreference, takeCode } from './mfa.ts';
import {
  mfaSettingsSchema,
  type Operation,
  type Operations,
  operation,
  optional,
  passwordSchema,
} from './operation.ts';
import { checkPolicy, isPassword } from './passwords.ts';
import type { Pool } from './pools.ts';
import { generateSecret } from './totp.ts';
import type { User } from './users.ts';

const bearer = z.object({ AccessToken: z.string() });
const tokenOrSession = z.object({ AccessToken: optional(z.string()), Session: optional(z.string()) });

/** The operations that users do on their own account, with an access token. */
export function account(cognito: Cognito): Operations {
  const { pools, users, tokens } = cognito;
  return {
    GetUser: operation(bearer, (input) => {
      const { user } = tokens.authenticate(input.AccessToken);
      return { Username: user.username, UserAttributes: users.attributes(user), ...mfaMembers(user) };
    }),
    GlobalSignOut: operation(bearer, (input) => {
      tokens.revokeAll(tokens.authenticate(input.AccessToken).user);
      return {};
    }),
    RevokeToken: operation(z.object({ Token: z.string().min(1), ClientId: z.string().min(1) }), (input) => {
      tokens.revoke(input.Token, pools.client(input.ClientId).client);
      return {};
    }),
    ChangePassword: changePassword(cognito),
    AssociateSoftwareToken: associateSoftwareToken(cognito),
    VerifySoftwareToken: verifySoftwareToken(cognito),
    SetUserMFAPreference: operation(
      bearer.extend({
        SoftwareTokenMfaSettings: optional(mfaSettingsSchema),
        SMSMfaSettings: optional(mfaSettingsSchema),
      }),
      (input) => {
        setMfaPreference(users, tokens.authenticate(input.AccessToken).user, input);
        return {};
      },
    ),
  };
}

function changePassword({ lockout, tokens, users }: Cognito): Operation {
  const input = bearer.extend({ PreviousPassword: passwordSchema, ProposedPassword: passwordSchema });
  return operation(input, ({ AccessToken, PreviousPassword, ProposedPassword }) => {
    const { user, pool } = tokens.authenticate(AccessToken);
    if (lockout.isLocked(pool.id, user.username)) {
      throw new CognitoError('LimitExceededException', 'Attempt limit exceeded, please try after some time.');
    }
    if (!isPassword(PreviousPassword, user.password)) {
      lockout.fail(pool.id, user.username);
      throw incorrectLogin();
    }
    checkPolicy(ProposedPassword, pool.passwordPolicy);
    users.setPassword(user, ProposedPassword, 'CONFIRMED');
    return {};
  });
}

/** Who sets up an authenticator: signed in, or in the middle of the MFA_SETUP challenge. */
interface Enrolling {
  user: User;
  pool: Pool;
  challenge?: Challenge;
}

function enrolling(cognito: Cognito, input: z.output<typeof tokenOrSession>): Enrolling {
  const found = input.AccessToken
    ? cognito.tokens.authenticate(input.AccessToken)
    : enrollingBySession(cognito, input.Session);
  requireMfa(found.pool);
  return found;
}

function enrollingBySession(cognito: Cognito, session: string | undefined): Enrolling {
  if (!session) throw invalidParameter('Missing required parameter AccessToken or Session');
  const challenge = cognito.challenges.open(session, 'MFA_SETUP');
  const user = cognito.users.byId(challenge.user);
  if (!user.enabled) throw userDisabled();
  return { user, pool: cognito.pools.get(user.pool), challenge };
}

/** The next `Session` of a sign-in, when this is one. */
function nextSession(cognito: Cognito, { user, challenge }: Enrolling, verified: boolean): object {
  if (!challenge) return {};
  cognito.challenges.use(challenge);
  return { Session: cognito.challenges.pose('MFA_SETUP', user, challenge.client, verified) };
}

/** The authenticator that was verified before stays in force until the new one is. */
function associateSoftwareToken(cognito: Cognito): Operation {
  return operation(tokenOrSession, (input) => {
    const found = enrolling(cognito, input);
    const secret = generateSecret();
    cognito.users.update(found.user, { totpPending: secret });
    return { SecretCode: secret, ...nextSession(cognito, found, false) };
  });
}

function verifySoftwareToken(cognito: Cognito): Operation {
  const input = tokenOrSession.extend({ UserCode: z.string().regex(/^[0-9]{6}$/) });
  return operation(input, ({ UserCode, ...credentials }) => {
    const found = enrolling(cognito, credentials);
    const mismatch = () =>
      new CognitoError('EnableSoftwareTokenMFAException', 'Code mismatch and fail enable Software Token MFA');
    const secret = found.user.totpPending;
    const unused = { ...found.user, totpStep: 0 };
    takeCode(cognito.users, unused, { code: UserCode, secret, now: cognito.clock(), mismatch });
    cognito.users.update(found.user, { totpSecret: secret, totpPending: null });
    return { Status: 'SUCCESS', ...nextSession(cognito, found, true) };
  });
}
