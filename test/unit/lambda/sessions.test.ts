import {
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  AdminUserGlobalSignOutCommand,
  CodeMismatchException,
  CognitoIdentityProviderClient,
  ExpiredCodeException,
  InternalErrorException,
  InvalidPasswordException,
  NotAuthorizedException,
  PasswordResetRequiredException,
  TooManyRequestsException,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AccountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { cognitoIdentity } from '../../../layers/roster/src/aws/identity.ts';
import { TransactionFailed } from '../../../layers/roster/src/aws/table.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { answerChallenge, signIn, signOutEverywhere } from '../../../layers/roster/src/lambda/sessions.ts';

const cognito = mockClient(CognitoIdentityProviderClient);
const meta = { message: 'Incorrect username or password.', $metadata: {} };
const refusal = new NotAuthorizedException(meta);
const result = { AccessToken: 'a', RefreshToken: 'r', ExpiresIn: 900, TokenType: 'Bearer' };

const membership: Membership = {
  account: 'one',
  organization: 'acme',
  level: 'owner',
  login: 'ana',
  state: 'enabled',
  tokensValidFromSeconds: 0,
  version: 1,
};
let memberships: Membership[] = [];
let validFromSeconds = 0;
const writes: string[] = [];

const accounts: AccountRecords = {
  findByLogin: async (login) => (login === 'ana' ? { account: 'one', memberships } : undefined),
  standing: async (id) => ({
    account: { account: id, email: '', createdAt: '', tokensValidFromSeconds: validFromSeconds },
    membership: undefined,
  }),
  memberships: async () => memberships,
  refuseTokensBefore: async (id, seconds) => {
    writes.push(`${id} from ${seconds}`);
  },
  recordSignIn: async (entered, at) => {
    if (isRemoved) throw new TransactionFailed([], undefined);
    writes.push(`${entered.map(({ organization }) => organization).join()} entered ${at}`);
  },
};
let isRemoved = false;
let ids = 0;
const deps = {
  accounts,
  identity: cognitoIdentity({
    userPoolId: 'pool_1',
    clientId: 'console',
    client: new CognitoIdentityProviderClient({ region: 'eu-west-1' }),
  }),
  clock: () => new Date('2026-01-01T00:00:00.600Z'),
  newId: () => `DECOY${++ids}`,
};

beforeEach(() => {
  cognito.reset();
  memberships = [membership];
  validFromSeconds = 0;
  isRemoved = false;
  writes.length = 0;
});

const askedFor = () =>
  cognito.commandCalls(AdminInitiateAuthCommand).map(({ args }) => args[0].input.AuthParameters?.USERNAME);

describe('signing in', () => {
  it('gives tokens', async () => {
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: result });
    expect(await signIn(deps, { login: 'ana', password: 'p' })).toEqual({
      accessToken: 'a',
      refreshToken: 'r',
      expiresInSeconds: 900,
    });
    expect(cognito.commandCalls(AdminInitiateAuthCommand)[0]?.args[0].input).toEqual({
      UserPoolId: 'pool_1',
      ClientId: 'console',
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'one', PASSWORD: 'p' },
    });
  });

  it('asks for a new password where the pool does', async () => {
    const challenge = { ChallengeName: 'NEW_PASSWORD_REQUIRED' as const, Session: 's' };
    cognito.on(AdminInitiateAuthCommand).resolves(challenge);
    expect(await signIn(deps, { login: 'ana', password: 'p' })).toEqual({
      challenge: 'NEW_PASSWORD_REQUIRED',
      session: 's',
    });
  });

  it('is refused alike for wrong, unknown and disabled, each time after asking the pool', async () => {
    cognito.on(AdminInitiateAuthCommand).rejects(refusal);
    const attempt = (login: string) =>
      signIn(deps, { login, password: 'p' }).catch(({ code, message }) => ({ code, message }));
    const wrong = await attempt('ana');
    expect(wrong).toMatchObject({ code: 'wrong_credentials' });
    expect(await attempt('nobody')).toEqual(wrong);
    memberships = [{ ...membership, state: 'disabled' }];
    expect(await attempt('ana')).toEqual(wrong);
    const [known, ...decoys] = askedFor();
    expect(known).toBe('one');
    expect(decoys).toHaveLength(2);
    expect(new Set(decoys).size).toBe(2);
    expect(decoys.join()).not.toContain('one');
  });

  it('lets nobody in whom it asked about under a made-up name, whatever the pool says', async () => {
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: result });
    await expect(signIn(deps, { login: 'nobody', password: 'p' })).rejects.toMatchObject({
      code: 'wrong_credentials',
    });
  });

  it.each([
    [new UserNotFoundException(meta), 'wrong_credentials'],
    [new PasswordResetRequiredException(meta), 'wrong_credentials'],
    [new TooManyRequestsException(meta), 'too_many_requests'],
  ])('translates %s', async (error, code) => {
    cognito.on(AdminInitiateAuthCommand).rejects(error);
    await expect(signIn(deps, { login: 'ana', password: 'p' })).rejects.toMatchObject({ code });
  });

  it('passes on what it does not know', async () => {
    const error = new InternalErrorException(meta);
    cognito.on(AdminInitiateAuthCommand).rejects(error);
    await expect(signIn(deps, { login: 'ana', password: 'p' })).rejects.toBe(error);
  });

  it('waits out the second in which the account was signed out', async () => {
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: result });
    validFromSeconds = Date.parse('2026-01-01T00:00:01Z') / 1000;
    const startedAt = performance.now();
    await signIn(deps, { login: 'ana', password: 'p' });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
  });
});

describe('the time of the last sign-in', () => {
  it('is kept once, on the memberships that are enabled', async () => {
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: result });
    memberships = [membership, { ...membership, organization: 'closed', state: 'disabled' }];
    await signIn(deps, { login: 'ana', password: 'p' });
    expect(writes).toEqual(['acme entered 2026-01-01T00:00:00.600Z']);
  });

  it('is not kept before a new password is chosen, nor for a wrong one', async () => {
    cognito
      .on(AdminInitiateAuthCommand)
      .resolvesOnce({ ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 's' });
    await signIn(deps, { login: 'ana', password: 'p' });
    cognito.on(AdminInitiateAuthCommand).rejects(refusal);
    await expect(signIn(deps, { login: 'ana', password: 'x' })).rejects.toThrow();
    expect(writes).toEqual([]);
  });

  it('refuses whose membership was removed in that moment', async () => {
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: result });
    isRemoved = true;
    await expect(signIn(deps, { login: 'ana', password: 'p' })).rejects.toMatchObject({
      code: 'wrong_credentials',
    });
  });

  it('comes after the second in which a membership was disabled', async () => {
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: result });
    memberships = [{ ...membership, tokensValidFromSeconds: Date.parse('2026-01-01T00:00:01Z') / 1000 }];
    const startedAt = performance.now();
    await signIn(deps, { login: 'ana', password: 'p' });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
  });
});

describe('a new password', () => {
  const answer = () => answerChallenge(deps, { login: 'ana', session: 's'.repeat(20), newPassword: 'n' });

  it('ends in tokens', async () => {
    cognito.on(AdminRespondToAuthChallengeCommand).resolves({ AuthenticationResult: result });
    expect(await answer()).toMatchObject({ accessToken: 'a' });
    const sent = cognito.commandCalls(AdminRespondToAuthChallengeCommand)[0]?.args[0].input;
    expect(sent?.ChallengeResponses).toEqual({ USERNAME: 'one', NEW_PASSWORD: 'n' });
  });

  it('has to fit the policy, which is told in words', async () => {
    cognito.on(AdminRespondToAuthChallengeCommand).rejects(new InvalidPasswordException(meta));
    await expect(answer()).rejects.toMatchObject({
      code: 'invalid_password',
      message: expect.stringMatching(/12 .*capital.*digit.*symbol/),
    });
  });

  it('needs a session that is still good', async () => {
    cognito.on(AdminRespondToAuthChallengeCommand).rejects(refusal);
    await expect(answer()).rejects.toMatchObject({ code: 'invalid_session' });
  });
});

describe('a code of the second factor', () => {
  const answer = (login = 'ana') => answerChallenge(deps, { login, session: 's', code: '123456' });
  const answered = () => cognito.commandCalls(AdminRespondToAuthChallengeCommand)[0]?.args[0].input;

  it('is asked for where the pool does, and ends in tokens and the time of the sign-in', async () => {
    const challenge = { ChallengeName: 'SOFTWARE_TOKEN_MFA' as const, Session: 's' };
    cognito.on(AdminInitiateAuthCommand).resolves(challenge);
    const asked = await signIn(deps, { login: 'ana', password: 'p' });
    expect(asked).toEqual({ challenge: 'SOFTWARE_TOKEN_MFA', session: 's' });
    expect(writes).toEqual([]);
    cognito.on(AdminRespondToAuthChallengeCommand).resolves({ AuthenticationResult: result });
    expect(await answer()).toMatchObject({ accessToken: 'a' });
    expect(answered()).toMatchObject({
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      ChallengeResponses: { USERNAME: 'one', SOFTWARE_TOKEN_MFA_CODE: '123456' },
    });
    expect(writes).toEqual(['acme entered 2026-01-01T00:00:00.600Z']);
  });

  it.each([
    [new CodeMismatchException(meta), 'wrong_code'],
    [new ExpiredCodeException(meta), 'wrong_code'],
    [refusal, 'invalid_session'],
    [new TooManyRequestsException(meta), 'too_many_requests'],
  ])('translates %s', async (error, code) => {
    cognito.on(AdminRespondToAuthChallengeCommand).rejects(error);
    await expect(answer()).rejects.toMatchObject({ code });
  });

  it('of a login that nobody has is given to the pool all the same, for nobody', async () => {
    cognito.on(AdminRespondToAuthChallengeCommand).rejects(refusal);
    await expect(answer('nobody')).rejects.toMatchObject({ code: 'invalid_session' });
    expect(answered()?.ChallengeResponses?.USERNAME).toMatch(/^DECOY/);
  });
});

describe('refreshing', () => {
  it('keeps the refresh token where no new one comes', async () => {
    const { RefreshToken: _, ...without } = result;
    cognito.on(AdminInitiateAuthCommand).resolves({ AuthenticationResult: without });
    expect(await deps.identity.refresh('r')).toEqual({ accessToken: 'a', expiresInSeconds: 900 });
  });

  it('ends with a revoked token', async () => {
    cognito.on(AdminInitiateAuthCommand).rejects(refusal);
    await expect(deps.identity.refresh('r')).rejects.toMatchObject({ code: 'invalid_session' });
  });
});

it('signing out refuses access tokens first, from the next second, and then revokes the refresh tokens', async () => {
  cognito.on(AdminUserGlobalSignOutCommand).rejects(new TooManyRequestsException(meta));
  await expect(signOutEverywhere(deps, 'one')).rejects.toMatchObject({ code: 'too_many_requests' });
  // 2026-01-01T00:00:01Z, in seconds.
  expect(writes).toEqual(['one from 1767225601']);
});
