import {
  AdminGetUserCommand,
  AdminSetUserMFAPreferenceCommand,
  AssociateSoftwareTokenCommand,
  RespondToAuthChallengeCommand,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stepOf } from '../../../infra/local/cognito/totp.ts';
import { authenticatorCode } from './authenticator.ts';
import { clientId, createConfirmed, type Fixture, poolId, settings, signIn, startFixture } from './pool.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.stop());

const codeFor = (secret: string | undefined) => authenticatorCode(secret ?? '', fixture.now());
/** A code that none of the steps around now has. */
const wrongCode = (secret: string | undefined) => {
  const near = [-30, 0, 30].map((s) =>
    authenticatorCode(secret ?? '', new Date(fixture.now().getTime() + s * 1000)),
  );
  return ['111111', '222222', '333333', '444444'].find((code) => !near.includes(code))!;
};
const answer = (
  username: string,
  challenge: { ChallengeName?: 'SOFTWARE_TOKEN_MFA' | 'MFA_SETUP'; Session?: string },
  code?: string,
) =>
  fixture.sdk.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: challenge.ChallengeName,
      Session: challenge.Session,
      ChallengeResponses: { USERNAME: username, ...(code ? { SOFTWARE_TOKEN_MFA_CODE: code } : {}) },
    }),
  );

// RFC 6238 appendix B, SHA-1, the last six of its eight digits; the key is the ASCII text 12345678901234567890.
test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('the code at second %i is %s', (second, code) => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const step = Math.floor(second / 30);
  expect(authenticatorCode(secret, new Date(second * 1000))).toBe(code);
  expect(stepOf(code, secret, new Date(second * 1000))).toBe(step);
  expect(stepOf(code, secret, new Date((second + 30) * 1000))).toBe(step);
  expect(stepOf(code, secret, new Date((second + 60) * 1000))).toBeUndefined();
});

test('a user turns an authenticator on, and each code opens once', async () => {
  const { sdk } = fixture;
  await createConfirmed(fixture, 'totp');
  const AccessToken = (await signIn(fixture, 'totp')).AuthenticationResult?.AccessToken;
  const prefer = () =>
    sdk.send(
      new SetUserMFAPreferenceCommand({
        AccessToken,
        SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
      }),
    );
  await expect(prefer()).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: 'User has not verified software token mfa',
  });
  const { SecretCode } = await sdk.send(new AssociateSoftwareTokenCommand({ AccessToken }));
  expect(SecretCode).toMatch(/^[A-Z2-7]{52}$/);
  await expect(
    sdk.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: wrongCode(SecretCode) })),
  ).rejects.toMatchObject({ name: 'EnableSoftwareTokenMFAException' });
  const verified = await sdk.send(
    new VerifySoftwareTokenCommand({ AccessToken, UserCode: codeFor(SecretCode) }),
  );
  expect(verified.Status).toBe('SUCCESS');
  expect((await signIn(fixture, 'totp')).AuthenticationResult).toBeDefined();
  await prefer();
  const user = await sdk.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'totp' }));
  expect(user).toMatchObject({
    UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
  });

  const challenge = await signIn(fixture, 'totp');
  expect(challenge.ChallengeName).toBe('SOFTWARE_TOKEN_MFA');
  const posed = { ChallengeName: 'SOFTWARE_TOKEN_MFA' as const, Session: challenge.Session! };
  await expect(answer('totp', posed, wrongCode(SecretCode))).rejects.toMatchObject({
    name: 'CodeMismatchException',
    message: 'Invalid code received for user',
  });
  fixture.advance(60);
  const code = codeFor(SecretCode);
  expect((await answer('totp', posed, code)).AuthenticationResult?.AccessToken).toBeTruthy();
  await expect(answer('totp', posed, code)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  const next = await signIn(fixture, 'totp');
  await expect(answer('totp', { ...posed, Session: next.Session! }, code)).rejects.toMatchObject({
    name: 'ExpiredCodeException',
    message: 'Your software token has already been used once.',
  });

  await sdk.send(
    new AdminSetUserMFAPreferenceCommand({
      UserPoolId: poolId,
      Username: 'totp',
      SoftwareTokenMfaSettings: { Enabled: false },
    }),
  );
  expect((await signIn(fixture, 'totp')).AuthenticationResult).toBeDefined();
});

test('guessed codes lock as guessed passwords do', async () => {
  const { sdk } = fixture;
  await createConfirmed(fixture, 'guessed');
  const AccessToken = (await signIn(fixture, 'guessed')).AuthenticationResult?.AccessToken;
  const { SecretCode } = await sdk.send(new AssociateSoftwareTokenCommand({ AccessToken }));
  await sdk.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: codeFor(SecretCode) }));
  await sdk.send(
    new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings: { Enabled: true } }),
  );
  for (let guess = 1; guess <= 5; guess++) {
    const { Session } = await signIn(fixture, 'guessed');
    await expect(
      answer('guessed', { ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: Session! }, wrongCode(SecretCode)),
    ).rejects.toMatchObject({ name: 'CodeMismatchException' });
  }
  await expect(signIn(fixture, 'guessed')).rejects.toMatchObject({ message: 'Password attempts exceeded' });
});

test('a pool that demands a second factor has it set up while signing in', async () => {
  const { sdk, cognito } = fixture;
  cognito.putUserPool({ ...settings, mfa: 'ON' });
  await createConfirmed(fixture, 'strict');
  const setup = await signIn(fixture, 'strict');
  expect(setup).toMatchObject({
    ChallengeName: 'MFA_SETUP',
    ChallengeParameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
  });
  const associated = await sdk.send(new AssociateSoftwareTokenCommand({ Session: setup.Session }));
  await expect(
    answer('strict', { ChallengeName: 'MFA_SETUP', Session: associated.Session! }),
  ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  const UserCode = codeFor(associated.SecretCode);
  const verified = await sdk.send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode }));
  const done = await answer('strict', { ChallengeName: 'MFA_SETUP', Session: verified.Session! });
  expect(done.AuthenticationResult?.AccessToken).toBeTruthy();
  expect((await signIn(fixture, 'strict')).ChallengeName).toBe('SOFTWARE_TOKEN_MFA');

  cognito.putUserPool({ ...settings, mfa: 'OFF' });
  const { AccessToken } = (await signIn(fixture, 'strict')).AuthenticationResult ?? {};
  await expect(sdk.send(new AssociateSoftwareTokenCommand({ AccessToken }))).rejects.toMatchObject({
    name: 'SoftwareTokenMFANotFoundException',
  });
});
