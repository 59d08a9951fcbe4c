import { ChangePasswordCommand } from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashPassword, isPassword } from '../../../infra/local/cognito/passwords.ts';
import { adminSignIn, createConfirmed, type Fixture, password, signIn, startFixture } from './pool.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.stop());

const outcome = (username: string, given: string) =>
  signIn(fixture, username, given).then(
    () => 'signed in',
    (error: Error) => `${error.name}: ${error.message}`,
  );
const wrong = 'NotAuthorizedException: Incorrect username or password.';
const locked = 'NotAuthorizedException: Password attempts exceeded';

test('unknown and wrong are answered alike, unless the client asks for the old way', async () => {
  await createConfirmed(fixture, 'known');
  expect(await outcome('known', 'Wrong-horse-1')).toBe(wrong);
  expect(await outcome('unknown', 'Wrong-horse-1')).toBe(wrong);
  await expect(adminSignIn(fixture, 'unknown', password, 'legacy')).rejects.toMatchObject({
    name: 'UserNotFoundException',
    message: 'User does not exist.',
  });
});

test('a missing user costs a hash as well', () => {
  const stored = hashPassword(password);
  const median = (of: string | undefined) => {
    const milliseconds = Array.from({ length: 21 }, () => {
      const start = performance.now();
      expect(isPassword('Wrong-horse-1', of)).toBe(false);
      return performance.now() - start;
    });
    return milliseconds.sort((one, other) => one - other)[10]!;
  };
  const ratio = median(undefined) / median(stored);
  expect(ratio).toBeGreaterThan(0.3);
  expect(ratio).toBeLessThan(3);
});

// n failures lock for 2^(n-5) seconds: 1 s after the 5th, 2 s after the 6th, 4 s after the 7th.
test.each(['victim', 'nobody'])(
  'the lock of %s starts at the fifth failure and doubles',
  async (username) => {
    if (username === 'victim') await createConfirmed(fixture, username);
    for (let failure = 1; failure <= 5; failure++)
      expect(await outcome(username, 'Wrong-horse-1')).toBe(wrong);
    fixture.advance(0.5);
    expect(await outcome(username, password)).toBe(locked);
    fixture.advance(0.5);
    expect(await outcome(username, 'Wrong-horse-1')).toBe(wrong);
    fixture.advance(1.5);
    expect(await outcome(username, 'Wrong-horse-1')).toBe(locked);
    fixture.advance(0.5);
    expect(await outcome(username, 'Wrong-horse-1')).toBe(wrong);
    fixture.advance(3);
    expect(await outcome(username, password)).toBe(locked);
    fixture.advance(1);
    expect(await outcome(username, password)).toBe(username === 'victim' ? 'signed in' : wrong);
  },
);

test('a sign-in after the lock forgets the failures, and so do 15 quiet minutes', async () => {
  await createConfirmed(fixture, 'patient');
  const failTimes = async (count: number) => {
    for (let failure = 0; failure < count; failure++) {
      expect(await outcome('patient', 'Wrong-horse-1')).toBe(wrong);
    }
  };
  await failTimes(5);
  fixture.advance(1);
  expect(await outcome('patient', password)).toBe('signed in');
  await failTimes(5);
  expect(await outcome('patient', password)).toBe(locked);
  fixture.advance(15 * 60);
  await failTimes(4);
  expect(await outcome('patient', password)).toBe('signed in');
});

test('the lock never lasts longer than 15 minutes', async () => {
  await createConfirmed(fixture, 'stubborn');
  for (let failure = 1; failure <= 20; failure++) {
    expect(await outcome('stubborn', 'Wrong-horse-1')).toBe(wrong);
    fixture.advance(failure < 5 ? 0 : Math.min(2 ** (failure - 5), 899));
    if (failure >= 15) {
      expect(await outcome('stubborn', password)).toBe(locked);
      fixture.advance(1);
    }
  }
});

test('changing the password is limited as well', async () => {
  await createConfirmed(fixture, 'changer');
  const AccessToken = (await signIn(fixture, 'changer')).AuthenticationResult?.AccessToken;
  const change = () =>
    fixture.sdk.send(
      new ChangePasswordCommand({
        AccessToken,
        PreviousPassword: 'Wrong-horse-1',
        ProposedPassword: password,
      }),
    );
  for (let failure = 1; failure <= 5; failure++) {
    await expect(change()).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  }
  await expect(change()).rejects.toMatchObject({
    name: 'LimitExceededException',
    message: 'Attempt limit exceeded, please try after some time.',
  });
});
