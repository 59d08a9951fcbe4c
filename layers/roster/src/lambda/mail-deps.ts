/** The composition root of sending mails; apart, so that no other function loads SES's client. */
import { auditTrail } from '../aws/audit.ts';
import { type MailIdentities, sesIdentities } from '../aws/mail-identities.ts';
import { type MailPace, mailPace } from '../aws/mail-pace.ts';
import { type MailQueue, mailQueue } from '../aws/mail-queue.ts';
import { type Mailer, sesMailer } from '../aws/mailer.ts';
import { type MailRecords, mailRecords } from '../aws/mails.ts';
import { type MemberRecords, memberRecords } from '../aws/members.ts';
import { type OrganizationRecords, organizationRecords } from '../aws/organizations.ts';
import { type Roster, roster } from '../aws/roster.ts';
import { type Suppressions, suppressions } from '../aws/suppressions.ts';
import { createTable, type Table } from '../aws/table.ts';
import type { Clock } from '../domain/ports.ts';
import { env, readEnv } from './env.ts';
import { followInvitations } from './invitation-outcome.ts';
import { lazily } from './lazily.ts';
import { type MailListener, noteMailState } from './mail-outcome.ts';
import { type MailSenderOf, mailSenders } from './mail-sender.ts';

export interface MailDeps {
  clock: Clock;
  table: Table;
  organizations: Pick<OrganizationRecords, 'get'>;
  /** How far each mail is. */
  mails: MailRecords;
  mailQueue: MailQueue;
  mailer: Mailer;
  /** When each mail may go. */
  mailPace: MailPace;
  mailIdentities: MailIdentities;
  /** Whom mails of an organization come from. */
  senderOf: MailSenderOf;
  /** Who is not to be written to. */
  suppressions: Suppressions;
  /** The members whose invitations follow their mails. */
  roster: Pick<Roster, 'get'>;
  members: Pick<MemberRecords, 'commit'>;
  /** Told whenever a mail moved on. */
  onMailState: MailListener;
}

const readsOnly = () => {
  throw new Error('Whoever sends mails changes no organization.');
};

/** The process's adapters. */
export const mailDeps: MailDeps = lazily<MailDeps>({
  clock: () => () => new Date(),
  table: () => createTable({ tableName: readEnv(env.table).TABLE_NAME }),
  organizations: () => organizationRecords(mailDeps.table, { commit: readsOnly }),
  mails: () => mailRecords(mailDeps.table),
  mailQueue: () => mailQueue(readEnv(env.mailQueue).MAIL_QUEUE_URL, mailDeps),
  mailer: () => {
    const { MAIL_CONFIGURATION_SET } = readEnv(env.mailer);
    return sesMailer({ configurationSet: MAIL_CONFIGURATION_SET });
  },
  mailPace: () => mailPace(mailDeps.table, mailDeps.clock, readEnv(env.mailer).MAIL_PER_SECOND),
  mailIdentities: () => sesIdentities(),
  senderOf: () => {
    const { MAIL_FROM, MAIL_FROM_DOMAINS } = readEnv(env.mailer);
    return mailSenders({ from: MAIL_FROM, domains: MAIL_FROM_DOMAINS }, mailDeps);
  },
  suppressions: () => suppressions(mailDeps.table),
  roster: () => roster(mailDeps.table),
  members: () => memberRecords(mailDeps.table, auditTrail(mailDeps.table, mailDeps.clock)),
  onMailState: () => {
    const followInvitation = followInvitations(mailDeps);
    return async (organization, mail) => {
      await noteMailState(organization, mail);
      await followInvitation(organization, mail);
    };
  },
});
