import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetIdentityVerificationAttributesCommand,
  SESClient,
  SendEmailCommand,
  SendRawEmailCommand,
  SendTemplatedEmailCommand,
} from '@aws-sdk/client-ses';
import { afterEach, expect, test } from 'vitest';
import type { EventEnvelope } from '../../../infra/local/events/envelope.ts';
import { type MailOptions, startMail } from '../../../infra/local/mail/server.ts';

const open = new Set<Awaited<ReturnType<typeof startMail>>>();
const temporary = () => mkdtempSync(join(tmpdir(), 'mail-'));

afterEach(async () => {
  await Promise.all([...open].map((mail) => mail.close()));
  open.clear();
});

async function start(directory = temporary(), onEvent?: MailOptions['onEvent']) {
  const mail = await startMail({ directory, ...(onEvent && { onEvent }) });
  open.add(mail);
  mail.putConfigurationSet({ name: 'muster', events: ['SEND', 'DELIVERY', 'BOUNCE', 'COMPLAINT'] });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SESClient({ endpoint: mail.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
  const stored = async () =>
    ((await (await fetch(`${mail.url}/store`)).json()) as { emails: Record<string, unknown>[] }).emails;
  const page = async (path: string) => (await fetch(mail.url + path)).text();
  return { mail, client, stored, page };
}

const invitation = new SendEmailCommand({
  Source: 'Muster <no-reply@example.org>',
  Destination: { ToAddresses: ['ada@example.com', 'bob@example.com'], CcAddresses: ['cy@example.com'] },
  ReplyToAddresses: ['help@example.org'],
  Message: {
    Subject: { Data: 'Join <us> & "them"' },
    Body: {
      Text: { Data: 'Zoë: https://example.org/join?a=1&b=2' },
      Html: { Data: '<p onclick="x()">Zoë</p><script>alert(1)</script>' },
    },
  },
  ConfigurationSetName: 'muster',
  Tags: [{ Name: 'invitation', Value: 'n1' }],
});

test('SendEmail keeps every recipient, the reply address, both bodies and the tags', async () => {
  const { client, stored } = await start();
  const { MessageId } = await client.send(invitation);
  expect(await stored()).toEqual([
    {
      messageId: MessageId,
      at: expect.any(Number),
      from: 'Muster <no-reply@example.org>',
      replyTo: ['help@example.org'],
      destination: { to: ['ada@example.com', 'bob@example.com'], cc: ['cy@example.com'], bcc: [] },
      subject: 'Join <us> & "them"',
      body: {
        text: 'Zoë: https://example.org/join?a=1&b=2',
        html: '<p onclick="x()">Zoë</p><script>alert(1)</script>',
      },
      attachments: [],
      configurationSet: 'muster',
      tags: { invitation: 'n1' },
    },
  ]);
});

test('SendRawEmail reads the MIME message, and Destinations overrule its headers', async () => {
  const { client, stored } = await start();
  const mime = [
    'From: Muster <no-reply@example.org>',
    'To: Ada <ada@example.com>, bob@example.com',
    'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Hello',
    '--b',
    'Content-Type: text/csv; name=r.csv',
    'Content-Disposition: attachment; filename=r.csv',
    '',
    'a,b',
    '--b--',
    '',
  ].join('\r\n');
  const RawMessage = { Data: new TextEncoder().encode(mime) };
  await client.send(new SendRawEmailCommand({ RawMessage }));
  await client.send(new SendRawEmailCommand({ RawMessage, Destinations: ['eve@example.com'] }));
  const [first, second] = await stored();
  expect(first).toMatchObject({
    from: expect.stringContaining('no-reply@example.org'),
    destination: { to: ['ada@example.com', 'bob@example.com'], cc: [], bcc: [] },
    subject: 'Grüße',
    attachments: [{ filename: 'r.csv', contentType: 'text/csv', bytes: 3 }],
  });
  expect(first?.body).toEqual({ text: expect.stringMatching(/^Hello\s*$/) });
  expect(second?.destination).toEqual({ to: ['eve@example.com'], cc: [], bcc: [] });
});

test('what it cannot do is an error at once, and sends nothing', async () => {
  const { client, stored } = await start();
  const templated = new SendTemplatedEmailCommand({
    Source: 'a@example.org',
    Destination: { ToAddresses: ['b@example.com'] },
    Template: 't',
    TemplateData: '{}',
  });
  await expect(client.send(templated)).rejects.toMatchObject({
    name: 'InvalidAction',
    message: expect.stringContaining('SendTemplatedEmail'),
  });
  const nobody = new SendEmailCommand({ ...invitation.input, Destination: {} });
  await expect(client.send(nobody)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  expect(await stored()).toEqual([]);
});

test('every identity is verified but those of domains that begin with unverified., from which nothing is sent', async () => {
  const { client, stored } = await start();
  const Identities = ['club.example', 'a@club.example', 'unverified.example', 'a@unverified.example'];
  const { VerificationAttributes } = await client.send(
    new GetIdentityVerificationAttributesCommand({ Identities }),
  );
  expect(VerificationAttributes).toEqual({
    'club.example': { VerificationStatus: 'Success' },
    'a@club.example': { VerificationStatus: 'Success' },
  });
  const Source = 'Muster <a@unverified.example>';
  await expect(client.send(new SendEmailCommand({ ...invitation.input, Source }))).rejects.toMatchObject({
    name: 'MessageRejected',
  });
  expect(await stored()).toEqual([]);
});

test('the mailbox shows emails to people, and runs nothing that is in them', async () => {
  const { client, page, mail } = await start();
  const { MessageId } = await client.send(invitation);
  expect(await page('/')).toContain(
    `<a href="/messages/${MessageId}">Join &lt;us&gt; &amp; &quot;them&quot;</a>`,
  );
  const email = await page(`/messages/${MessageId}`);
  expect(email).toContain('<a href="https://example.org/join?a=1&amp;b=2"');
  expect(email).not.toContain('<script>');
  expect(email).toMatch(/<iframe[^>]* sandbox="(?!.*allow-scripts)/);
  expect((await fetch(`${mail.url}/messages/none`)).status).toBe(404);
});

test('emails survive a restart', async () => {
  const directory = temporary();
  const first = await start(directory);
  const { MessageId } = await first.client.send(invitation);
  await first.mail.close();
  open.delete(first.mail);
  const { stored } = await start(directory);
  expect((await stored()).map(({ messageId }) => messageId)).toEqual([MessageId]);
});

test('what becomes of an email is told as events, in their order; SES’s simulator has addresses that fail', async () => {
  const told: EventEnvelope[] = [];
  const { client, mail, page } = await start(temporary(), async (event) => void told.push(event));
  mail.putConfigurationSet({ name: 'some', events: ['bounce'] });
  const sendTo = async (address: string, set = 'muster') => {
    told.length = 0;
    const { MessageId } = await client.send(
      new SendEmailCommand({
        ...invitation.input,
        Destination: { ToAddresses: [address] },
        ConfigurationSetName: set,
      }),
    );
    return MessageId;
  };
  const toldOf = async (count: number) => {
    await expect.poll(() => told.length).toBe(count);
    return told.map((event) => event['detail-type']);
  };
  const messageId = await sendTo('ada@example.com');
  expect(await toldOf(2)).toEqual(['Email Sent', 'Email Delivered']);
  expect(told[1]).toMatchObject({
    source: 'aws.ses',
    detail: {
      eventType: 'Delivery',
      mail: {
        messageId,
        destination: ['ada@example.com'],
        tags: { invitation: ['n1'], 'ses:configuration-set': ['muster'] },
      },
      delivery: { recipients: ['ada@example.com'] },
    },
  });
  await sendTo('bounce+7@simulator.amazonses.com');
  expect(await toldOf(2)).toEqual(['Email Sent', 'Email Bounced']);
  expect(told[1]?.detail).toMatchObject({
    bounce: {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [{ emailAddress: 'bounce+7@simulator.amazonses.com' }],
    },
  });
  expect(await page('/')).toContain('<td>bounced</td>');
  await sendTo('suppressionlist@simulator.amazonses.com', 'some');
  expect(await toldOf(1)).toEqual(['Email Bounced']);
  await sendTo('complaint@simulator.amazonses.com');
  expect(await toldOf(3)).toEqual(['Email Sent', 'Email Delivered', 'Email Complaint Received']);
  await sendTo('bounce@example.com');
  expect(await toldOf(2)).toEqual(['Email Sent', 'Email Delivered']);
  await expect(sendTo('ada@example.com', 'other')).rejects.toMatchObject({
    name: 'ConfigurationSetDoesNotExistException',
  });
});

test('calls fail where a test asks for it: refused emails are not kept, one that is cut off is', async () => {
  const { client, mail, stored } = await start();
  const body = JSON.stringify({ throttle: 1, reject: 1, cut: 1 });
  expect((await fetch(`${mail.url}/faults`, { method: 'PUT', body })).status).toBe(204);
  const once = () =>
    client.send(invitation).then(
      () => 'sent',
      (error: Error & { code?: string }) => error.code ?? error.name,
    );
  const outcomes: string[] = [];
  for (let call = 0; call < 4; call++) outcomes.push(await once());
  expect(outcomes).toEqual(['Throttling', 'MessageRejected', 'ECONNRESET', 'sent']);
  expect(await stored()).toHaveLength(2);
});
