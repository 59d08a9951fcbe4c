import { env, readEnv } from 'roster/lambda/env';
import { pacer } from 'roster/lambda/follow-memberships';
import { mailDeps } from 'roster/lambda/mail-deps';
import { queueFunction } from 'roster/lambda/queue';
import { MailMessage, sendMail } from 'roster/lambda/send-mail';

const { SITE_URL: siteUrl, MAIL_INTERVAL_MILLISECONDS } = readEnv(env.mailer);
const turn = pacer(MAIL_INTERVAL_MILLISECONDS);

/** Sends mails one after the other, at this process's part of SES's rate. */
export const handler = queueFunction(
  MailMessage,
  (message) => sendMail(mailDeps, message, { siteUrl, turn }),
  {
    inTurn: true,
  },
);
