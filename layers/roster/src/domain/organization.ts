import type { DropPolicy } from './drop.ts';
import type { FeedPolicy } from './feed.ts';
import type { HoldPolicy, ImportMode, OnRowErrors } from './import.ts';
import type { MailLanguage } from './mail.ts';
import type { Level } from './permissions.ts';
import type { Registration } from './registration.ts';
import type { ReminderPolicy } from './reminders.ts';

/** An organization as stored: its settings and the version of its roster schema. Times are ISO 8601 in UTC. */
export interface Organization {
  organization: string;
  name: string;
  hold: HoldPolicy;
  importDefaults: { mode: ImportMode; onRowErrors: OnRowErrors; approve: 'auto' | 'review' };
  /** Of the IANA Time Zone Database; when its days begin. */
  timeZone: string;
  /** Whether its owners and administrators may act only with a second factor; not, where absent. */
  requireSecondFactor?: boolean | undefined;
  /** Whether an import invites whom it adds; not, where absent. */
  inviteImported?: boolean | undefined;
  /** Whether people register by themselves, and by what; they do not, where absent. */
  registration?: Registration | undefined;
  /** Whom its mails come from, where SES may send from there, and whom answers go to. */
  mail?: { from?: string | undefined; replyTo?: string | undefined } | undefined;
  /** Of the mails that are sent in its name. */
  language: MailLanguage;
  /** How those who have not joined are reminded. */
  reminders: ReminderPolicy;
  /** Features that are switched on one by one (S2.6); all are, where absent. */
  features?: Features | undefined;
  /** What is done with files that are delivered without a person; nothing is taken, where absent. */
  feed?: FeedPolicy | undefined;
  /** Whether dropping all data takes a second administrator; not, where absent. */
  dropAll?: DropPolicy | undefined;
  /** The drop that is removing its data, if one is. */
  dropping?: string | undefined;
  /** How often its data was dropped; who read it before the last time adds no members after it. */
  era?: number | undefined;
  schemaVersion: number;
  version: number;
  createdAt: string;
  updatedAt: string;
}

/** `importExport`: files come in and go out, by hand and by feed. */
export interface Features {
  importExport: boolean;
}

/** What an organization has where nothing is said. */
export const defaultFeatures: Features = { importExport: true };

/** The features of an organization, with what it says nothing about. */
export function featuresOf({ features }: Pick<Organization, 'features'>): Features {
  return features ?? defaultFeatures;
}

/** What an account is in one organization. */
export interface Membership {
  account: string;
  organization: string;
  level: Level;
  /** The departments that a coordinator answers for, with those below; only a coordinator has some. */
  scope?: string[];
  login: string;
  state: 'enabled' | 'disabled';
  /** The member that the account belongs to; an owner made by the operator is on no roster. */
  externalId?: string;
  /** Tokens issued before this second of the Unix epoch are refused. */
  tokensValidFromSeconds: number;
  version: number;
  /** What the account signs in with here beside `login`, normalized. */
  logins?: { email?: string; phone?: string };
  /** When the person first and last signed in here, ISO 8601 in UTC. */
  activatedAt?: string;
  lastSignInAt?: string;
}
