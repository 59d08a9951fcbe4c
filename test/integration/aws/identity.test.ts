import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalCognito, startCognito } from '../../../infra/local/cognito/server.ts';
import { cognitoIdentity, type Identity } from '../../../layers/roster/src/aws/identity.ts';
import { oneTimePassword } from '../../../layers/roster/src/lambda/one-time-password.ts';
import { type TokenVerifier, tokenVerifier } from '../../../layers/roster/src/lambda/tokens.ts';
import { authenticatorCode } from '../local-cognito/authenticator.ts';

const userPoolId = 'eu-west-1_identity';
const clientId = 'console';
let cognito: LocalCognito;
let folder: string;
let client: CognitoIdentityProviderClient;
let identity: Identity;
let verify: TokenVerifier;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-identity-'));
  cognito = await startCognito({ file: join(folder, 'cognito.sqlite'), region: 'eu-west-1' });
  cognito.putUserPool({
    id: userPoolId,
    clients: [
      {
        id: clientId,
        accessTokenSeconds: 900,
        idTokenSeconds: 900,
        refreshTokenSeconds: 86_400,
        authFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        preventUserExistenceErrors: true,
      },
    ],
    passwordPolicy: {
      minimumLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireNumbers: true,
      requireSymbols: true,
      temporaryPasswordDays: 7,
    },
    mfa: 'OPTIONAL',
  });
  client = new CognitoIdentityProviderClient({
    endpoint: cognito.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  identity = cognitoIdentity({ userPoolId, clientId, client });
  verify = tokenVerifier({ issuer: cognito.issuer(userPoolId), clientId });
});
afterAll(async () => {
  client.destroy();
  await cognito.close();
  await rm(folder, { recursive: true });
});

it('leads from a one-time password over a new one to tokens, a refresh, and out again', async () => {
  const account = '01KE0000000000000000000001';
  const password = oneTimePassword();
  await identity.createAccount(account, { email: 'a@example.org', password, permanent: false });
  const first = await identity.signIn(account, password);
  if (!('challenge' in first)) return expect.fail('No challenge was given.');
  expect(first.challenge).toBe('NEW_PASSWORD_REQUIRED');

  const weak = identity.answerNewPassword(account, first.session, 'short');
  await expect(weak).rejects.toMatchObject({ code: 'invalid_password' });
  const stranger = identity.answerNewPassword('01KE0000000000000000000009', first.session, 'Correct-horse-7');
  await expect(stranger).rejects.toMatchObject({ code: 'invalid_session' });
  const tokens = await identity.answerNewPassword(account, first.session, 'Correct-horse-7');
  if ('challenge' in tokens) return expect.fail('Another challenge was given.');
  expect((await verify(tokens.accessToken))?.account).toBe(account);

  const refreshToken = tokens.refreshToken ?? '';
  expect((await verify((await identity.refresh(refreshToken)).accessToken))?.account).toBe(account);
  await identity.signOutEverywhere(account);
  await expect(identity.refresh(refreshToken)).rejects.toMatchObject({ code: 'invalid_session' });
});

it('signs in at once with a permanent password, and not with another', async () => {
  const account = '01KE0000000000000000000002';
  const password = oneTimePassword();
  await identity.createAccount(account, { email: 'b@example.org', password, permanent: true });
  expect(await identity.signIn(account, password)).toMatchObject({ accessToken: expect.any(String) });
  const wrong = { code: 'wrong_credentials', message: 'The login or the password is wrong.' };
  await expect(identity.signIn(account, `${password}x`)).rejects.toMatchObject(wrong);
  await expect(identity.signIn('01KE0000000000000000000003', password)).rejects.toMatchObject(wrong);
});

it('refuses a password that the policy does not take, deletes twice without harm, and knows a made-up token', async () => {
  const account = '01KE0000000000000000000004';
  const weak = identity.createAccount(account, {
    email: 'c@example.org',
    password: 'weak',
    permanent: false,
  });
  await expect(weak).rejects.toMatchObject({ code: 'invalid_password' });
  await identity.deleteAccount(account);
  await identity.deleteAccount(account);
  await expect(identity.refresh('made up')).rejects.toMatchObject({ code: 'invalid_session' });
});

it('asks for a code once a second factor is confirmed, and for none when it is dropped', async () => {
  const account = '01KE0000000000000000000005';
  const password = oneTimePassword();
  await identity.createAccount(account, { password, permanent: true });
  const tokens = await identity.signIn(account, password);
  if ('challenge' in tokens) return expect.fail('A challenge was given.');
  await expect(identity.confirmSecondFactor(account, tokens.accessToken, '123456')).rejects.toMatchObject({
    code: 'wrong_code',
  });
  const secret = await identity.newSecondFactor(tokens.accessToken);
  expect(await identity.signIn(account, password)).toHaveProperty('accessToken');
  // The pool takes each step of 30 seconds once; it allows one step to either side for clocks that differ.
  const now = Date.now();
  const code = authenticatorCode(secret, new Date(now));
  const wrong = code === '000000' ? '000001' : '000000';
  await expect(identity.confirmSecondFactor(account, tokens.accessToken, wrong)).rejects.toMatchObject({
    code: 'wrong_code',
  });
  await identity.confirmSecondFactor(account, tokens.accessToken, code);
  const asked = await identity.signIn(account, password);
  if (!('challenge' in asked)) return expect.fail('No challenge was given.');
  expect(asked.challenge).toBe('SOFTWARE_TOKEN_MFA');
  const answer = (given: string, session = asked.session) => identity.answerCode(account, session, given);
  await expect(answer(wrong)).rejects.toMatchObject({ code: 'wrong_code' });
  await expect(answer(code)).rejects.toMatchObject({ code: 'wrong_code' });
  const next = authenticatorCode(secret, new Date(now + 30_000));
  await expect(answer(next, 'x'.repeat(40))).rejects.toMatchObject({ code: 'invalid_session' });
  expect(await answer(next)).toHaveProperty('accessToken');
  await expect(answer(next)).rejects.toMatchObject({ code: 'invalid_session' });
  await identity.dropSecondFactor(account);
  expect(await identity.signIn(account, password)).toHaveProperty('accessToken');
  await identity.dropSecondFactor('01KE0000000000000000000009');
});

it('changes a password by the current one, with a second factor or without', async () => {
  const account = '01KE0000000000000000000006';
  const password = oneTimePassword();
  await identity.createAccount(account, { password, permanent: true });
  const tokens = await identity.signIn(account, password);
  if ('challenge' in tokens) return expect.fail('A challenge was given.');
  const change = (current: string, wanted: string) =>
    identity.changePassword(tokens.accessToken, current, wanted);
  await expect(change(`${password}x`, 'Correct-horse-7')).rejects.toMatchObject({
    code: 'wrong_credentials',
  });
  await expect(change(password, 'weak')).rejects.toMatchObject({ code: 'invalid_password' });
  await change(password, 'Correct-horse-7');
  await expect(identity.signIn(account, password)).rejects.toMatchObject({ code: 'wrong_credentials' });
  expect(await identity.signIn(account, 'Correct-horse-7')).toHaveProperty('accessToken');
  await expect(identity.setPassword(account, 'weak')).rejects.toMatchObject({ code: 'invalid_password' });
  await identity.setPassword(account, 'Battery-staple-8');
  expect(await identity.signIn(account, 'Battery-staple-8')).toHaveProperty('accessToken');
});
