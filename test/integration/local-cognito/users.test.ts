import { Agent, get } from 'node:http';
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  ListGroupsCommand,
  ListUserPoolsCommand,
  ListUsersCommand,
  type ListUsersCommandInput,
  paginateListUsers,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConfirmed, createUser, type Fixture, poolId, signIn, startFixture } from './pool.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.stop());

const target = (Username: string) => ({ UserPoolId: poolId, Username });
const attributesOf = async (username: string) => {
  const user = await fixture.sdk.send(new AdminGetUserCommand(target(username)));
  return Object.fromEntries((user.UserAttributes ?? []).map(({ Name, Value }) => [Name, Value]));
};

test('a username is taken once, and differs by case', async () => {
  await createUser(fixture, 'taken');
  await expect(createUser(fixture, 'taken')).rejects.toMatchObject({
    name: 'UsernameExistsException',
    message: 'User account already exists',
  });
  await createUser(fixture, 'Taken');
  await expect(createUser(fixture, 'two words')).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test.each([
  ['Short-1', 'Password not long enough'],
  ['NO-LOWERCASE-1', 'Password must have lowercase characters'],
  ['no-uppercase-1', 'Password must have uppercase characters'],
  ['No-numbers-here', 'Password must have numeric characters'],
  ['NoSymbolsHere1', 'Password must have symbol characters'],
])('the policy refuses %s', async (given, reason) => {
  const refused = {
    name: 'InvalidPasswordException',
    message: `Password did not conform with policy: ${reason}`,
  };
  const create = new AdminCreateUserCommand({ ...target('policy'), TemporaryPassword: given });
  await expect(fixture.sdk.send(create)).rejects.toMatchObject(refused);
  const set = new AdminSetUserPasswordCommand({ ...target('taken'), Password: given, Permanent: true });
  await expect(fixture.sdk.send(set)).rejects.toMatchObject(refused);
});

test('an invitation is sent again only to those who have not come', async () => {
  await createUser(fixture, 'invited');
  const resend = (Username: string) =>
    fixture.sdk.send(
      new AdminCreateUserCommand({
        ...target(Username),
        MessageAction: 'RESEND',
        TemporaryPassword: 'Temporary-9!',
      }),
    );
  await resend('invited');
  expect((await signIn(fixture, 'invited', 'Temporary-9!')).ChallengeName).toBe('NEW_PASSWORD_REQUIRED');
  await createConfirmed(fixture, 'joined');
  await expect(resend('joined')).rejects.toMatchObject({ name: 'UnsupportedUserStateException' });
  await expect(resend('stranger')).rejects.toMatchObject({ name: 'UserNotFoundException' });
  const generated = await fixture.sdk.send(new AdminCreateUserCommand(target('generated')));
  expect(generated.User?.UserStatus).toBe('FORCE_CHANGE_PASSWORD');
});

test('attributes change, go when empty, and a new address is unverified', async () => {
  await createUser(fixture, 'moves', 'old@example.org');
  const update = (attributes: Record<string, string>) =>
    fixture.sdk.send(
      new AdminUpdateUserAttributesCommand({
        ...target('moves'),
        UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
      }),
    );
  await update({ given_name: 'Mo', 'custom:org': '7' });
  expect(await attributesOf('moves')).toMatchObject({
    email_verified: 'true',
    given_name: 'Mo',
    'custom:org': '7',
  });
  await update({ email: 'new@example.org', given_name: '' });
  expect(await attributesOf('moves')).toEqual({
    sub: expect.stringMatching(/^[0-9a-f-]{36}$/),
    email: 'new@example.org',
    email_verified: 'false',
    'custom:org': '7',
  });
  await update({ email: 'newer@example.org', email_verified: 'true' });
  expect((await attributesOf('moves')).email_verified).toBe('true');
  const refused: Record<string, string>[] = [
    { email: 'nonsense' },
    { sub: 'x' },
    { colour: 'red' },
    { phone_number: '555' },
  ];
  for (const bad of refused) {
    await expect(update(bad)).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  }
});

test('a deleted user is gone with all tokens', async () => {
  const { sdk } = fixture;
  await createConfirmed(fixture, 'leaver');
  const AccessToken = (await signIn(fixture, 'leaver')).AuthenticationResult?.AccessToken;
  await sdk.send(new AdminDeleteUserCommand(target('leaver')));
  await expect(sdk.send(new AdminGetUserCommand(target('leaver')))).rejects.toMatchObject({
    name: 'UserNotFoundException',
  });
  await expect(sdk.send(new AdminDeleteUserCommand(target('leaver')))).rejects.toMatchObject({
    name: 'UserNotFoundException',
  });
  await expect(sdk.send(new GetUserCommand({ AccessToken }))).rejects.toMatchObject({
    name: 'UserNotFoundException',
    message: 'User does not exist.',
  });
  await createConfirmed(fixture, 'leaver');
  await expect(sdk.send(new GetUserCommand({ AccessToken }))).rejects.toMatchObject({
    name: 'UserNotFoundException',
    message: 'User does not exist.',
  });
});

test('a password is reset only where a code could be sent', async () => {
  const reset = (username: string) => fixture.sdk.send(new AdminResetUserPasswordCommand(target(username)));
  await createUser(fixture, 'fresh', 'fresh@example.org');
  await expect(reset('fresh')).rejects.toMatchObject({ name: 'NotAuthorizedException' });
  await createConfirmed(fixture, 'unreachable');
  await expect(reset('unreachable')).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('users are listed in pages and found by filter', async () => {
  const listed = await startFixture();
  try {
    for (let n = 0; n < 12; n++)
      await createUser(listed, `user${n}`, `u${n}@${n % 2 ? 'odd' : 'even'}.example`);
    await createConfirmed(listed, 'quo"te');
    await listed.sdk.send(new AdminDisableUserCommand(target('user3')));
    const names: string[] = [];
    for await (const page of paginateListUsers({ client: listed.sdk, pageSize: 5 }, { UserPoolId: poolId })) {
      expect(page.Users?.length).toBeLessThanOrEqual(5);
      names.push(...(page.Users ?? []).map(({ Username }) => Username!));
    }
    expect(names).toEqual([...Array.from({ length: 12 }, (_, n) => `user${n}`), 'quo"te']);

    const find = async (Filter: string, more: Partial<ListUsersCommandInput> = {}) => {
      const { Users = [] } = await listed.sdk.send(
        new ListUsersCommand({ UserPoolId: poolId, Filter, ...more }),
      );
      return Users.map(({ Username }) => Username);
    };
    expect(await find('email = "u4@even.example"')).toEqual(['user4']);
    expect(await find('email ^= "u1"')).toEqual(['user1', 'user10', 'user11']);
    expect(await find('username ^= "user1"')).toEqual(['user1', 'user10', 'user11']);
    expect(await find('username = "quo\\"te"')).toEqual(['quo"te']);
    expect(await find('cognito:user_status = "CONFIRMED"')).toEqual(['quo"te']);
    expect(await find('status = "Disabled"')).toEqual(['user3']);
    const sub = (await listed.sdk.send(new AdminGetUserCommand(target('user7')))).UserAttributes?.find(
      ({ Name }) => Name === 'sub',
    )?.Value;
    expect(await find(`sub = "${sub}"`)).toEqual(['user7']);
    for (const filter of ['custom:org = "1"', 'email > "a"', 'email = u1']) {
      await expect(find(filter)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    }
    await expect(find('', { Limit: 61 })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "1 validation error detected: Value at 'limit' failed to satisfy constraint: " +
        'Member must have value less than or equal to 60',
    });
    await expect(find('', { PaginationToken: 'bogus' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    const trimmed = await listed.sdk.send(
      new ListUsersCommand({ UserPoolId: poolId, Limit: 1, AttributesToGet: ['email'] }),
    );
    expect(trimmed.Users?.[0]?.Attributes).toEqual([{ Name: 'email', Value: 'u0@even.example' }]);

    const described = await listed.sdk.send(new DescribeUserPoolCommand({ UserPoolId: poolId }));
    expect(described.UserPool).toMatchObject({
      Id: poolId,
      MfaConfiguration: 'OPTIONAL',
      EstimatedNumberOfUsers: 13,
      Policies: { PasswordPolicy: { MinimumLength: 10, TemporaryPasswordValidityDays: 7 } },
    });
    const pools = await listed.sdk.send(new ListUserPoolsCommand({ MaxResults: 10 }));
    expect(pools.UserPools?.map(({ Id }) => Id)).toEqual([poolId]);
  } finally {
    await listed.stop();
  }
});

test('an operation that is not there is named', async () => {
  await expect(fixture.sdk.send(new ListGroupsCommand({ UserPoolId: poolId }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('AWSCognitoIdentityProviderService.ListGroups'),
    $metadata: { httpStatusCode: 400 },
  });
});

test('closing does not wait for idle connections', async () => {
  const closing = await startFixture();
  const agent = new Agent({ keepAlive: true });
  await new Promise<void>((resolve, reject) => {
    get(`${closing.cognito.issuer(poolId)}/.well-known/jwks.json`, { agent }, (response) => {
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
  const start = performance.now();
  await closing.stop();
  expect(performance.now() - start).toBeLessThan(2000);
  agent.destroy();
});
