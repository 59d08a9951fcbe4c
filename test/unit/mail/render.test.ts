import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { type Mail, type MailSender, mailKinds, mailLanguages } from 'roster/domain/mail';
import { describe, expect, it } from 'vitest';
import { mailTemplatesFile, mailTemplatesModule } from '../../../infra/build/mail-templates.ts';
import { renderMail } from '../../../layers/roster/src/mail/render.ts';
import { describeShared } from '../../support/shared.ts';

const english: MailSender = {
  organizationName: 'Chess Club',
  language: 'en',
  timeZone: 'Europe/Paris',
  siteUrl: 'https://muster.example',
};
const french: MailSender = { ...english, organizationName: 'Club d’échecs', language: 'fr' };
const link = '/#/join/abc?a=1&b=2';
const url = 'https://muster.example/#/join/abc?a=1&b=2';
const expiresAt = '2026-07-01T22:30:00.000Z';
const counts = {
  rows: 12_345,
  added: 12_000,
  updated: 300,
  reactivated: 40,
  disabled: 5,
  rejected: 6,
  conflicts: 7,
};
const undone = { removed: 1_200, updated: 3, reactivated: 4, disabled: 5, kept: 6, conflicts: 7 };
const mails: { [K in Mail['kind']]: Extract<Mail, { kind: K }> } = {
  invitation: { kind: 'invitation', memberName: 'Ada', link, expiresAt },
  reminder: {
    kind: 'reminder',
    memberName: 'Ada',
    inviterName: 'Bob',
    link,
    expiresAt,
    round: 2,
    unsubscribeLink: '/api/v1/unsubscribe?t=1',
  },
  reset: { kind: 'reset', memberName: 'Ada', link, expiresAt },
  importFinished: { kind: 'importFinished', fileName: 'members.csv', link, counts },
  importWaiting: { kind: 'importWaiting', fileName: 'members.csv', link, counts },
  importUnmapped: { kind: 'importUnmapped', fileName: 'members.csv', link },
  importFailed: { kind: 'importFailed', fileName: 'members.csv', link },
  undoFinished: { kind: 'undoFinished', fileName: 'members.csv', link, counts: undone },
  undoWaiting: { kind: 'undoWaiting', fileName: 'members.csv', link, counts: undone },
  undoFailed: { kind: 'undoFailed', fileName: 'members.csv', link },
  jobFailed: { kind: 'jobFailed', members: 1_250, link },
  feedMissed: { kind: 'feedMissed', expectedAt: expiresAt, link },
  accessExpiring: { kind: 'accessExpiring', memberName: 'Ada', until: '2026-07-01', link },
};

/** What a person reads, each written down here by hand. */
const written: Record<string, { subject: string; lines: string[] }> = {
  'invitation en': {
    subject: 'Join Chess Club',
    lines: [
      'Hello Ada,',
      'Chess Club invites you to create your account: choose a username and a password.',
      'This link is for you alone and works until Thursday, 2 July 2026 at 00:30 CEST.',
      'This mail was sent by Chess Club with Muster. You do not need to answer it.',
    ],
  },
  'invitation fr': {
    subject: 'Rejoignez Club d’échecs',
    lines: ['Bonjour Ada,', 'Ce lien est personnel et valable jusqu’au jeudi 2 juillet 2026 à 00:30 UTC+2.'],
  },
  'reminder en': {
    subject: 'Reminder: join Chess Club',
    lines: [
      'Bob invited you to join Chess Club, and your account is still waiting for you: choose a username and a password.',
      'This is reminder number 2. Send me no more reminders',
      'https://muster.example/api/v1/unsubscribe?t=1',
    ],
  },
  'reminder fr': { subject: 'Rappel : rejoignez Club d’échecs', lines: ['Ceci est le rappel n° 2.'] },
  'reset en': {
    subject: 'Choose a new password for Chess Club',
    lines: ['If it was not you, ignore this mail: your password stays as it is.'],
  },
  'reset fr': {
    subject: 'Choisissez un nouveau mot de passe pour Club d’échecs',
    lines: ['Si ce n’était pas vous, ignorez ce message : votre mot de passe reste inchangé.'],
  },
  'importFinished en': {
    subject: 'Chess Club: the import is finished',
    lines: [
      'The import of members.csv is finished.',
      'Rows in the file: 12,345',
      'Members disabled: 5',
      'Left alone because they changed meanwhile: 7',
    ],
  },
  'importFinished fr': {
    subject: 'Club d’échecs : l’import est terminé',
    lines: ['L’import de members.csv est terminé.', 'Lignes du fichier : 12\u202f345'],
  },
  'importWaiting en': {
    subject: 'Chess Club: an import waits for your approval',
    lines: ['Members added: 12,000', 'Rows rejected: 6'],
  },
  'importWaiting fr': {
    subject: 'Club d’échecs : un import attend votre accord',
    lines: ['Membres ajoutés : 12\u202f000'],
  },
  'importUnmapped en': {
    subject: 'Chess Club: say what the columns of your file mean',
    lines: ['The import of members.csv waits: some of its columns are not known for sure.'],
  },
  'importUnmapped fr': {
    subject: 'Club d’échecs : indiquez ce que sont les colonnes de votre fichier',
    lines: ['L’import de members.csv est en attente'],
  },
  'importFailed en': {
    subject: 'Chess Club: the import failed',
    lines: ['The import of members.csv could not be carried out. Open it to see why and what to do.'],
  },
  'importFailed fr': { subject: 'Club d’échecs : l’import a échoué', lines: ['L’import de members.csv'] },
  'undoFinished en': {
    subject: 'Chess Club: an import was undone',
    lines: [
      'What the import of members.csv had changed is undone.',
      'Members removed: 1,200',
      'Members with earlier values again: 3',
      'Members reactivated: 4',
      'Members disabled: 5',
      'Kept because they changed since the import: 6',
      'Left alone because they changed meanwhile: 7',
    ],
  },
  'undoFinished fr': {
    subject: 'Club d’échecs : un import a été annulé',
    lines: ['Membres retirés : 1\u202f200', 'Conservés car modifiés depuis l’import : 6'],
  },
  'undoWaiting en': {
    subject: 'Chess Club: an undo waits for your approval',
    lines: ['Members removed: 1,200', 'Kept because they changed since the import: 6'],
  },
  'undoWaiting fr': {
    subject: 'Club d’échecs : une annulation attend votre accord',
    lines: ['Membres retirés : 1\u202f200'],
  },
  'undoFailed en': {
    subject: 'Chess Club: an import could not be undone',
    lines: ['The import of members.csv could not be undone. Open the undo to see why and what to do.'],
  },
  'undoFailed fr': {
    subject: 'Club d’échecs : un import n’a pas pu être annulé',
    lines: ['L’import de members.csv n’a pas pu être annulé.'],
  },
  'jobFailed en': {
    subject: 'Chess Club: a job stopped before its end',
    lines: ['A job on many members (here: 1,250) stopped before its end.'],
  },
  'jobFailed fr': {
    subject: 'Club d’échecs : une opération s’est arrêtée avant la fin',
    lines: ['(ici : 1\u202f250)'],
  },
  // 22:30 UTC is 00:30 of the next day in Paris.
  'feedMissed en': {
    subject: 'No roster file came for Chess Club',
    lines: [
      'A roster file was expected by Thursday, 2 July 2026 at 00:30 CEST, and none was delivered. The roster is as it was.',
    ],
  },
  'feedMissed fr': {
    subject: 'Aucun fichier de membres reçu pour Club d’échecs',
    lines: ['et aucun n’a été livré. La liste des membres est inchangée.'],
  },
  'accessExpiring en': {
    subject: 'Chess Club: your access ends soon',
    lines: ['Hello Ada,', 'The last day of your access to Chess Club is Wednesday, 1 July 2026.'],
  },
  'accessExpiring fr': {
    subject: 'Club d’échecs : votre accès prend bientôt fin',
    lines: ['Le dernier jour de votre accès à Club d’échecs est le mercredi 1 juillet 2026.'],
  },
};

const all = mailKinds.flatMap((kind) => mailLanguages.map((language) => [kind, language] as const));

/** The text of a page without its markup, for a test that must not trust the templates. */
const read = (html: string) => html.slice(html.indexOf('<body')).replaceAll(/<[^>]*>/g, '');

describe.each(all)('%s in %s', (kind, language) => {
  const sender = language === 'en' ? english : french;
  const rendered = renderMail(mails[kind], sender);

  it('says what it should, in its text and its HTML alike', () => {
    const { subject, lines } = written[`${kind} ${language}`]!;
    expect(rendered.subject).toBe(subject);
    for (const line of lines) expect(rendered.text).toContain(line);
    for (const line of lines.filter((one) => !/[:/]/.test(one))) expect(read(rendered.html)).toContain(line);
  });

  it('shows its link in the plain text, and leads there from the HTML', () => {
    expect(rendered.text.split(/\s/)).toContain(url);
    const hrefs = [...rendered.html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(hrefs).toContain(url.replaceAll('&', '&amp;').replaceAll('=', '&#x3D;'));
  });

  it('leaves no placeholder, loads nothing from elsewhere and runs nothing', () => {
    expect(rendered.text + rendered.html + rendered.subject).not.toMatch(/\{\{|\[\[|undefined|\[object/);
    expect(rendered.html).not.toMatch(/<(img|script|link|iframe)|@import|\bsrc=|url\(|\son\w+=/i);
    expect(rendered.html).toContain(`lang="${language}"`);
    expect(rendered.html).toContain('name="color-scheme" content="light dark"');
  });
});

describe('what names hold', () => {
  const withNames = (name: string) =>
    renderMail(
      { ...mails.reminder, memberName: name, inviterName: name },
      { ...english, organizationName: name },
    );

  it('is text and nothing else', () => {
    const { html, text, subject } = withNames('<b onclick="x()">{{link}} & {{#if a}}');
    expect(html).not.toContain('<b onclick');
    expect(html).toContain('&lt;b onclick&#x3D;&quot;x()&quot;&gt;{{link}} &amp; {{#if a}}');
    expect(text).toContain('Hello <b onclick="x()">{{link}} & {{#if a}},');
    expect(subject).toBe('Reminder: join <b onclick="x()">{{link}} & {{#if a}}');
  });

  it('neither breaks a line of the subject nor turns the direction of what follows', () => {
    const { subject, html } = withNames('Evil\r\nBcc: a@b.example\u2028\u202eLive\u2066');
    expect(subject).toBe('Reminder: join Evil Bcc: a@b.example Live');
    expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(withNames('نادي').html).toContain('<bdi>نادي</bdi>');
  });

  it('never becomes markup, whatever it is', () => {
    const tags = (html: string) => html.match(/<[a-z!/][^>]*>/gi)?.length;
    const plain = tags(withNames('Name').html);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (name) => {
        const { subject, html } = withNames(`x${name}`);
        // What follows an attribute with the name in it must be as many tags as before.
        expect(tags(html.replaceAll(/="[^"]*"/g, '=""'))).toBe(plain);
        expect(subject).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 200 },
    );
  });

  describeShared(
    'is text in the big list of naughty strings too',
    ['data', 'naughty-strings', 'blns.json'],
    (path) => {
      const naughty = JSON.parse(readFileSync(path, 'utf8')) as string[];
      const escaped = (text: string) =>
        text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      it.each(naughty.filter((name) => /^[\x20-\x7e]*[<>{][\x20-\x7e]*$/.test(name)))('%j', (name) => {
        const { html, text } = withNames(name);
        expect(text).toContain(name.trim());
        const shown = html.replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&#x3D;', '=');
        expect(shown.replaceAll('&#x60;', '`')).toContain(escaped(name.trim()));
        if (/^<\w/.test(name.trim())) expect(html).not.toContain(name.trim());
      });
    },
  );
});

it('takes one-click unsubscribing to the site', () => {
  expect(renderMail(mails.reminder, english).unsubscribeUrl).toBe(
    'https://muster.example/api/v1/unsubscribe?t=1',
  );
  expect(renderMail(mails.reset, english).unsubscribeUrl).toBeUndefined();
});

describe('the templates', () => {
  it('are what their sources make, and the same every time', async () => {
    const [first, second] = await Promise.all([mailTemplatesModule(), mailTemplatesModule()]);
    expect(first).toBe(second);
    const committed = readFileSync(resolve(import.meta.dirname, '../../..', mailTemplatesFile), 'utf8');
    expect(committed === first, 'run "npm run build" and commit the templates').toBe(true);
  });
});
