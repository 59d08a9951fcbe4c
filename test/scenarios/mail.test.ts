import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importFile, newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';
import { untilPasses } from '../support/eventually.ts';
import { queueFigures } from '../support/queues.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
];

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud({
    mailFrom: 'muster@roster.example',
    mailFromDomains: { 'choir.example': ['choir'], 'unverified.example': '*', 'guild.example': ['guild'] },
  });
});
afterAll(() => test?.close());

const tenantOf = (name: string, owner: string) => newTenant(test.cloud, name, columns, owner);

interface Email {
  messageId: string;
  from: string;
  replyTo: string[];
  destination: { to: string[] };
  subject: string;
  body: { text: string; html: string };
  tags: Record<string, string>;
}

async function mailbox(to: string): Promise<Email[]> {
  const { emails } = (await (await fetch(`${test.cloud.endpoints.SES}/store`)).json()) as { emails: Email[] };
  return emails.filter(({ destination }) => destination.to.includes(to));
}

/** Asks again until the answer passes or 2 minutes are over: what SES is too busy for comes later and later. */
const mailsTo = (to: string, count: number) =>
  untilPasses(
    () => mailbox(to),
    (mails) => mails.length >= count,
  );

const mailsPutOff = async () => (await queueFigures(test.cloud, 'MailQueueUrl')).putOff;

/** What the functions noted of a mail, oldest first. */
async function statesOf(mailId: string | undefined): Promise<string[]> {
  const lines = (await Promise.all(['MailSend', 'MailEvents'].map((name) => test.logOf(name)))).join('\n');
  const noted = lines.split('\n').flatMap((line) => {
    const at = line.indexOf('{');
    if (at < 0 || !line.includes('A mail moved on')) return [];
    return [JSON.parse(line.slice(at)) as { mailId: string; state: string; timestamp: string }];
  });
  return noted.filter((one) => one.mailId === mailId).map(({ state }) => state);
}

/** Makes the next calls of SES fail. */
const faults = (wanted: object) =>
  fetch(`${test.cloud.endpoints.SES}/faults`, { method: 'PUT', body: JSON.stringify(wanted) });

async function changeSettings({ client, organization }: Tenant, patch: object): Promise<void> {
  const path = client.in(organization);
  const etag = (await client.send('GET', path)).headers.get('etag') ?? '';
  const answer = await client.send('PATCH', path, { body: patch, headers: { 'if-match': etag } });
  expect(answer.status).toBe(200);
}

it('tells the uploader of an import in the language of the organization, once for each thing to tell', async () => {
  const owner = 'success+club@simulator.amazonses.com';
  const club = await tenantOf('Club des Échecs', owner);
  await changeSettings(club, { language: 'fr' });
  const job = await importFile(club, 'membres.csv', 'ID,Name\n1,Zoë\n2,Léo\n', { approve: 'review' });
  const [waiting] = await mailsTo(owner, 1);
  expect(waiting).toMatchObject({
    subject: 'Club des Échecs : un import attend votre accord',
    from: '"Club des Échecs" <muster@roster.example>',
    destination: { to: [owner] },
  });
  const link = `${test.cloud.url}/#/imports/${job.importId}`;
  expect(waiting?.body.text).toContain('L’import de membres.csv attend votre accord.');
  expect(waiting?.body.text).toContain('Membres ajoutés : 2');
  expect(waiting?.body.text).toContain(link);
  expect(waiting?.body.html).toContain(`href="${link}"`);

  await club.client.approve(club.organization, job.importId, {});
  await club.client.waitForImport(club.organization, job.importId, { deadlineSeconds: 60 });
  const [, finished] = await mailsTo(owner, 2);
  expect(finished?.subject).toBe('Club des Échecs : l’import est terminé');
  for (const { tags } of [waiting!, finished!]) {
    await untilPasses(
      () => statesOf(tags.mailId),
      (states) => states.includes('delivered'),
    );
  }

  await importFile(club, 'faux.csv', 'ID,Name\n,Personne\n');
  const subjects = (await mailsTo(owner, 3)).map(({ subject }) => subject);
  expect(subjects).toEqual([
    'Club des Échecs : un import attend votre accord',
    'Club des Échecs : l’import est terminé',
    'Club des Échecs : l’import a échoué',
  ]);
});

it('does not write again to an address that bounced', async () => {
  const owner = 'bounce+guild@simulator.amazonses.com';
  const guild = await tenantOf('Guild', owner);
  await importFile(guild, 'first.csv', 'ID,Name\n1,Ann\n', { approve: 'auto' });
  const [first] = await mailsTo(owner, 1);
  expect(first?.subject).toBe('Guild: the import is finished');
  await untilPasses(
    () => statesOf(first?.tags.mailId),
    (states) => states.includes('bounced'),
  );

  await importFile(guild, 'second.csv', 'ID,Name\n1,Bob\n', { approve: 'auto' });
  await untilPasses(
    () => test.logOf('MailSend'),
    (log) => log.includes('"suppressed"'),
  );
  expect(await mailbox(owner)).toHaveLength(1);
});

it('sends a mail once whose answer was lost, and one later that SES had no room for', async () => {
  const owner = 'success+lost@simulator.amazonses.com';
  const lodge = await tenantOf('Lodge', owner);
  await faults({ throttle: 2, cut: 1 });
  await importFile(lodge, 'first.csv', 'ID,Name\n1,Ann\n', { approve: 'auto' });
  const [mail] = await mailsTo(owner, 1);
  await untilPasses(
    () => statesOf(mail?.tags.mailId),
    (states) => states.includes('delivered'),
  );
  expect(await mailbox(owner)).toHaveLength(1);
});

it('sends what was waiting when the system went down, once', async () => {
  const owner = 'success+down@simulator.amazonses.com';
  const union = await tenantOf('Union', owner);
  await faults({ throttle: 1_000 });
  const before = await mailsPutOff();
  await importFile(union, 'first.csv', 'ID,Name\n1,Ann\n', { approve: 'auto' });
  // One that is in hand as the system goes down waits for five minutes, until its hold is over.
  await untilPasses(mailsPutOff, (count) => count > before);
  await test.restart();
  const [mail] = await mailsTo(owner, 1);
  await untilPasses(
    () => statesOf(mail?.tags.mailId),
    (states) => states.includes('delivered'),
  );
  expect(await mailbox(owner)).toHaveLength(1);
});

it('comes from the organization’s own address where it is verified, and takes answers elsewhere', async () => {
  const owner = 'success+choir@simulator.amazonses.com';
  const choir = await tenantOf('Choir', owner);
  const { client, organization } = choir;
  const path = client.in(organization);
  for (const [index, [from, sender]] of [
    ['info@choir.example', 'info@choir.example'],
    ['info@unverified.example', 'muster@roster.example'],
    ['info@elsewhere.example', 'muster@roster.example'],
    ['info@guild.example', 'muster@roster.example'],
  ].entries()) {
    const own = { from, replyTo: 'office@elsewhere.example' };
    await changeSettings(choir, { mail: own });
    expect(await (await client.send('GET', path)).json()).toMatchObject({ mail: own });
    const preview = await client.send('GET', `${path}/mail/preview?kind=reset`);
    expect(await preview.json()).toMatchObject({ from });
    await importFile(choir, `${index}.csv`, `ID,Name\n${index},Ann\n`, { approve: 'auto' });
    const mails = await mailsTo(owner, index + 1);
    expect(mails[index]).toMatchObject({
      from: `"Choir" <${sender}>`,
      replyTo: ['office@elsewhere.example'],
    });
  }
  await changeSettings(choir, { mail: {} });
  expect((await (await client.send('GET', path)).json()).mail).toEqual({});
});

it('shows what a mail looks like, safe from what names hold', async () => {
  const name = '<script>alert(1)</script>{{link}}';
  const club = await tenantOf(name, 'owner@preview.example');
  const preview = async (query: string) => {
    const path = `${club.client.in(club.organization)}/mail/preview?${query}`;
    const answer = await club.client.send('GET', path);
    return { status: answer.status, body: await answer.json() };
  };
  const english = await preview('kind=invitation');
  expect(english.status).toBe(200);
  expect(english.body.subject).toBe(`Join ${name}`);
  expect(english.body.text).toContain('Monday, 3 June 2030 at 12:00 UTC');
  expect(english.body.html).not.toContain('<script>');
  const french = await preview('kind=reset&language=fr');
  expect(french.body.subject).toBe(`Choisissez un nouveau mot de passe pour ${name}`);
  expect((await preview('kind=lottery')).status).toBe(400);
});
