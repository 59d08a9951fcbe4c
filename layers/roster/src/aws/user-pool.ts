/** The user pool as the follower of memberships sees it: who may sign in at all. */
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminUserGlobalSignOutCommand,
  CognitoIdentityProviderClient,
  InvalidParameterException,
  ListUsersCommand,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';

/** A user of the pool: the account it is of, and whether it may sign in. */
export interface PoolUser {
  account: string;
  enabled: boolean;
}

export interface UserPool {
  /** Whether the account's user is enabled; undefined if there is none. */
  isEnabled(account: string): Promise<boolean | undefined>;
  enable(account: string): Promise<void>;
  disable(account: string): Promise<void>;
  /** Deletes the account's user; one that is gone is no error. */
  remove(account: string): Promise<void>;
  /** Revokes the refresh tokens of the account. */
  signOut(account: string): Promise<void>;
  /**
   * A page of at most 60 users and where to go on, if there are more. A `next` that the pool does not take any more
   * (they are good for an hour or so) starts from the beginning.
   */
  page(next?: string): Promise<{ users: PoolUser[]; next?: string }>;
}

/** ListUsers gives 60 at most (API Reference). */
const usersPerPageMax = 60;

let sharedClient: CognitoIdentityProviderClient | undefined;

/**
 * The process's client. A throttled call is tried often, with a rate that adapts: AWS lets 25 updates of users
 * through a second (Cognito Developer Guide, "Quotas", UserUpdate).
 */
function cognito(): CognitoIdentityProviderClient {
  sharedClient ??= new CognitoIdentityProviderClient({
    retryMode: 'adaptive',
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, httpsAgent: { keepAlive: true } },
  });
  return sharedClient;
}

/** Opens the user pool. Nothing is sent until a method is called. */
export function cognitoUserPool({
  userPoolId,
  client = cognito(),
}: {
  userPoolId: string;
  client?: CognitoIdentityProviderClient;
}): UserPool {
  const pool = { UserPoolId: userPoolId };
  const listed = async (next: string | undefined) => {
    const input = {
      ...pool,
      Limit: usersPerPageMax,
      AttributesToGet: [],
      ...(next && { PaginationToken: next }),
    };
    const { Users = [], PaginationToken } = await client.send(new ListUsersCommand(input));
    const users = Users.flatMap(({ Username, Enabled }) =>
      Username === undefined ? [] : [{ account: Username, enabled: Enabled === true }],
    );
    return { users, ...(PaginationToken && { next: PaginationToken }) };
  };
  return {
    async isEnabled(account) {
      try {
        const { Enabled } = await client.send(new AdminGetUserCommand({ ...pool, Username: account }));
        return Enabled === true;
      } catch (error) {
        if (error instanceof UserNotFoundException) return undefined;
        throw error;
      }
    },
    async enable(account) {
      await client.send(new AdminEnableUserCommand({ ...pool, Username: account }));
    },
    async disable(account) {
      await client.send(new AdminDisableUserCommand({ ...pool, Username: account }));
    },
    async remove(account) {
      try {
        await client.send(new AdminDeleteUserCommand({ ...pool, Username: account }));
      } catch (error) {
        if (!(error instanceof UserNotFoundException)) throw error;
      }
    },
    async signOut(account) {
      await client.send(new AdminUserGlobalSignOutCommand({ ...pool, Username: account }));
    },
    async page(next) {
      try {
        return await listed(next);
      } catch (error) {
        if (next === undefined || !(error instanceof InvalidParameterException)) throw error;
        return listed(undefined);
      }
    },
  };
}
