import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESClient } from '@aws-sdk/client-ses';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startMail } from '../../../infra/local/mail/server.ts';
import { startQueues } from '../../../infra/local/queues/server.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { sesIdentities } from '../../../layers/roster/src/aws/mail-identities.ts';
import { mailQueue } from '../../../layers/roster/src/aws/mail-queue.ts';
import { sesMailer } from '../../../layers/roster/src/aws/mailer.ts';
import { mailIdOf, mailRecords } from '../../../layers/roster/src/aws/mails.ts';
import { suppressions } from '../../../layers/roster/src/aws/suppressions.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import type { Mail, MailRecord } from '../../../layers/roster/src/domain/mail.ts';
import { followMail, SesEvent } from '../../../layers/roster/src/lambda/mail-events.ts';
import { mailSenders } from '../../../layers/roster/src/lambda/mail-sender.ts';
import { MailMessage, type SendDeps, sendMail } from '../../../layers/roster/src/lambda/send-mail.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { storedOrganization } from '../../support/organization.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

const place = { region: 'eu-west-1', accountId: '000000000000' };
const local = { region: place.region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const temporary = () => mkdtempSync(join(tmpdir(), 'mails-'));
const secret = 'S3cretToken';
const invitation: Mail = {
  kind: 'invitation',
  memberName: 'Ada',
  link: `/#/join/${secret}`,
  expiresAt: '2026-06-04T12:00:00.000Z',
};
const options = { siteUrl: 'https://muster.example', leaseSeconds: 300 };

let dynamo: TestDynamo;
let ses: Awaited<ReturnType<typeof startMail>>;
let queues: Awaited<ReturnType<typeof startQueues>>;
let sesClient: SESClient;
let sqsClient: SQSClient;
let told: SesEvent[];

let table: Table;
let tableName: string;
let now: Date;
let queueUrl: string;
let queueCount = 0;
let putOff: { message: MailMessage; delaySeconds: number }[];
let heard: MailRecord[];
let deps: SendDeps & { suppressions: ReturnType<typeof suppressions>; mails: ReturnType<typeof mailRecords> };

beforeAll(async () => {
  dynamo = await startDynamo();
  const onEvent = async (event: unknown) => void told.push(SesEvent.parse(event));
  ses = await startMail({ ...place, directory: temporary(), onEvent });
  ses.putConfigurationSet({ name: 'muster', events: ['send', 'delivery', 'bounce', 'complaint', 'reject'] });
  queues = await startQueues({ ...place, directory: temporary() });
  sesClient = new SESClient({ ...local, endpoint: ses.url, maxAttempts: 1 });
  sqsClient = new SQSClient({ ...local, endpoint: queues.url });
});
afterAll(async () => {
  await Promise.all([dynamo.stop(), ses.close(), queues.close()]);
});

beforeEach(async () => {
  tableName = await dynamo.createTable();
  table = createTable({ tableName, client: dynamo.client });
  now = new Date('2026-06-01T12:00:00.000Z');
  told = [];
  putOff = [];
  heard = [];
  const name = `mails-${++queueCount}`;
  queues.putQueue({ name, attributes: { VisibilityTimeout: 0 } });
  queueUrl = queues.queueUrl(name);
  const clock = () => now;
  const mails = mailRecords(table);
  deps = {
    clock,
    mails,
    suppressions: suppressions(table),
    organizations: { get: async () => storedOrganization('acme', { name: 'Chess Club' }) },
    mailer: sesMailer({ configurationSet: 'muster', client: sesClient }),
    senderOf: senders(sesClient),
    mailPace: { turn: async () => undefined },
    mailQueue: {
      ...mailQueue(queueUrl, { mails, clock }, sqsClient),
      putOff: async (message, delaySeconds) => void putOff.push({ message, delaySeconds }),
    },
    onMailState: async (_, mail) => void heard.push(mail),
  };
  await faults({});
});

const senders = (client: SESClient) => {
  const domains = {
    'club.example': ['acme'],
    'unverified.example': '*' as const,
    'guild.example': ['guild'],
  };
  const policy = { from: 'muster@roster.example', domains };
  return mailSenders(policy, { mailIdentities: sesIdentities(client), clock: () => now });
};

let addresses = 0;
const someone = () => `success+${++addresses}@simulator.amazonses.com`;
const faults = (wanted: object) =>
  fetch(`${ses.url}/faults`, { method: 'PUT', body: JSON.stringify(wanted) });
const order = (to: string, key = 'invitation/1/1') =>
  deps.mailQueue.send('acme', { mail: invitation, to, owner: { kind: 'invitation', id: '1' }, key });
const state = async (mailId: string) => (await deps.mails.get({ organization: 'acme', mailId })).state;
const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};

/** All messages of the queue, which are hidden from nobody; each is one delivery of SQS. */
async function deliveries(): Promise<{ body: MailMessage; done: () => Promise<unknown> }[]> {
  const input = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
  const { Messages = [] } = await sqsClient.send(new ReceiveMessageCommand(input));
  return Messages.map(({ Body, ReceiptHandle }) => ({
    body: MailMessage.parse(JSON.parse(Body ?? '')),
    done: () => sqsClient.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle })),
  }));
}

async function onlyMessage(): Promise<MailMessage> {
  const [first, ...others] = await deliveries();
  expect(others).toEqual([]);
  return first!.body;
}

async function inbox(to: string) {
  const { emails } = (await (await fetch(`${ses.url}/store`)).json()) as {
    emails: {
      destination: { to: string[] };
      body: { text: string };
      tags: object;
      from: string;
      replyTo: string[];
    }[];
  };
  return emails.filter(({ destination }) => destination.to.includes(to));
}

/** The events of SES once there are so many. */
async function events(count: number): Promise<SesEvent[]> {
  await vi.waitUntil(() => told.length >= count, { timeout: 5_000, interval: 10 });
  return told;
}

describe('a mail', () => {
  it('is sent with its link, and recorded without it', async () => {
    const to = someone();
    const mailId = await order(to);
    expect(await state(mailId)).toBe('queued');
    await sendMail(deps, await onlyMessage(), options);
    const [email] = await inbox(to);
    expect(email?.body.text).toContain(`https://muster.example${invitation.link}`);
    expect(email?.tags).toEqual({ organization: 'acme', mailId });
    expect(email?.from).toBe('"Chess Club" <muster@roster.example>');
    const stored = await dynamo.client.send(
      new GetCommand({ TableName: tableName, Key: keys.mail('acme', mailId) }) as never,
    );
    expect(JSON.stringify(stored)).not.toContain(secret);
    const record = await deps.mails.get({ organization: 'acme', mailId });
    expect(record).toMatchObject({ state: 'sent', attempts: 1, to, messageId: expect.any(String) });
    expect(heard.map((mail) => mail.state)).toEqual(['sent']);
  });

  it('is one for a key, however often it is ordered and delivered', async () => {
    const to = someone();
    const ids = [await order(to), await order(to)];
    expect(new Set(ids).size).toBe(1);
    const messages = (await deliveries()).map(({ body }) => body);
    expect(messages).toHaveLength(2);
    for (const message of [...messages, ...messages]) await sendMail(deps, message, options);
    await order(to);
    expect(await deliveries()).toHaveLength(2);
    expect(await inbox(to)).toHaveLength(1);
  });

  it('is another one under another key or in another organization', () => {
    const ids = [mailIdOf('acme', 'a'), mailIdOf('acme', 'b'), mailIdOf('club', 'a')];
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('is sent once where twenty senders have its message at once', async () => {
    const to = someone();
    await order(to);
    const message = await onlyMessage();
    await Promise.all(Array.from({ length: 20 }, () => sendMail(deps, message, options)));
    expect(await inbox(to)).toHaveLength(1);
  });

  it('goes to no malformed address', async () => {
    await expect(order('ann@example.org\r\nBcc: eve@example.org')).rejects.toMatchObject({
      name: 'ZodError',
    });
    expect(await deliveries()).toEqual([]);
  });
});

describe('an answer that was lost', () => {
  it('is made good for by the event of SES: the mail is not sent again', async () => {
    const to = someone();
    const mailId = await order(to);
    const message = await onlyMessage();
    await faults({ cut: 1 });
    await sendMail(deps, message, options);
    expect(putOff).toEqual([{ message, delaySeconds: 301 }]);
    expect(await state(mailId)).toBe('sending');

    later(10);
    await sendMail(deps, message, options);
    expect(putOff.at(-1)).toEqual({ message, delaySeconds: 291 });

    const [sent] = await events(1);
    await followMail(deps, sent!);
    expect(await state(mailId)).toBe('sent');
    later(1_000);
    await sendMail(deps, message, options);
    expect(await inbox(to)).toHaveLength(1);
  });

  it('and whose event is lost too has the mail sent again, but not before the hold is over', async () => {
    const to = someone();
    await order(to);
    const message = await onlyMessage();
    await faults({ cut: 1 });
    await sendMail(deps, message, options);
    later(300);
    await sendMail(deps, message, options);
    expect(await inbox(to)).toHaveLength(1);
    later(0.001);
    await sendMail(deps, message, options);
    expect(await inbox(to)).toHaveLength(2);
  });

  it('fails with the fifth one, for the dead letters to tell', async () => {
    await order(someone());
    const message = await onlyMessage();
    const mailer = { send: async () => ({ answer: 'unanswered' as const, cause: new Error('hung up') }) };
    for (let tries = 1; tries < 5; tries++, later(301)) await sendMail({ ...deps, mailer }, message, options);
    expect(putOff.map(({ delaySeconds }) => delaySeconds)).toEqual([301, 301, 301, 301]);
    await expect(sendMail({ ...deps, mailer }, message, options)).rejects.toMatchObject({
      name: 'MailUnanswered',
    });
  });
});

/** A mail as the mailer takes it. */
const outgoing = () => ({
  ...{ organization: 'acme', mailId: '1', fromName: 'Club', from: 'muster@roster.example', to: someone() },
  rendered: { subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' },
});

it('a connection is for one mail: none that was kept can break over the next one', async () => {
  let connections = 0;
  const server = createServer((request, response) => {
    request.resume();
    const result = '<SendRawEmailResult><MessageId>1</MessageId></SendRawEmailResult>';
    response.end(`<SendRawEmailResponse>${result}</SendRawEmailResponse>`);
  });
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_ENDPOINT_URL_SES', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', local.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const mailer = sesMailer({ configurationSet: 'muster' });
  for (const _ of [1, 2, 3]) {
    expect(await mailer.send(outgoing())).toEqual({ answer: 'accepted', messageId: '1' });
  }
  vi.unstubAllEnvs();
  server.close();
  expect(connections).toBe(3);
});

it('a connection that is not made leaves nothing in doubt: SES took no mail', async () => {
  const agent = new Agent();
  agent.createConnection = () => Object.assign(new Socket(), { connecting: true });
  const requestHandler = { connectionTimeout: 50, requestTimeout: 5_000, httpAgent: agent };
  const client = new SESClient({ ...local, endpoint: ses.url, maxAttempts: 1, requestHandler });
  const answer = await sesMailer({ configurationSet: 'muster', client }).send(outgoing());
  expect(answer).toEqual({ answer: 'busy', code: 'unconnected' });
});

describe('a sender', () => {
  it('that is killed with a mail in hand leaves it to another one', async () => {
    const to = someone();
    const mailId = await order(to);
    const message = await onlyMessage();
    await deps.mails.take(message, now, options.leaseSeconds);
    await sendMail(deps, message, options);
    expect(await inbox(to)).toEqual([]);
    later(301);
    await sendMail(deps, message, options);
    expect(await inbox(to)).toHaveLength(1);
    expect(await state(mailId)).toBe('sent');
  });

  it('that SES has no room for waits longer each time, and loses nothing', async () => {
    const to = someone();
    const mailId = await order(to);
    await faults({ throttle: 3 });
    let message = await onlyMessage();
    for (const most of [3, 5, 9]) {
      await sendMail(deps, message, options);
      const last = putOff.at(-1)!;
      expect(last.delaySeconds).toBeGreaterThanOrEqual(1);
      expect(last.delaySeconds).toBeLessThanOrEqual(most);
      expect(await state(mailId)).toBe('queued');
      message = last.message;
    }
    await sendMail(deps, message, options);
    expect(await inbox(to)).toHaveLength(1);
  });

  it('that SES refuses a mail gives it up, with the reason', async () => {
    const mailId = await order(someone());
    await faults({ reject: 1 });
    const message = await onlyMessage();
    await sendMail(deps, message, options);
    await sendMail(deps, message, options);
    const record = await deps.mails.get({ organization: 'acme', mailId });
    expect(record).toMatchObject({ state: 'failed', code: 'MessageRejected', attempts: 1 });
  });

  it('that fails for another reason puts the mail back for the next try', async () => {
    const to = someone();
    const mailId = await order(to);
    const message = await onlyMessage();
    const mailer = sesMailer({ configurationSet: 'none', client: sesClient });
    await expect(sendMail({ ...deps, mailer }, message, options)).rejects.toThrow('none');
    expect(await state(mailId)).toBe('queued');
    await sendMail(deps, message, options);
    expect(await inbox(to)).toHaveLength(1);
  });

  it('finds nobody home: SES that cannot be reached only slows things down', async () => {
    const to = someone();
    await order(to);
    const message = await onlyMessage();
    const nowhere = new SESClient({ ...local, endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
    const mailer = sesMailer({ configurationSet: 'muster', client: nowhere });
    await sendMail({ ...deps, mailer }, message, options);
    expect(putOff).toHaveLength(1);
    await sendMail(deps, message, options);
    expect(await inbox(to)).toHaveLength(1);
  });
});

describe('an organization’s own sender', () => {
  const nowhere = () => new SESClient({ ...local, endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
  /** Sends one mail of an organization with this setting, and tells whom it came from and whom answers go to. */
  async function sent(mail: { from?: string; replyTo?: string }, senderOf = deps.senderOf) {
    const to = someone();
    await order(to, to);
    const [{ body, done }] = (await deliveries()) as [Awaited<ReturnType<typeof deliveries>>[0]];
    const organizations = { get: async () => storedOrganization('acme', { name: 'Chess Club', mail }) };
    await sendMail({ ...deps, organizations, senderOf }, body, options);
    await done();
    const emails = await inbox(to);
    return emails.map(({ from, replyTo }) => ({ from: /<(.*)>/.exec(from)?.[1], replyTo }));
  }
  const installation = 'muster@roster.example';

  it('is whom its mails come from where SES has verified it, and answers go where it says', async () => {
    expect(await sent({ from: 'Chess@CLUB.example', replyTo: 'office@else.example' })).toEqual([
      { from: 'Chess@club.example', replyTo: ['office@else.example'] },
    ]);
    expect(await sent({ replyTo: 'office@else.example' })).toEqual([
      { from: installation, replyTo: ['office@else.example'] },
    ]);
    expect(await sent({})).toEqual([{ from: installation, replyTo: [] }]);
  });

  it.each([
    ['is not verified', 'chess@unverified.example'],
    ['is of a domain that the installation does not list', 'chess@else.example'],
    ['is of a domain below a listed one', 'chess@www.club.example'],
    ['is of a domain that is listed for another organization', 'chess@guild.example'],
  ])('gives way to the installation’s where it %s', async (_, from) => {
    expect(await sent({ from })).toEqual([{ from: installation, replyTo: [] }]);
  });

  it('gives way where SES cannot be asked, and where SES refuses to send from it after all', async () => {
    const from = 'chess@club.example';
    expect(await sent({ from }, senders(nowhere()))).toEqual([{ from: installation, replyTo: [] }]);
    await faults({ reject: 1 });
    expect(await sent({ from })).toEqual([{ from: installation, replyTo: [] }]);
    expect(await sent({ from })).toEqual([{ from, replyTo: [] }]);
  });

  it('is asked about once in 10 minutes, and a minute after a check failed', async () => {
    let [calls, isDown] = [0, true];
    const mailIdentities = {
      async verified(identities: readonly string[]) {
        calls += 1;
        if (isDown) throw new Error('down');
        return new Set(identities);
      },
    };
    const policy = { from: installation, domains: { 'club.example': '*' as const } };
    const senderOf = mailSenders(policy, { mailIdentities, clock: () => now });
    const own = 'chess@club.example';
    const steps: [seconds: number, isDown: boolean, from: string, calls: number][] = [
      [0, true, installation, 1],
      [59, false, installation, 1],
      [1, false, own, 2],
      [599, true, own, 2],
      [1, true, installation, 3],
    ];
    for (const [seconds, down, from, asked] of steps) {
      later(seconds);
      isDown = down;
      expect([await senderOf({ organization: 'acme', from: own }), calls]).toEqual([from, asked]);
    }
  });
});

it('a message that is put off comes later, and as it was', async () => {
  await order(someone());
  const [{ body, done }] = (await deliveries()) as [Awaited<ReturnType<typeof deliveries>>[0]];
  const queue = mailQueue(queueUrl, deps, sqsClient);
  await queue.putOff(body, 5_000);
  await done();
  const count = async () => {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed'] as const;
    const input = { QueueUrl: queueUrl, AttributeNames: [...names] };
    const { Attributes = {} } = await sqsClient.send(new GetQueueAttributesCommand(input));
    return names.map((name) => Attributes[name]);
  };
  expect(await count()).toEqual(['0', '1']);
});

describe('what SES tells', () => {
  const event = (mailId: string, detail: Partial<SesEvent['detail']>, to = 'ann@example.org'): SesEvent => ({
    detail: {
      eventType: 'Send',
      mail: {
        messageId: 'm-1',
        destination: [to],
        tags: { organization: ['acme'], mailId: [mailId] },
      },
      ...detail,
    },
  });
  const bounce = (bounceType: string): Partial<SesEvent['detail']> => ({
    eventType: 'Bounce',
    bounce: { bounceType, bounceSubType: 'General' },
  });
  const complaint: Partial<SesEvent['detail']> = {
    eventType: 'Complaint',
    complaint: { complaintFeedbackType: 'abuse' },
  };

  it('comes in any order and more than once, and ends with what says the most', async () => {
    const kinds = [
      { told: { eventType: 'Send' }, state: 'sent' },
      { told: { eventType: 'Delivery' }, state: 'delivered' },
      { told: bounce('Permanent'), state: 'bounced' },
      { told: complaint, state: 'complained' },
    ];
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(kinds.length - 1), { minLength: 1, maxLength: 8 }), async (order) => {
        const mailId = mailIdOf('acme', String(++number));
        const about = { kind: 'reset', to: 'ann@example.org', owner: { kind: 'reset', id: '1' } } as const;
        await deps.mails.create({ organization: 'acme', mailId }, about, now);
        for (const index of order) await followMail(deps, event(mailId, kinds[index]!.told));
        expect(await state(mailId)).toBe(kinds[Math.max(...order)]!.state);
      }),
      { numRuns: 40 },
    );
  });

  it('leaves a delivered mail delivered where an automatic answer bounces, in either order', async () => {
    const soft = bounce('Transient');
    const delivery = { eventType: 'Delivery' };
    for (const [index, both] of [
      [soft, delivery],
      [delivery, soft],
    ].entries()) {
      const mailId = await order('ann@example.org', `transient/${index}`);
      for (const one of both) await followMail(deps, event(mailId, one));
      expect(await state(mailId)).toBe('delivered');
    }
    expect(await deps.suppressions.has('ann@example.org')).toBe(false);
  });

  it('of mails that are not Muster’s, or are forgotten, is passed over', async () => {
    await followMail(deps, event(mailIdOf('acme', 'forgotten'), { eventType: 'Delivery' }));
    const foreign = event('', { eventType: 'Delivery' });
    await followMail(deps, { detail: { ...foreign.detail, mail: { ...foreign.detail.mail, tags: {} } } });
    await followMail(deps, event(mailIdOf('acme', 'x'), { eventType: 'Open' }));
    expect(heard).toEqual([]);
  });

  it('of a bounce keeps the address from being written to, whichever organization asks, until it is lifted', async () => {
    const to = `bounce+${++addresses}@simulator.amazonses.com`;
    const first = await order(to);
    await sendMail(deps, await onlyMessage(), options);
    for (const one of await events(2)) await followMail(deps, one);
    expect(await state(first)).toBe('bounced');

    const shouting = to.toUpperCase().replace('@SIMULATOR', '@simulator');
    const second = await deps.mailQueue.send('other', {
      mail: invitation,
      to: shouting,
      owner: { kind: 'invitation', id: '2' },
      key: 'second',
    });
    const message = { organization: 'other', mailId: second, mail: invitation };
    await sendMail(deps, message, options);
    const record = await deps.mails.get(message);
    expect(record.state).toBe('suppressed');
    expect(await inbox(shouting)).toEqual([]);

    // Telling it had failed, so the message came again.
    heard = [];
    await sendMail(deps, message, options);
    expect(heard).toEqual([record]);

    await deps.suppressions.lift(to);
    const third = await order(to, 'third');
    await sendMail(deps, { organization: 'acme', mailId: third, mail: invitation }, options);
    expect(await inbox(to)).toHaveLength(2);
  });

  it('of a complaint does so too; a mail taken out of the spam folder is no complaint', async () => {
    const mailId = await order('eve@example.org');
    const praise = { eventType: 'Complaint', complaint: { complaintFeedbackType: 'not-spam' } };
    await followMail(deps, event(mailId, praise, 'eve@example.org'));
    expect(await deps.suppressions.has('eve@example.org')).toBe(false);
    await followMail(deps, event(mailId, complaint, 'eve@example.org'));
    expect(await deps.suppressions.has('eve@example.org')).toBe(true);
    expect(heard.map((mail) => mail.state)).toEqual(['complained']);
  });

  it('is told to the owner again where the first time failed', async () => {
    const mailId = await order('ann@example.org');
    let calls = 0;
    const failing = {
      ...deps,
      onMailState: async () => {
        calls += 1;
        if (calls === 1) throw new Error('busy');
      },
    };
    const sent = event(mailId, { eventType: 'Send' });
    await expect(followMail(failing, sent)).rejects.toThrow('busy');
    await followMail(failing, sent);
    expect(calls).toBe(2);
  });
});
