import * as z from 'zod';
import type { Cognito } from './cognito.ts';
import { CognitoError, invalidParameter, notAuthorized } from './errors.ts';
import { describeUser } from './listing.ts';
import { mfaMembers, setMfaPreference } from './mfa.ts';
import {
  attributesSchema,
  mfaSettingsSchema,
  type Operation,
  type Operations,
  operation,
  optional,
  passwordSchema,
  poolIdSchema,
  usernameSchema,
} from './operation.ts';
import { checkPolicy, generatePassword } from './passwords.ts';
import type { Pool } from './pools.ts';
import type { User } from './users.ts';

const target = z.object({ UserPoolId: poolIdSchema, Username: usernameSchema });

/** The operations of an administrator on one user. */
export function administration(cognito: Cognito): Operations {
  const { pools, users, tokens } = cognito;
  /** An operation that answers `{}`. */
  const act = (run: (user: User) => void): Operation =>
    operation(target, (input) => {
      run(users.get(pools.get(input.UserPoolId).id, input.Username));
      return {};
    });
  return {
    AdminCreateUser: createUser(cognito),
    AdminSetUserPassword: setUserPassword(cognito),
    AdminGetUser: operation(target, (input) => {
      const user = users.get(pools.get(input.UserPoolId).id, input.Username);
      const { Attributes, ...members } = { Attributes: [], ...describeUser(users, user) };
      return { ...members, UserAttributes: Attributes, ...mfaMembers(user) };
    }),
    AdminUpdateUserAttributes: operation(target.extend({ UserAttributes: attributesSchema }), (input) => {
      users.setAttributes(users.get(pools.get(input.UserPoolId).id, input.Username), input.UserAttributes);
      return {};
    }),
    AdminDeleteUser: act((user) => users.delete(user)),
    AdminDisableUser: act((user) => {
      users.update(user, { enabled: 0 });
      tokens.revokeAccess(user);
    }),
    AdminEnableUser: act((user) => void users.update(user, { enabled: 1 })),
    AdminUserGlobalSignOut: act((user) => tokens.revokeAll(user)),
    AdminResetUserPassword: act((user) => {
      checkResettable(cognito, user);
      users.update(user, { status: 'RESET_REQUIRED' });
    }),
    AdminSetUserMFAPreference: operation(
      target.extend({
        SoftwareTokenMfaSettings: optional(mfaSettingsSchema),
        SMSMfaSettings: optional(mfaSettingsSchema),
      }),
      (input) => {
        setMfaPreference(users, users.get(pools.get(input.UserPoolId).id, input.Username), input);
        return {};
      },
    ),
  };
}

/** Nothing is ever sent from here: without SUPPRESS, AWS would mail the temporary password. */
function createUser({ pools, users }: Cognito): Operation {
  const input = target.extend({
    TemporaryPassword: optional(passwordSchema),
    UserAttributes: optional(attributesSchema),
    MessageAction: optional(z.enum(['RESEND', 'SUPPRESS'])),
  });
  return operation(
    input,
    ({ UserPoolId, Username, TemporaryPassword, UserAttributes = [], MessageAction }) => {
      const pool = pools.get(UserPoolId);
      const password = TemporaryPassword ?? generatePassword(pool.passwordPolicy);
      checkPolicy(password, pool.passwordPolicy);
      if (MessageAction === 'RESEND') {
        const user = users.get(pool.id, Username);
        checkResendable(user);
        return { User: describeUser(users, users.setPassword(user, password, 'FORCE_CHANGE_PASSWORD')) };
      }
      const user = users.create({ pool: pool.id, username: Username, password, attributes: UserAttributes });
      return { User: describeUser(users, user) };
    },
  );
}

function checkResendable(user: User): void {
  if (user.status === 'FORCE_CHANGE_PASSWORD') return;
  throw new CognitoError(
    'UnsupportedUserStateException',
    `Resend not possible. ${user.username} status is not FORCE_CHANGE_PASSWORD`,
  );
}

function setUserPassword({ pools, users }: Cognito): Operation {
  const input = target.extend({ Password: passwordSchema, Permanent: optional(z.boolean()) });
  return operation(input, ({ UserPoolId, Username, Password, Permanent }) => {
    const pool: Pool = pools.get(UserPoolId);
    const user = users.get(pool.id, Username);
    checkPolicy(Password, pool.passwordPolicy);
    users.setPassword(user, Password, Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD');
    return {};
  });
}

/** AWS sends a code to a verified address, so it must have one. */
function checkResettable({ users }: Cognito, user: User): void {
  if (user.status === 'FORCE_CHANGE_PASSWORD') {
    throw notAuthorized('User password cannot be reset in the current state.');
  }
  const attributes = new Map(users.attributes(user).map(({ Name, Value }) => [Name, Value]));
  const reachable = ['email', 'phone_number'].some(
    (name) => attributes.has(name) && attributes.get(`${name}_verified`) === 'true',
  );
  if (!reachable) {
    throw invalidParameter(
      'Cannot reset password for the user as there is no registered/verified email or phone_number',
    );
  }
}
