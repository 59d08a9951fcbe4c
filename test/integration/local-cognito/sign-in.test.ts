import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminResetUserPasswordCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  ChangePasswordCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  adminSignIn,
  clientId,
  createConfirmed,
  createUser,
  type Fixture,
  password,
  poolId,
  refresh,
  settings,
  signIn,
  startFixture,
  verifierOf,
} from './pool.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.stop());

const refused = (message: string) => expect.objectContaining({ name: 'NotAuthorizedException', message });
const answerNewPassword = (username: string, session: string | undefined, newPassword: string) =>
  fixture.sdk.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: { USERNAME: username, NEW_PASSWORD: newPassword },
    }),
  );

test('a new user is made to change the password, signs in, refreshes, is disabled and enabled', async () => {
  const { sdk } = fixture;
  const created = await createUser(fixture, 'ada', 'ada@example.org');
  expect(created.User).toMatchObject({ Username: 'ada', Enabled: true, UserStatus: 'FORCE_CHANGE_PASSWORD' });
  expect(Math.abs((created.User?.UserCreateDate?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);

  const challenge = await signIn(fixture, 'ada', 'Temporary-1!');
  expect(challenge.AuthenticationResult).toBeUndefined();
  expect(challenge).toMatchObject({
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    ChallengeParameters: {
      USER_ID_FOR_SRP: 'ada',
      requiredAttributes: '[]',
      userAttributes: '{"email":"ada@example.org","email_verified":"true"}',
    },
  });

  await expect(answerNewPassword('ada', challenge.Session, 'weak')).rejects.toMatchObject({
    name: 'InvalidPasswordException',
    message: 'Password did not conform with policy: Password not long enough',
  });
  const first = await answerNewPassword('ada', challenge.Session, password);
  expect(first.AuthenticationResult).toMatchObject({ ExpiresIn: 900, TokenType: 'Bearer' });
  await expect(answerNewPassword('ada', challenge.Session, password)).rejects.toEqual(
    refused('Invalid session for the user, session can only be used once.'),
  );
  const user = await sdk.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ada' }));
  expect(user.UserStatus).toBe('CONFIRMED');

  await expect(signIn(fixture, 'ada', 'Temporary-1!')).rejects.toEqual(
    refused('Incorrect username or password.'),
  );
  const second = (await signIn(fixture, 'ada')).AuthenticationResult;
  const refreshed = (await refresh(fixture, second?.RefreshToken)).AuthenticationResult;
  expect(refreshed?.AccessToken).toBeTruthy();
  expect(refreshed?.RefreshToken).toBeUndefined();

  await sdk.send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ada' }));
  await expect(signIn(fixture, 'ada')).rejects.toEqual(refused('User is disabled.'));
  await expect(adminSignIn(fixture, 'ada')).rejects.toEqual(refused('User is disabled.'));
  await expect(signIn(fixture, 'ada', 'Wrong-horse-1')).rejects.toEqual(
    refused('Incorrect username or password.'),
  );
  await expect(refresh(fixture, second?.RefreshToken)).rejects.toEqual(refused('User is disabled.'));

  await sdk.send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ada' }));
  await expect(sdk.send(new GetUserCommand({ AccessToken: second?.AccessToken }))).rejects.toEqual(
    refused('Access Token has been revoked'),
  );
  const third = (await signIn(fixture, 'ada')).AuthenticationResult;
  const me = await sdk.send(new GetUserCommand({ AccessToken: third?.AccessToken }));
  expect(me).toMatchObject({ Username: 'ada' });
  expect(me.UserAttributes).toContainEqual({ Name: 'email', Value: 'ada@example.org' });
});

test('the tokens carry the claims of Cognito and verify against the JWKS', async () => {
  await createConfirmed(fixture, 'claims', 'claims@example.org');
  const user = await fixture.sdk.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'claims' }));
  const sub = user.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value;
  const result = (await signIn(fixture, 'claims')).AuthenticationResult;

  const access = await verifierOf(fixture).verify(result?.AccessToken ?? '');
  validateCognitoJwtFields(access, { tokenUse: 'access', clientId });
  expect(access).toMatchObject({
    sub,
    username: 'claims',
    client_id: clientId,
    scope: 'aws.cognito.signin.user.admin',
    iss: `${fixture.cognito.url}/${poolId}`,
  });
  expect(access.exp! - access.iat!).toBe(900);
  expect(Object.keys(access).sort()).toEqual(
    'auth_time client_id event_id exp iat iss jti origin_jti scope sub token_use username'.split(' '),
  );

  const id = await verifierOf(fixture, clientId).verify(result?.IdToken ?? '');
  validateCognitoJwtFields(id, { tokenUse: 'id', clientId });
  expect(id).toMatchObject({
    sub,
    'cognito:username': 'claims',
    email: 'claims@example.org',
    email_verified: true,
  });
  expect(id.exp! - id.iat!).toBe(600);

  fixture.advance(2);
  const later = (await refresh(fixture, result?.RefreshToken)).AuthenticationResult;
  const again = await verifierOf(fixture).verify(later?.AccessToken ?? '');
  expect(again).toMatchObject({ origin_jti: access.origin_jti, auth_time: access.auth_time });
  expect(again.jti).not.toBe(access.jti);
  expect(again.iat).toBeGreaterThan(access.iat!);

  const openid = await (await fetch(`${access.iss}/.well-known/openid-configuration`)).json();
  expect(openid).toMatchObject({ issuer: access.iss, jwks_uri: `${access.iss}/.well-known/jwks.json` });
  const forged = `${result?.AccessToken?.slice(0, -10)}AAAAAAAAAA`;
  await expect(fixture.sdk.send(new GetUserCommand({ AccessToken: forged }))).rejects.toEqual(
    refused('Invalid Access Token'),
  );
  await expect(fixture.sdk.send(new GetUserCommand({ AccessToken: result?.IdToken }))).rejects.toEqual(
    refused('Invalid Access Token'),
  );
});

test('signing out everywhere revokes access and refresh tokens, revoking one token that session only', async () => {
  const { sdk } = fixture;
  await createConfirmed(fixture, 'grace');
  const sessions = [];
  for (let n = 0; n < 3; n++) sessions.push((await signIn(fixture, 'grace')).AuthenticationResult);
  const [one, two, three] = sessions;

  await sdk.send(new RevokeTokenCommand({ ClientId: clientId, Token: one?.RefreshToken }));
  await expect(refresh(fixture, one?.RefreshToken)).rejects.toEqual(
    refused('Refresh Token has been revoked'),
  );
  await expect(sdk.send(new GetUserCommand({ AccessToken: one?.AccessToken }))).rejects.toEqual(
    refused('Access Token has been revoked'),
  );
  await expect(
    sdk.send(new RevokeTokenCommand({ ClientId: clientId, Token: two?.AccessToken })),
  ).rejects.toMatchObject({ name: 'UnsupportedTokenTypeException' });
  await refresh(fixture, two?.RefreshToken);

  await sdk.send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'grace' }));
  await expect(refresh(fixture, two?.RefreshToken)).rejects.toEqual(
    refused('Refresh Token has been revoked'),
  );
  await expect(sdk.send(new GlobalSignOutCommand({ AccessToken: three?.AccessToken }))).rejects.toEqual(
    refused('Access Token has been revoked'),
  );

  const fresh = (await signIn(fixture, 'grace')).AuthenticationResult;
  await sdk.send(new GlobalSignOutCommand({ AccessToken: fresh?.AccessToken }));
  await expect(refresh(fixture, fresh?.RefreshToken)).rejects.toEqual(
    refused('Refresh Token has been revoked'),
  );
  await expect(refresh(fixture, 'nonsense')).rejects.toEqual(refused('Invalid Refresh Token'));
});

test('tokens, challenges and temporary passwords expire', async () => {
  await createConfirmed(fixture, 'brief');
  const tokens = (await signIn(fixture, 'brief')).AuthenticationResult;
  await createUser(fixture, 'late');
  const challenge = await adminSignIn(fixture, 'late', 'Temporary-1!');

  fixture.advance(181);
  await expect(answerNewPassword('late', challenge.Session, password)).rejects.toEqual(
    refused('Invalid session for the user, session is expired.'),
  );
  fixture.advance(720);
  await expect(fixture.sdk.send(new GetUserCommand({ AccessToken: tokens?.AccessToken }))).rejects.toEqual(
    refused('Access Token has expired'),
  );
  fixture.advance(86_400);
  await expect(refresh(fixture, tokens?.RefreshToken)).rejects.toEqual(refused('Refresh Token has expired'));
  fixture.advance(6 * 86_400);
  await expect(signIn(fixture, 'late', 'Temporary-1!')).rejects.toEqual(
    refused('Temporary password has expired and must be reset by an administrator.'),
  );
  const temporary = { UserPoolId: poolId, Username: 'late', Password: 'Temporary-2!', Permanent: false };
  await fixture.sdk.send(new AdminSetUserPasswordCommand(temporary));
  const again = await signIn(fixture, 'late', 'Temporary-2!');
  expect(again.ChallengeName).toBe('NEW_PASSWORD_REQUIRED');
  const answer = await fixture.sdk.send(
    new AdminRespondToAuthChallengeCommand({
      UserPoolId: poolId,
      ClientId: clientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: again.Session,
      ChallengeResponses: { USERNAME: 'late', NEW_PASSWORD: password, 'userAttributes.given_name': 'Late' },
    }),
  );
  const me = await fixture.sdk.send(
    new GetUserCommand({ AccessToken: answer.AuthenticationResult?.AccessToken }),
  );
  expect(me.UserAttributes).toContainEqual({ Name: 'given_name', Value: 'Late' });
});

test('a new password ends a challenge that is under way, and a session is bound to its user', async () => {
  await createUser(fixture, 'owner');
  const challenge = await signIn(fixture, 'owner', 'Temporary-1!');
  await expect(answerNewPassword('ada', challenge.Session, password)).rejects.toEqual(
    refused('Invalid session for the user.'),
  );
  const reset = { UserPoolId: poolId, Username: 'owner', Password: 'Another-pass-2', Permanent: true };
  await fixture.sdk.send(new AdminSetUserPasswordCommand(reset));
  await expect(answerNewPassword('owner', challenge.Session, password)).rejects.toMatchObject({
    name: 'NotAuthorizedException',
  });
  expect((await signIn(fixture, 'owner', 'Another-pass-2')).AuthenticationResult?.AccessToken).toBeTruthy();
});

test('a user changes the password; an administrator has it reset', async () => {
  const { sdk } = fixture;
  await createConfirmed(fixture, 'linus', 'linus@example.org');
  const token = (await signIn(fixture, 'linus')).AuthenticationResult?.AccessToken;
  const change = (previous: string, proposed: string) =>
    sdk.send(
      new ChangePasswordCommand({
        AccessToken: token,
        PreviousPassword: previous,
        ProposedPassword: proposed,
      }),
    );
  await expect(change('Wrong-horse-1', 'Battery-staple-2')).rejects.toEqual(
    refused('Incorrect username or password.'),
  );
  await expect(change(password, 'battery-staple-2')).rejects.toMatchObject({
    name: 'InvalidPasswordException',
    message: 'Password did not conform with policy: Password must have uppercase characters',
  });
  await change(password, 'Battery-staple-2');
  await expect(signIn(fixture, 'linus')).rejects.toEqual(refused('Incorrect username or password.'));
  await signIn(fixture, 'linus', 'Battery-staple-2');

  await sdk.send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'linus' }));
  await expect(signIn(fixture, 'linus', 'Battery-staple-2')).rejects.toMatchObject({
    name: 'PasswordResetRequiredException',
    message: 'Password reset required for the user',
  });
});

test('flows and clients that are not allowed are refused by name', async () => {
  const { sdk } = fixture;
  const AuthParameters = { USERNAME: 'ada', PASSWORD: password };
  const attempt = (ClientId: string, AuthFlow: 'USER_PASSWORD_AUTH' | 'USER_SRP_AUTH') =>
    sdk.send(new InitiateAuthCommand({ ClientId, AuthFlow, AuthParameters }));
  await expect(attempt('legacy', 'USER_PASSWORD_AUTH')).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: 'USER_PASSWORD_AUTH flow not enabled for this client',
  });
  await expect(attempt(clientId, 'USER_SRP_AUTH')).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
  await expect(attempt('stranger', 'USER_PASSWORD_AUTH')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'User pool client stranger does not exist.',
  });
  await expect(
    sdk.send(
      new AdminInitiateAuthCommand({
        UserPoolId: 'eu-west-1_Nowhere',
        ClientId: clientId,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters,
      }),
    ),
  ).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'User pool eu-west-1_Nowhere does not exist.',
  });
});

test('a restart keeps pools, users, sessions and the signing key', async () => {
  await createConfirmed(fixture, 'keeper');
  const before = (await signIn(fixture, 'keeper')).AuthenticationResult;
  await fixture.restart();
  await verifierOf(fixture).verify(
    (await refresh(fixture, before?.RefreshToken)).AuthenticationResult!.AccessToken!,
  );
  fixture.cognito.putUserPool({ ...settings, mfa: 'OFF' });
  const me = await fixture.sdk.send(new GetUserCommand({ AccessToken: before?.AccessToken }));
  expect(me.Username).toBe('keeper');
  const jwks = (await (await fetch(`${fixture.cognito.issuer(poolId)}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string }[];
  };
  const header = JSON.parse(Buffer.from(before!.AccessToken!.split('.')[0]!, 'base64url').toString());
  expect(header).toEqual({ alg: 'RS256', kid: jwks.keys[0]?.kid });
  fixture.cognito.putUserPool(settings);
});
