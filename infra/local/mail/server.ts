import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type AddressObject, simpleParser } from 'mailparser';
import type { EventEnvelope } from '../events/envelope.ts';
import { listen, readBody, ServiceError } from '../states/aws-json.ts';
import { type EmailEventType, emailEvents } from './events.ts';
import { Faults } from './faults.ts';
import { requireVerified, verificationAttributes } from './identities.ts';
import { emailPage, escapeHtml, mailboxPage } from './page.ts';
import { type Email, openMailStore } from './store.ts';

const destinationsMax = 50;
const pageEmailsMax = 200;
const namespace = 'http://ses.amazonaws.com/doc/2010-12-01/';

/** A configuration set, and the types of events that it sends to EventBridge, as `SEND` or `bounce`. */
export interface ConfigurationSet {
  readonly name: string;
  readonly events: readonly string[];
}

/** Where it runs, and who takes the events of its mails; nobody if absent. */
export interface MailOptions {
  directory: string;
  port?: number;
  region?: string;
  accountId?: string;
  onEvent?: (event: EventEnvelope) => Promise<void>;
}

/**
 * Starts a local SES (v1, query protocol: SendEmail, SendRawEmail, GetIdentityVerificationAttributes) on 127.0.0.1 that keeps what it is given.
 *
 * `GET /` is a mailbox for people, `GET /store?since=<epoch seconds>` has the emails as JSON. An email with a
 * configuration set has the events that SES would send: every address takes its mail, but for those of SES's mailbox
 * simulator (`bounce@simulator.amazonses.com` and the like). `PUT /faults` makes the next calls fail, for tests:
 * `{"throttle": 3, "reject": 1, "cut": 1}` refuses three calls and then one, then takes one and hangs up. It is an endpoint of
 * our own because aws-ses-v2-local 2.10.2 drops all but the first recipient, never answers other calls, and has one
 * store in memory for the whole process.
 *
 * @see https://docs.aws.amazon.com/ses/latest/APIReference/API_Operations.html
 */
export async function startMail(options: MailOptions) {
  const { region = 'us-east-1', accountId = '000000000000', onEvent } = options;
  mkdirSync(options.directory, { recursive: true });
  const store = openMailStore(join(options.directory, 'mail.sqlite'));

  const configurationSets = new Map<string, ReadonlySet<string>>();
  const faults = new Faults();

  /** Events come after the answer, in their order; one that is not taken is told and lost, as on AWS. */
  function tell(email: Email): void {
    const wanted = configurationSets.get(email.configurationSet ?? '');
    if (wanted === undefined || onEvent === undefined) return;
    const isWanted = ({ type }: { type: EmailEventType }) => wanted.has(type);
    const events = emailEvents(email, { region, accountId }).filter(isWanted);
    const delivering = events.reduce(
      (before, { event }) => before.then(() => onEvent(event)),
      Promise.resolve(),
    );
    delivering.catch((error: unknown) => console.error(`SES: events of ${email.messageId} are lost`, error));
  }

  async function call(request: IncomingMessage): Promise<string> {
    const form = new URLSearchParams(await readBody(request));
    const action = form.get('Action') ?? '';
    if (action === 'GetIdentityVerificationAttributes')
      return answered(action, verificationAttributes(members(form, 'Identities'), escapeHtml));
    const read = { SendEmail: readEmail, SendRawEmail: readRawEmail }[action];
    if (!read) throw new ServiceError('InvalidAction', `The local SES has no action ${action}`);
    faults.refuse();
    const email = await read(form);
    requireVerified(email.from);
    const set = email.configurationSet;
    if (set !== undefined && !configurationSets.has(set))
      throw new ServiceError('ConfigurationSetDoesNotExist', `Configuration set <${set}> does not exist.`);
    const { to, cc, bcc } = email.destination;
    const count = to.length + cc.length + bcc.length;
    if (count < 1 || count > destinationsMax)
      throw new ServiceError(
        'InvalidParameterValue',
        `1 to ${destinationsMax} recipients are allowed, not ${count}`,
      );
    store.add(email);
    setImmediate(tell, email);
    return answered(action, `<MessageId>${email.messageId}</MessageId>`);
  }

  function look(path: URL): { type: string; body: string } | undefined {
    const html = (body: string) => ({ type: 'text/html; charset=utf-8', body });
    if (path.pathname === '/') return html(mailboxPage(store.newest(pageEmailsMax)));
    if (path.pathname === '/store') {
      const emails = store.list(Number(path.searchParams.get('since') ?? 0) || 0);
      return { type: 'application/json', body: JSON.stringify({ emails }) };
    }
    const [, id] = /^\/messages\/([\w-]+)$/.exec(path.pathname) ?? [];
    const email = id && store.find(id);
    return email ? html(emailPage(email)) : undefined;
  }

  const endpoint = await listen(
    createServer(async (request, response) => {
      try {
        if (request.method === 'PUT' && request.url === '/faults') {
          faults.set(JSON.parse(await readBody(request)));
          return send(response, 204, 'text/plain', '');
        }
        if (request.method === 'POST') {
          const answer = await call(request);
          if (faults.cut()) return request.socket.destroy();
          return send(response, 200, 'text/xml', answer);
        }
        const found = look(new URL(request.url ?? '/', 'http://local'));
        if (found) send(response, 200, found.type, found.body);
        else send(response, 404, 'text/plain', 'Not found');
      } catch (error) {
        if (!(error instanceof ServiceError)) console.error('SES: internal failure', error);
        const { code, message, status } = error instanceof ServiceError ? error : internalFailure;
        const type = status < 500 ? 'Sender' : 'Receiver';
        const detail = `<Type>${type}</Type><Code>${code}</Code><Message>${escapeHtml(message)}</Message>`;
        const body = `<Error>${detail}</Error><RequestId>${randomUUID()}</RequestId>`;
        send(response, status, 'text/xml', `<ErrorResponse xmlns="${namespace}">${body}</ErrorResponse>`);
      }
    }),
    options.port,
  );

  return {
    url: endpoint.url,
    /** Makes a configuration set, or changes the one of that name. */
    putConfigurationSet({ name, events }: ConfigurationSet): void {
      const types = events.map((type) => type.toLowerCase().replaceAll('_', ''));
      configurationSets.set(name, new Set(types));
    },
    /** Hangs up on everybody and resolves when the port and the file are free. */
    async close(): Promise<void> {
      await endpoint.close();
      store.close();
    },
  };
}

const internalFailure = new ServiceError('InternalFailure', 'Internal failure', { status: 500 });

function send(response: ServerResponse, status: number, type: string, body: string): void {
  // The page needs its own style and the email's; scripts never run.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-src 'self'";
  response.writeHead(status, { 'content-type': type, 'content-security-policy': policy }).end(body);
}

function answered(action: string, content: string): string {
  const result = `<${action}Result>${content}</${action}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  return `<${action}Response xmlns="${namespace}">${result}${metadata}</${action}Response>`;
}

function readEmail(form: URLSearchParams): Email {
  const html = form.get('Message.Body.Html.Data') ?? undefined;
  const text = form.get('Message.Body.Text.Data') ?? undefined;
  if (!html && !text) throw new ServiceError('InvalidParameterValue', 'Message.Body must have Html or Text');
  return {
    ...envelope(form),
    from: required(form, 'Source'),
    replyTo: members(form, 'ReplyToAddresses'),
    destination: {
      to: members(form, 'Destination.ToAddresses'),
      cc: members(form, 'Destination.CcAddresses'),
      bcc: members(form, 'Destination.BccAddresses'),
    },
    subject: required(form, 'Message.Subject.Data'),
    body: { ...(text ? { text } : {}), ...(html ? { html } : {}) },
    attachments: [],
  };
}

/** The message's own headers tell the recipients, unless Destinations does. */
async function readRawEmail(form: URLSearchParams): Promise<Email> {
  const raw = required(form, 'RawMessage.Data');
  const message = await simpleParser(Buffer.from(raw, 'base64'));
  // People see the header; Source is where bounces would go.
  const from = message.from?.text ?? form.get('Source');
  if (!from) throw new ServiceError('InvalidParameterValue', 'Missing sender');
  const to = members(form, 'Destinations');
  const headers = { to: addresses(message.to), cc: addresses(message.cc), bcc: addresses(message.bcc) };
  const { text, html } = message;
  return {
    ...envelope(form),
    from,
    replyTo: addresses(message.replyTo),
    destination: to.length ? { to, cc: [], bcc: [] } : headers,
    subject: message.subject ?? '',
    body: { ...(text ? { text } : {}), ...(html ? { html } : {}) },
    attachments: message.attachments.map(({ filename = '', contentType, size }) => ({
      filename,
      contentType,
      bytes: size,
    })),
    raw,
  };
}

function envelope(form: URLSearchParams): Pick<Email, 'messageId' | 'at' | 'tags' | 'configurationSet'> {
  const configurationSet = form.get('ConfigurationSetName');
  const tags: Record<string, string> = {};
  for (let i = 1; form.has(`Tags.member.${i}.Name`); i++)
    tags[required(form, `Tags.member.${i}.Name`)] = form.get(`Tags.member.${i}.Value`) ?? '';
  const ids = { messageId: `${randomUUID()}-000000`, at: Math.floor(Date.now() / 1000) };
  return { ...ids, tags, ...(configurationSet ? { configurationSet } : {}) };
}

function required(form: URLSearchParams, key: string): string {
  const value = form.get(key);
  if (!value) throw new ServiceError('InvalidParameterValue', `Missing ${key}`);
  return value;
}

function members(form: URLSearchParams, key: string): string[] {
  const values: string[] = [];
  for (let i = 1; form.has(`${key}.member.${i}`); i++) values.push(required(form, `${key}.member.${i}`));
  return values;
}

function addresses(found: AddressObject | readonly AddressObject[] | undefined): string[] {
  const list = found === undefined ? [] : 'text' in found ? [found] : found;
  return list.flatMap(({ value }) => value.flatMap(({ address }) => address ?? []));
}
