/** Turns a mail into subject, HTML and plain text. Every value is escaped; none can add a header or a line. */
import Handlebars from 'handlebars';
import type { Mail, MailSender, RenderedMail } from '../domain/mail.ts';
import { mailTemplates } from './templates.ts';

type Render = (values: Record<string, unknown>) => string;

const compiled = new Map<string, Render>();

/** @throws Error if a template names a value that the mail does not have */
export function renderMail(mail: Mail, sender: MailSender): RenderedMail {
  const { language } = sender;
  const template = mailTemplates[mail.kind][language];
  const values = valuesOf(mail, sender);
  const render = (part: keyof typeof template) => {
    const name = `${mail.kind}/${language}/${part}`;
    const made = compiled.get(name) ?? compile(template[part], part === 'html');
    compiled.set(name, made);
    return made(values);
  };
  return {
    subject: render('subject'),
    html: render('html'),
    text: render('text'),
    ...('unsubscribeLink' in mail && { unsubscribeUrl: sender.siteUrl + mail.unsubscribeLink }),
  };
}

function compile(template: string, isHtml: boolean): Render {
  return Handlebars.compile(template, { strict: true, knownHelpersOnly: true, noEscape: !isHtml });
}

function valuesOf(mail: Mail, { organizationName, language, timeZone, siteUrl }: MailSender) {
  const values: Record<string, unknown> = {
    inviterName: '',
    organizationName: oneLine(organizationName),
    url: siteUrl + mail.link,
  };
  for (const [name, value] of Object.entries(mail)) {
    if (typeof value === 'string') values[name] = oneLine(value);
    if (typeof value === 'number') values[name] = numberIn(language, value);
  }
  if ('expiresAt' in mail) values.expires = momentIn(language, timeZone, mail.expiresAt);
  if ('expectedAt' in mail) values.expected = momentIn(language, timeZone, mail.expectedAt);
  if ('until' in mail) values.until = dayOf(language, mail.until);
  if ('unsubscribeLink' in mail) values.unsubscribeUrl = siteUrl + mail.unsubscribeLink;
  if ('counts' in mail) {
    const counts = Object.entries(mail.counts).map(([name, count]) => [name, numberIn(language, count)]);
    values.counts = Object.fromEntries(counts);
  }
  return values;
}

/** Without line breaks, control characters, and the marks that turn the direction of all that follows. */
function oneLine(value: string): string {
  return value
    .toWellFormed()
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
}

const locales = { en: 'en-GB', fr: 'fr-FR' } as const;

function numberIn(language: keyof typeof locales, value: number): string {
  return new Intl.NumberFormat(locales[language]).format(value);
}

/** A day as `YYYY-MM-DD`, which is the same in every time zone, with its day of the week. */
function dayOf(language: keyof typeof locales, day: string): string {
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'full', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

/** A moment to the minute, with its day of the week and time zone. */
function momentIn(language: keyof typeof locales, timeZone: string, at: string): string {
  return new Intl.DateTimeFormat(locales[language], {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(new Date(at));
}
