/**
 * What an operator may set for one installation, as CDK context: `-c alarmEmail=ops@example.org`, or lasting in the
 * `context` of a `cdk.context.json`.
 */
import type { Node } from 'constructs';
import { ImportLimits } from 'roster/domain/import';
import { SenderDomains } from 'roster/domain/mail-sender';
import * as z from 'zod';

const fromText = (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value);

/** What Lambda leaves for it: all variables of a function have 4 KB. */
const senderDomainsLengthMax = 2_000;
const fitsEnvironment = (domains: SenderDomains) =>
  Object.keys(domains).length <= 20 && JSON.stringify(domains).length <= senderDomainsLengthMax;

const Settings = z
  .strictObject({
    /** Who is told when an alarm rings; nobody if absent. SNS asks that address to confirm. */
    alarmEmail: z.email().optional(),
    /** The site's own domain, with `certificateArn`; CloudFront's domain if absent. */
    domainName: z.hostname().optional(),
    /** An ACM certificate of us-east-1 for `domainName`. */
    certificateArn: z.string().startsWith('arn:').includes(':acm:us-east-1:').optional(),
    /** Whom mails come from; the address or its domain is verified with SES in this region, or SES refuses them. */
    mailFrom: z.email().default('no-reply@muster.invalid'),
    /**
     * Domains beside that of `mailFrom` that organizations may send from, each with their ids or `*`, once they are
     * verified with SES in this region; a JSON text on the command line.
     */
    mailFromDomains: z.preprocess(fromText, SenderDomains.default({})).refine(fitsEnvironment, {
      error: `20 domains at most, and ${senderDomainsLengthMax} characters of JSON in all`,
    }),
    /** How many mails a second SES takes from this account in this region; 14 is what it starts with in production. */
    mailPerSecond: z.coerce.number().int().min(1).max(500).default(14),
    /** Bounds on what an import reads; a JSON text on the command line. */
    importLimits: z.preprocess(fromText, ImportLimits).prefault({}),
  })
  .refine((settings) => (settings.domainName === undefined) === (settings.certificateArn === undefined), {
    error: 'domainName and certificateArn go together',
  });

/** The settings of one installation, checked and complete. */
export type Settings = z.output<typeof Settings>;

/**
 * Reads the settings from the context of the app.
 * @throws z.ZodError that names what is wrong.
 */
export function readSettings(node: Node): Settings {
  const keys = Object.keys(Settings.shape);
  return Settings.parse(Object.fromEntries(keys.map((key) => [key, node.tryGetContext(key)])));
}
