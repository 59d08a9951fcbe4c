/**
 * The mails that Muster sends: a closed union of kinds with what each tells. Links are paths on the installation's own
 * site, so that no mail can lead elsewhere; whoever sends puts the site before them.
 */
import * as z from 'zod';

export const mailLanguages = ['en', 'fr'] as const;
export const MailLanguage = z.enum(mailLanguages);
export type MailLanguage = z.infer<typeof MailLanguage>;
export const defaultMailLanguage: MailLanguage = 'en';

/** What people wrote, which may be anything; the renderer makes it safe. */
const words = z.string().max(500);
/** A path on the site with query and fragment, in visible ASCII: `/#/join/<secret>`. */
const link = z
  .string()
  .max(2_000)
  .regex(/^\/(?!\/)[\x21-\x7e]*$/, 'a path on the site');
const count = z.int().min(0);

const invitation = {
  memberName: words,
  link,
  /** ISO 8601 in UTC; told in the organization's language and time zone. */
  expiresAt: z.iso.datetime(),
  inviterName: words.optional(),
};

const ImportTotals = z.strictObject({
  rows: count,
  added: count,
  updated: count,
  reactivated: count,
  disabled: count,
  rejected: count,
  conflicts: count,
});

const UndoTotals = z.strictObject({
  removed: count,
  updated: count,
  reactivated: count,
  disabled: count,
  kept: count,
  conflicts: count,
});

/** One mail: its kind, and the values that its text names. */
export const Mail = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('invitation'), ...invitation }),
  z.strictObject({
    kind: z.literal('reminder'),
    ...invitation,
    /** 1 for the first reminder. */
    round: z.int().min(1).max(99),
    /** Takes a POST without a sign-in that ends the reminders (RFC 8058). */
    unsubscribeLink: link,
  }),
  z.strictObject({ kind: z.literal('reset'), memberName: words, link, expiresAt: z.iso.datetime() }),
  z.strictObject({ kind: z.literal('importFinished'), fileName: words, link, counts: ImportTotals }),
  z.strictObject({ kind: z.literal('importWaiting'), fileName: words, link, counts: ImportTotals }),
  z.strictObject({ kind: z.literal('importUnmapped'), fileName: words, link }),
  z.strictObject({ kind: z.literal('importFailed'), fileName: words, link }),
  z.strictObject({ kind: z.literal('undoFinished'), fileName: words, link, counts: UndoTotals }),
  z.strictObject({ kind: z.literal('undoWaiting'), fileName: words, link, counts: UndoTotals }),
  z.strictObject({ kind: z.literal('undoFailed'), fileName: words, link }),
  z.strictObject({ kind: z.literal('jobFailed'), members: count, link }),
  z.strictObject({
    kind: z.literal('accessExpiring'),
    memberName: words,
    /** The last day, `YYYY-MM-DD`; told in the organization's language. */
    until: z.iso.date(),
    link,
  }),
  /** No file came by a time, ISO 8601 in UTC; told in the organization's language and time zone. */
  z.strictObject({ kind: z.literal('feedMissed'), expectedAt: z.iso.datetime(), link }),
]);
export type Mail = z.infer<typeof Mail>;

export const mailKinds = [
  'invitation',
  'reminder',
  'reset',
  'importFinished',
  'importWaiting',
  'importUnmapped',
  'importFailed',
  'undoFinished',
  'undoWaiting',
  'undoFailed',
  'jobFailed',
  'accessExpiring',
  'feedMissed',
] as const satisfies readonly Mail['kind'][];
export const MailKind = z.enum(mailKinds);
export type MailKind = z.infer<typeof MailKind>;

/** An address that SES takes (RFC 5321: 254 characters at most). */
export const MailAddress = z.email().max(254);

/** Whether a text is an address that can be written to. */
export function isMailAddress(text: string): boolean {
  return MailAddress.safeParse(text).success;
}

/** Where a mail is sent in the name of: what its text says of the organization. */
export interface MailSender {
  organizationName: string;
  language: MailLanguage;
  /** IANA name; in which dates are told. */
  timeZone: string;
  /** The site's address without a slash at its end, which links are put behind. */
  siteUrl: string;
}

/** A mail as people get it. `subject` is one line; `unsubscribeUrl` goes into the headers (RFC 2369, RFC 8058). */
export interface RenderedMail {
  subject: string;
  html: string;
  text: string;
  unsubscribeUrl?: string;
}

/**
 * How far a mail is. `queued` waits, `sending` is in one sender's hands, `sent` was accepted by SES, `delivered` by
 * the recipient's server. `bounced`, `complained`, `suppressed` and `failed` did not arrive or were not wanted.
 */
export const mailStates = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'bounced',
  'complained',
  'suppressed',
  'failed',
] as const;
export const MailState = z.enum(mailStates);
export type MailState = z.infer<typeof MailState>;

/** What became of a mail, by the facts that Muster acts on; `code` is SES's word for why. */
export type MailOutcome =
  | { state: 'sent' | 'delivered' | 'complained' | 'suppressed' }
  | { state: 'failed'; code: string }
  | { state: 'bounced'; code: string; isPermanent: boolean };

/**
 * How much an outcome says, so that events may come twice and in any order: a mail only ever moves to a higher rank.
 * A delivery outranks a passing bounce (an automatic answer comes after it), and a lasting one outranks a delivery.
 */
export function rankOf(outcome: MailOutcome | { state: 'queued' | 'sending' }): number {
  if (outcome.state === 'bounced') return outcome.isPermanent ? 60 : 30;
  const ranks = {
    queued: 0,
    sending: 10,
    sent: 20,
    delivered: 40,
    suppressed: 50,
    failed: 50,
    complained: 70,
  };
  return ranks[outcome.state];
}

/** Whether an outcome means that the address is not to be written to again. */
export function suppresses(outcome: MailOutcome): boolean {
  return outcome.state === 'complained' || (outcome.state === 'bounced' && outcome.isPermanent);
}

/**
 * How long a sender has for a mail once it took it in hand. Only after that may another one send it, so SES's event
 * of an accepted mail has as long to arrive. A sender's process is ended before, and the queue hides a message for
 * longer (infra/constructs/mails.ts).
 */
export const mailLeaseSeconds = 300;

/** What a mail was sent for, so that its fate can be told there. */
export const MailOwner = z.object({
  kind: z.enum(['import', 'invitation', 'reset', 'job', 'expiry', 'feed']),
  id: z.string(),
  /** The external id of the member that it is about, where it is about one. */
  member: z.string().optional(),
});
export type MailOwner = z.infer<typeof MailOwner>;

/**
 * A mail as recorded. It holds the address and how far the mail is, never its text: links with secrets travel in the
 * queue alone.
 */
export interface MailRecord {
  mailId: string;
  kind: MailKind;
  to: string;
  owner: MailOwner;
  state: MailState;
  /** How often it was taken in hand to be sent. */
  attempts: number;
  /** SES's name for it. */
  messageId?: string;
  /** Why it bounced or failed, by SES's words: `Permanent/General`, `MessageRejected`. */
  code?: string;
  createdAt: string;
  updatedAt: string;
}
