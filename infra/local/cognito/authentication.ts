import * as z from 'zod';
import type { Challenge } from './challenges.ts';
import type { Cognito } from './cognito.ts';
import {
  CognitoError,
  incorrectLogin,
  invalidParameter,
  notAuthorized,
  userDisabled,
  userNotFound,
} from './errors.ts';
import { takeCode } from './mfa.ts';
import { type Operations, operation, optional, poolIdSchema } from './operation.ts';
import { checkPolicy, isPassword } from './passwords.ts';
import type { ClientSettings, Pool } from './pools.ts';
import type { User } from './users.ts';

/** Where somebody signs in. */
interface Place {
  pool: Pool;
  client: ClientSettings;
}

const parametersSchema = optional(z.record(z.string(), z.string()));
const initiateSchema = z.object({
  ClientId: z.string().min(1).max(128),
  AuthFlow: z.string(),
  AuthParameters: parametersSchema,
});
const respondSchema = z.object({
  ClientId: z.string().min(1).max(128),
  ChallengeName: z.enum(['NEW_PASSWORD_REQUIRED', 'SOFTWARE_TOKEN_MFA', 'MFA_SETUP']),
  Session: optional(z.string()),
  ChallengeResponses: parametersSchema,
});
const poolIdMember = { UserPoolId: poolIdSchema };

type Initiate = z.output<typeof initiateSchema>;
type Respond = z.output<typeof respondSchema>;
type Parameters = Record<string, string>;

function required(parameters: Parameters | undefined, name: string): string {
  const value = parameters?.[name];
  if (!value) throw invalidParameter(`Missing required parameter ${name}`);
  return value;
}

/**
 * The operations that sign in and refresh.
 *
 * Source: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
 */
export function authentication(cognito: Cognito): Operations {
  const { pools } = cognito;
  return {
    InitiateAuth: operation(initiateSchema, (input) =>
      initiate(cognito, pools.client(input.ClientId), input, 'USER_PASSWORD_AUTH'),
    ),
    AdminInitiateAuth: operation(initiateSchema.extend(poolIdMember), (input) =>
      initiate(cognito, pools.client(input.ClientId, input.UserPoolId), input, 'ADMIN_USER_PASSWORD_AUTH'),
    ),
    RespondToAuthChallenge: operation(respondSchema, (input) =>
      respond(cognito, pools.client(input.ClientId), input),
    ),
    AdminRespondToAuthChallenge: operation(respondSchema.extend(poolIdMember), (input) =>
      respond(cognito, pools.client(input.ClientId, input.UserPoolId), input),
    ),
  };
}

function initiate(cognito: Cognito, place: Place, input: Initiate, passwordFlow: string): object {
  const flow = input.AuthFlow === 'REFRESH_TOKEN' ? 'REFRESH_TOKEN_AUTH' : input.AuthFlow;
  if (flow !== passwordFlow && flow !== 'REFRESH_TOKEN_AUTH') {
    throw invalidParameter('Initiate Auth method not supported.');
  }
  if (!place.client.authFlows.includes(`ALLOW_${flow}`)) {
    throw invalidParameter(
      flow === 'USER_PASSWORD_AUTH'
        ? 'USER_PASSWORD_AUTH flow not enabled for this client'
        : 'Auth flow not enabled for this client',
    );
  }
  if (flow === 'REFRESH_TOKEN_AUTH') {
    const token = required(input.AuthParameters, 'REFRESH_TOKEN');
    return answer({ AuthenticationResult: cognito.tokens.refresh(token, place.pool, place.client) });
  }
  const username = required(input.AuthParameters, 'USERNAME');
  const user = provePassword(cognito, place, username, required(input.AuthParameters, 'PASSWORD'));
  return afterPassword(cognito, place, user);
}

/** An unknown user takes the same steps and the same time as a wrong password. */
function provePassword(cognito: Cognito, { pool, client }: Place, username: string, password: string): User {
  const { users, lockout } = cognito;
  lockout.check(pool.id, username);
  const user = users.find(pool.id, username);
  const proved = isPassword(password, user?.password);
  if (!user || !proved) {
    lockout.fail(pool.id, username);
    throw user || client.preventUserExistenceErrors ? incorrectLogin() : userNotFound();
  }
  if (!user.enabled) throw userDisabled();
  return user;
}

function afterPassword(cognito: Cognito, place: Place, user: User): object {
  if (user.status === 'RESET_REQUIRED') {
    throw new CognitoError('PasswordResetRequiredException', 'Password reset required for the user');
  }
  if (user.status === 'CONFIRMED') return secondFactor(cognito, place, user);
  const validMilliseconds = place.pool.passwordPolicy.temporaryPasswordDays * 24 * 60 * 60 * 1000;
  if (user.passwordSetAt + validMilliseconds <= cognito.clock().getTime()) {
    throw notAuthorized('Temporary password has expired and must be reset by an administrator.');
  }
  const attributes = cognito.users.attributes(user).filter(({ Name }) => Name !== 'sub');
  return answer({
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: cognito.challenges.pose('NEW_PASSWORD_REQUIRED', user, place.client.id),
    ChallengeParameters: {
      USER_ID_FOR_SRP: user.username,
      requiredAttributes: '[]',
      userAttributes: JSON.stringify(Object.fromEntries(attributes.map(({ Name, Value }) => [Name, Value]))),
    },
  });
}

function secondFactor(cognito: Cognito, place: Place, user: User): object {
  if (place.pool.mfa !== 'OFF' && user.totpEnabled) {
    return answer({
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: cognito.challenges.pose('SOFTWARE_TOKEN_MFA', user, place.client.id),
      ChallengeParameters: { USER_ID_FOR_SRP: user.username },
    });
  }
  if (place.pool.mfa === 'ON') {
    return answer({
      ChallengeName: 'MFA_SETUP',
      Session: cognito.challenges.pose('MFA_SETUP', user, place.client.id),
      ChallengeParameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]', USER_ID_FOR_SRP: user.username },
    });
  }
  return complete(cognito, place, user);
}

function complete({ lockout, tokens }: Cognito, { pool, client }: Place, user: User): object {
  lockout.clear(pool.id, user.username);
  return answer({ AuthenticationResult: tokens.signIn(user, pool, client) });
}

const answer = (members: object) => ({ ChallengeParameters: {}, ...members });

function respond(cognito: Cognito, place: Place, input: Respond): object {
  if (!input.Session) throw invalidParameter('Missing required parameter Session');
  const challenge = cognito.challenges.open(input.Session, input.ChallengeName);
  const username = required(input.ChallengeResponses, 'USERNAME');
  const user = cognito.users.byId(challenge.user);
  if (challenge.client !== place.client.id || user.username !== username) {
    throw notAuthorized('Invalid session for the user.');
  }
  if (!user.enabled) throw userDisabled();
  const responses = input.ChallengeResponses ?? {};
  if (challenge.name === 'NEW_PASSWORD_REQUIRED') {
    return answerNewPassword(cognito, place, { user, challenge, responses });
  }
  if (challenge.name === 'SOFTWARE_TOKEN_MFA')
    return answerCode(cognito, place, { user, challenge, responses });
  return answerSetup(cognito, place, { user, challenge, responses });
}

interface Answered {
  user: User;
  challenge: Challenge;
  responses: Parameters;
}

const attributePrefix = 'userAttributes.';

/** A password that the policy refuses leaves the challenge open for another. */
function answerNewPassword(cognito: Cognito, place: Place, { user, challenge, responses }: Answered): object {
  const password = required(responses, 'NEW_PASSWORD');
  checkPolicy(password, place.pool.passwordPolicy);
  const attributes = Object.entries(responses)
    .filter(([name]) => name.startsWith(attributePrefix))
    .map(([name, value]) => ({ Name: name.slice(attributePrefix.length), Value: value }));
  if (attributes.length > 0) cognito.users.setAttributes(user, attributes);
  cognito.challenges.use(challenge);
  return secondFactor(cognito, place, cognito.users.setPassword(user, password, 'CONFIRMED'));
}

/** Wrong codes count as wrong passwords do, and leave the challenge open for another. */
function answerCode(cognito: Cognito, place: Place, { user, challenge, responses }: Answered): object {
  const code = required(responses, 'SOFTWARE_TOKEN_MFA_CODE');
  cognito.lockout.check(place.pool.id, user.username);
  const mismatch = () => {
    cognito.lockout.fail(place.pool.id, user.username);
    return new CognitoError('CodeMismatchException', 'Invalid code received for user');
  };
  takeCode(cognito.users, user, { code, secret: user.totpSecret, now: cognito.clock(), mismatch });
  cognito.challenges.use(challenge);
  return complete(cognito, place, user);
}

function answerSetup(cognito: Cognito, place: Place, { user, challenge }: Answered): object {
  if (!challenge.verified) throw invalidParameter('User has not verified software token mfa');
  cognito.challenges.use(challenge);
  return complete(cognito, place, cognito.users.update(user, { totpEnabled: 1, totpPreferred: 1 }));
}
