/**
 * The sign-ins of people, in a Cognito user pool whose user names are account ids. Each operation translates the
 * exceptions that its page in the API Reference lists; others pass through as they are.
 */
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminInitiateAuthCommand,
  type AdminInitiateAuthCommandOutput,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  CodeMismatchException,
  CognitoIdentityProviderClient,
  ExpiredCodeException,
  InvalidParameterException,
  InvalidPasswordException,
  LimitExceededException,
  NotAuthorizedException,
  PasswordHistoryPolicyViolationException,
  PasswordResetRequiredException,
  TooManyRequestsException,
  UserNotConfirmedException,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { MusterError } from '../domain/errors.ts';

/** What a sign-in gives. `refreshToken` is absent where the one in use stays. */
export interface Tokens {
  accessToken: string;
  refreshToken?: string;
  expiresInSeconds: number;
}

/** The account must choose a new password before it gets tokens; `session` is Cognito's, good for minutes. */
export interface NewPasswordChallenge {
  challenge: 'NEW_PASSWORD_REQUIRED';
  session: string;
}

export interface Identity {
  /**
   * Makes an account. A password that is not `permanent` is good for one sign-in that must change it.
   * @throws MusterError `invalid_password`
   */
  createAccount(
    account: string,
    options: { email?: string | undefined; password: string; permanent: boolean },
  ): Promise<void>;
  /**
   * Gives an account a password that is good for one sign-in, which must change it. An account that the pool has
   * lost is made again.
   * @throws MusterError `invalid_password`
   */
  setOneTimePassword(account: string, password: string): Promise<void>;
  /** Deletes an account; one that is not there is no error. */
  deleteAccount(account: string): Promise<void>;
  /** @throws MusterError `wrong_credentials` alike for an unknown account, a wrong password and a locked one. */
  signIn(account: string, password: string): Promise<Tokens | NewPasswordChallenge>;
  /** @throws MusterError `invalid_session`, `invalid_password` */
  answerNewPassword(
    account: string,
    session: string,
    newPassword: string,
  ): Promise<Tokens | NewPasswordChallenge>;
  /** @throws MusterError `invalid_session` */
  refresh(refreshToken: string): Promise<Tokens>;
  /** Revokes all refresh tokens of the account. Access tokens are refused by the authorizer. */
  signOutEverywhere(account: string): Promise<void>;
}

/** What the user pool asks of a password, in words (infra sets the same policy). */
export const passwordPolicy =
  'A password has 12 to 256 characters, with a capital letter, a small letter, a digit and a symbol.';

export interface IdentityOptions {
  userPoolId: string;
  /** Not needed to create and delete accounts. */
  clientId?: string;
  client?: CognitoIdentityProviderClient;
}

let sharedClient: CognitoIdentityProviderClient | undefined;

function cognito(): CognitoIdentityProviderClient {
  sharedClient ??= new CognitoIdentityProviderClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, httpsAgent: { keepAlive: true } },
  });
  return sharedClient;
}

/** Opens the user pool. Nothing is sent until a method is called. */
export function cognitoIdentity({ userPoolId, clientId, client = cognito() }: IdentityOptions): Identity {
  const pool = { UserPoolId: userPoolId };
  const app = { ...pool, ClientId: clientId };
  const setPassword = (account: string, password: string, permanent: boolean) =>
    client.send(
      new AdminSetUserPasswordCommand({
        ...pool,
        Username: account,
        Password: password,
        Permanent: permanent,
      }),
    );
  const deleteAccount = async (account: string) => {
    try {
      await client.send(new AdminDeleteUserCommand({ ...pool, Username: account }));
    } catch (error) {
      if (!(error instanceof UserNotFoundException)) throw busyOr(error);
    }
  };
  const identity: Identity = {
    deleteAccount,
    async setOneTimePassword(account, password) {
      try {
        await setPassword(account, password, false);
      } catch (error) {
        if (error instanceof UserNotFoundException) {
          return identity.createAccount(account, { password, permanent: false });
        }
        throw passwordFault(error) ?? busyOr(error);
      }
    },
    async createAccount(account, { email, password, permanent }) {
      const attributes = email === undefined ? [] : [{ Name: 'email', Value: email }];
      const create = new AdminCreateUserCommand({
        ...pool,
        Username: account,
        UserAttributes: attributes,
        TemporaryPassword: password,
        MessageAction: 'SUPPRESS',
      });
      try {
        await client.send(create);
        if (permanent) await setPassword(account, password, true);
      } catch (error) {
        throw passwordFault(error) ?? busyOr(error);
      }
    },
    async signIn(account, password) {
      const parameters = { USERNAME: account, PASSWORD: password };
      const flow = { ...app, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' as const, AuthParameters: parameters };
      try {
        return outcome(await client.send(new AdminInitiateAuthCommand(flow)));
      } catch (error) {
        if (isRefusal(error)) throw wrongCredentials(error);
        throw busyOr(error);
      }
    },
    async answerNewPassword(account, session, newPassword) {
      const answer = new AdminRespondToAuthChallengeCommand({
        ...app,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session: session,
        ChallengeResponses: { USERNAME: account, NEW_PASSWORD: newPassword },
      });
      try {
        return outcome(await client.send(answer));
      } catch (error) {
        if (isSpentSession(error)) throw invalidSession(error);
        throw passwordFault(error) ?? busyOr(error);
      }
    },
    async refresh(refreshToken) {
      const parameters = { REFRESH_TOKEN: refreshToken };
      const flow = { ...app, AuthFlow: 'REFRESH_TOKEN_AUTH' as const, AuthParameters: parameters };
      try {
        return tokens(await client.send(new AdminInitiateAuthCommand(flow)));
      } catch (error) {
        if (isSpentSession(error)) throw invalidSession(error);
        throw busyOr(error);
      }
    },
    async signOutEverywhere(account) {
      try {
        await client.send(new AdminUserGlobalSignOutCommand({ ...pool, Username: account }));
      } catch (error) {
        // Nobody to sign out is as good as signed out.
        if (!(error instanceof UserNotFoundException)) throw busyOr(error);
      }
    },
  };
  return identity;
}

function outcome(output: AdminInitiateAuthCommandOutput): Tokens | NewPasswordChallenge {
  if (output.ChallengeName === undefined) return tokens(output);
  if (output.ChallengeName !== 'NEW_PASSWORD_REQUIRED' || output.Session === undefined) {
    throw new Error(`Muster does not know how to answer the challenge ${output.ChallengeName}.`);
  }
  return { challenge: output.ChallengeName, session: output.Session };
}

function tokens({ AuthenticationResult: result }: AdminInitiateAuthCommandOutput): Tokens {
  if (result?.AccessToken === undefined || result.ExpiresIn === undefined) {
    throw new Error('The user pool answered a sign-in without tokens.');
  }
  return {
    accessToken: result.AccessToken,
    ...(result.RefreshToken !== undefined && { refreshToken: result.RefreshToken }),
    expiresInSeconds: result.ExpiresIn,
  };
}

/** Reasons not to let somebody in, which the answer must not tell apart. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof NotAuthorizedException ||
    error instanceof UserNotFoundException ||
    error instanceof UserNotConfirmedException ||
    error instanceof PasswordResetRequiredException
  );
}

/** A session or refresh token that is expired, spent, revoked, of somebody else, or no token at all. */
function isSpentSession(error: unknown): boolean {
  return (
    isRefusal(error) ||
    error instanceof CodeMismatchException ||
    error instanceof ExpiredCodeException ||
    error instanceof InvalidParameterException
  );
}

/** The one refusal of a sign-in. */
export function wrongCredentials(cause?: unknown): MusterError {
  return new MusterError('wrong_credentials', 'The login or the password is wrong.', { cause });
}

function invalidSession(cause: unknown): MusterError {
  return new MusterError('invalid_session', 'The session has ended. Sign in again.', { cause });
}

function passwordFault(error: unknown): MusterError | undefined {
  if (error instanceof InvalidPasswordException) {
    return new MusterError('invalid_password', passwordPolicy, { cause: error });
  }
  if (error instanceof PasswordHistoryPolicyViolationException) {
    return new MusterError('invalid_password', 'This password was used before. Choose another.', {
      cause: error,
    });
  }
  return undefined;
}

function busyOr(error: unknown): unknown {
  if (error instanceof TooManyRequestsException || error instanceof LimitExceededException) {
    return new MusterError('too_many_requests', 'Too many attempts. Try again in a minute.', {
      cause: error,
    });
  }
  return error;
}
