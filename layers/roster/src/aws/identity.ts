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
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  AssociateSoftwareTokenCommand,
  ChangePasswordCommand,
  CodeMismatchException,
  CognitoIdentityProviderClient,
  EnableSoftwareTokenMFAException,
  ExpiredCodeException,
  InvalidParameterException,
  InvalidPasswordException,
  LimitExceededException,
  NotAuthorizedException,
  PasswordHistoryPolicyViolationException,
  PasswordResetRequiredException,
  SoftwareTokenMFANotFoundException,
  TooManyRequestsException,
  UserNotConfirmedException,
  UserNotFoundException,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { MusterError } from '../domain/errors.ts';

/** What a sign-in gives. `refreshToken` is absent where the one in use stays. */
export interface Tokens {
  accessToken: string;
  refreshToken?: string;
  expiresInSeconds: number;
}

/**
 * What is asked before there are tokens: a new password, or a code of the authenticator app. `session` is Cognito's,
 * good for minutes.
 */
export interface Challenge {
  challenge: (typeof challengeNames)[number];
  session: string;
}

const challengeNames = ['NEW_PASSWORD_REQUIRED', 'SOFTWARE_TOKEN_MFA'] as const;

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
  /**
   * Gives an account a password for good.
   * @throws MusterError `invalid_password`
   */
  setPassword(account: string, password: string): Promise<void>;
  /** Deletes an account; one that is not there is no error. */
  deleteAccount(account: string): Promise<void>;
  /** @throws MusterError `wrong_credentials` alike for an unknown account, a wrong password and a locked one. */
  signIn(account: string, password: string): Promise<Tokens | Challenge>;
  /** @throws MusterError `invalid_session`, `invalid_password` */
  answerNewPassword(account: string, session: string, newPassword: string): Promise<Tokens | Challenge>;
  /** @throws MusterError `wrong_code`, also for one that was used before; `invalid_session` */
  answerCode(account: string, session: string, code: string): Promise<Tokens | Challenge>;
  /**
   * Changes the password of whom an access token is of.
   * @throws MusterError `wrong_credentials`, `invalid_password`
   */
  changePassword(accessToken: string, currentPassword: string, newPassword: string): Promise<void>;
  /** Makes a new TOTP secret, in base32. It counts once it is confirmed; one that counts already does until then. */
  newSecondFactor(accessToken: string): Promise<string>;
  /**
   * Makes sign-ins ask for a code of the new secret from now on.
   * @throws MusterError `wrong_code`, also where no secret waits to be confirmed
   */
  confirmSecondFactor(account: string, accessToken: string, code: string): Promise<void>;
  /** Makes sign-ins ask for no code; nothing happens where they asked for none. */
  dropSecondFactor(account: string): Promise<void>;
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

/**
 * The process's client. A throttled call is tried four times, with waits of up to 0.5, 1 and 2 seconds: whoever joins
 * makes three calls and may need one to undo, which together are over before the function's 25 seconds are.
 */
function cognito(): CognitoIdentityProviderClient {
  sharedClient ??= new CognitoIdentityProviderClient({
    maxAttempts: 4,
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
  const preferSecondFactor = async (account: string, isAsked: boolean) => {
    const settings = { Enabled: isAsked, PreferredMfa: isAsked };
    try {
      await client.send(
        new AdminSetUserMFAPreferenceCommand({
          ...pool,
          Username: account,
          SoftwareTokenMfaSettings: settings,
        }),
      );
    } catch (error) {
      // Of somebody whom the pool has lost it asks no code.
      if (isAsked || !(error instanceof UserNotFoundException)) throw busyOr(error);
    }
  };
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
    async setPassword(account, password) {
      try {
        await setPassword(account, password, true);
      } catch (error) {
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
    async answerCode(account, session, code) {
      const answer = new AdminRespondToAuthChallengeCommand({
        ...app,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session: session,
        ChallengeResponses: { USERNAME: account, SOFTWARE_TOKEN_MFA_CODE: code },
      });
      try {
        return outcome(await client.send(answer));
      } catch (error) {
        if (isWrongCode(error)) throw wrongCode(error);
        if (isSpentSession(error)) throw invalidSession(error);
        throw busyOr(error);
      }
    },
    async changePassword(accessToken, currentPassword, newPassword) {
      const change = new ChangePasswordCommand({
        AccessToken: accessToken,
        PreviousPassword: currentPassword,
        ProposedPassword: newPassword,
      });
      try {
        await client.send(change);
      } catch (error) {
        if (isRefusal(error)) throw wrongCredentials(error);
        throw passwordFault(error) ?? busyOr(error);
      }
    },
    async newSecondFactor(accessToken) {
      try {
        const { SecretCode } = await client.send(
          new AssociateSoftwareTokenCommand({ AccessToken: accessToken }),
        );
        if (SecretCode === undefined) throw new Error('The user pool made no secret.');
        return SecretCode;
      } catch (error) {
        if (isRefusal(error)) throw invalidSession(error);
        throw busyOr(error);
      }
    },
    async confirmSecondFactor(account, accessToken, code) {
      try {
        const verify = new VerifySoftwareTokenCommand({ AccessToken: accessToken, UserCode: code });
        const { Status } = await client.send(verify);
        if (Status !== 'SUCCESS') throw wrongCode(undefined);
      } catch (error) {
        if (isWrongCode(error) || isUnconfirmed(error)) throw wrongCode(error);
        if (isRefusal(error)) throw invalidSession(error);
        throw busyOr(error);
      }
      await preferSecondFactor(account, true);
    },
    dropSecondFactor: (account) => preferSecondFactor(account, false),
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

function outcome(output: AdminInitiateAuthCommandOutput): Tokens | Challenge {
  if (output.ChallengeName === undefined) return tokens(output);
  const challenge = challengeNames.find((name) => name === output.ChallengeName);
  if (challenge === undefined || output.Session === undefined) {
    throw new Error(`Muster does not know how to answer the challenge ${output.ChallengeName}.`);
  }
  return { challenge, session: output.Session };
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

/** A code that is not of the new secret, or there is no new secret. */
function isUnconfirmed(error: unknown): boolean {
  return (
    error instanceof EnableSoftwareTokenMFAException || error instanceof SoftwareTokenMFANotFoundException
  );
}

function isWrongCode(error: unknown): boolean {
  return error instanceof CodeMismatchException || error instanceof ExpiredCodeException;
}

function wrongCode(cause: unknown): MusterError {
  return new MusterError('wrong_code', 'The code is wrong, or was used before. Wait for the next one.', {
    cause,
  });
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
