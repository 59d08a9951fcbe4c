import { env, readEnv } from 'roster/lambda/env';
import { mailDeps } from 'roster/lambda/mail-deps';
import { queueFunction } from 'roster/lambda/queue';
import { MailMessage, sendMail } from 'roster/lambda/send-mail';

const { SITE_URL: siteUrl } = readEnv(env.mailer);

/** Sends mails at SES's rate, all senders together. */
export const handler = queueFunction(MailMessage, (message) => sendMail(mailDeps, message, { siteUrl }));
