import { mailDeps } from 'roster/lambda/mail-deps';
import { followMail, SesEvent } from 'roster/lambda/mail-events';
import { queueFunction } from 'roster/lambda/queue';

/** Lets the state of mails follow SES's events. */
export const handler = queueFunction(SesEvent, (event) => followMail(mailDeps, event));
