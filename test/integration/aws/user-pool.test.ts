import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { PurgeQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCognito, startCognito } from '../../../infra/local/cognito/server.ts';
import { type Queues, startQueues } from '../../../infra/local/queues/server.ts';
import { accountQueue } from '../../../layers/roster/src/aws/account-queue.ts';
import { cognitoIdentity, type Identity } from '../../../layers/roster/src/aws/identity.ts';
import { cognitoUserPool, type UserPool } from '../../../layers/roster/src/aws/user-pool.ts';

const userPoolId = 'eu-west-1_followers';
const local = { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const password = 'Correct-horse-7';
let cognito: LocalCognito;
let queues: Queues;
let folder: string;
let client: CognitoIdentityProviderClient;
let identity: Identity;
let pool: UserPool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-user-pool-'));
  cognito = await startCognito({ file: join(folder, 'cognito.sqlite'), region: 'eu-west-1' });
  cognito.putUserPool({
    id: userPoolId,
    clients: [
      {
        id: 'console',
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
  client = new CognitoIdentityProviderClient({ endpoint: cognito.url, ...local });
  identity = cognitoIdentity({ userPoolId, clientId: 'console', client });
  pool = cognitoUserPool({ userPoolId, client });
  queues = await startQueues({
    directory: join(folder, 'queues'),
    region: 'eu-west-1',
    accountId: '111122223333',
  });
});
afterAll(async () => {
  client.destroy();
  await cognito.close();
  await queues.close();
  await rm(folder, { recursive: true });
});

describe('the user pool', () => {
  it('keeps a disabled user out and its refresh token dead, and lets it in again', async () => {
    await identity.createAccount('F1', { password, permanent: true });
    const tokens = await identity.signIn('F1', password);
    if ('challenge' in tokens) return expect.fail('A challenge was given.');
    expect(await pool.isEnabled('F1')).toBe(true);
    await pool.signOut('F1');
    await pool.disable('F1');
    expect(await pool.isEnabled('F1')).toBe(false);
    await expect(identity.signIn('F1', password)).rejects.toMatchObject({ code: 'wrong_credentials' });
    await pool.enable('F1');
    await expect(identity.refresh(tokens.refreshToken ?? '')).rejects.toMatchObject({
      code: 'invalid_session',
    });
    await expect(identity.signIn('F1', password)).resolves.toHaveProperty('accessToken');
  });

  it('knows no user that there is none of', async () => {
    expect(await pool.isEnabled('NOBODY')).toBeUndefined();
    await expect(pool.enable('NOBODY')).rejects.toMatchObject({ name: 'UserNotFoundException' });
    await expect(identity.signOutEverywhere('NOBODY')).resolves.toBeUndefined();
  });

  it('is gone through page by page, each user once', async () => {
    const made = Array.from({ length: 70 }, (_, index) => `G${index}`);
    for (const account of made) await identity.createAccount(account, { password, permanent: false });
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = await pool.page(next);
      expect(page.users.length).toBeLessThanOrEqual(60);
      seen.push(...page.users.map(({ account }) => account));
      next = page.next;
    } while (next !== undefined);
    expect(seen.filter((account) => account.startsWith('G')).sort()).toEqual(made.sort());
    expect((await pool.page('a token of yesterday')).users.length).toBeGreaterThan(0);
  });

  it('takes a one-time password in place of the old one, and makes a lost user again', async () => {
    await identity.createAccount('R1', { password, permanent: true });
    for (const account of ['R1', 'LOST']) {
      await identity.setOneTimePassword(account, 'Another-horse-8');
      await expect(identity.signIn(account, 'Another-horse-8')).resolves.toMatchObject({
        challenge: 'NEW_PASSWORD_REQUIRED',
      });
    }
    await expect(identity.signIn('R1', password)).rejects.toMatchObject({ code: 'wrong_credentials' });
    await expect(identity.setOneTimePassword('R1', 'weak')).rejects.toMatchObject({
      code: 'invalid_password',
    });
  });
});

it('the queue of accounts carries each of many accounts once', async () => {
  queues.putQueue({ name: 'accounts', attributes: {} });
  const url = queues.queueUrl('accounts');
  const sqs = new SQSClient({ endpoint: queues.url, ...local });
  const accounts = Array.from({ length: 23 }, (_, index) => `A${index}`);
  await accountQueue(url, sqs).changed([...accounts, 'A0']);
  const bodies: string[] = [];
  for (let rounds = 0; rounds < 10 && bodies.length < 24; rounds++) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
    );
    bodies.push(...Messages.map(({ Body }) => Body ?? ''));
  }
  expect(bodies.map((body) => JSON.parse(body).account).sort()).toEqual(accounts.sort());
  await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
  sqs.destroy();
});
