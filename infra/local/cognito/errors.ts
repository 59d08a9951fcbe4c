/**
 * An answer that the caller's SDK turns into the exception named `code`.
 *
 * Source of the codes: "Errors" of each operation in
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html; the messages are
 * those that the service gives.
 */
export class CognitoError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
  }
}

/** A refusal to sign in, refresh or act: NotAuthorizedException. */
export const notAuthorized = (message: string) => new CognitoError('NotAuthorizedException', message);

/** The one answer to a wrong password and, under preventUserExistenceErrors, to an unknown user. */
export const incorrectLogin = () => notAuthorized('Incorrect username or password.');

/** The answer to a disabled user that proved the password. */
export const userDisabled = () => notAuthorized('User is disabled.');

/** The answer to an operation on a user that the pool does not have. */
export const userNotFound = () => new CognitoError('UserNotFoundException', 'User does not exist.');

/** A request that the service cannot take as it is: InvalidParameterException. */
export const invalidParameter = (message: string) => new CognitoError('InvalidParameterException', message);
