/** Shows what an organization's mails look like. */
import type { Mail, MailKind, MailSender, RenderedMail } from '../domain/mail.ts';

const expiresAt = '2030-06-03T12:00:00.000Z';
const link = '/#/example';
const memberName = 'Ada Lovelace';
const inviterName = 'Charles Babbage';
const about = { fileName: 'members.csv', link };
const counts = {
  rows: 1_250,
  added: 12,
  updated: 34,
  reactivated: 2,
  disabled: 5,
  rejected: 3,
  conflicts: 0,
};

const undone = { removed: 11, updated: 33, reactivated: 5, disabled: 2, kept: 2, conflicts: 0 };

const samples: { [K in MailKind]: Extract<Mail, { kind: K }> } = {
  invitation: { kind: 'invitation', memberName, inviterName, link, expiresAt },
  reminder: { kind: 'reminder', memberName, inviterName, link, expiresAt, round: 2, unsubscribeLink: link },
  reset: { kind: 'reset', memberName, link, expiresAt },
  importFinished: { kind: 'importFinished', ...about, counts },
  importWaiting: { kind: 'importWaiting', ...about, counts },
  importUnmapped: { kind: 'importUnmapped', ...about },
  importFailed: { kind: 'importFailed', ...about },
  undoFinished: { kind: 'undoFinished', ...about, counts: undone },
  undoWaiting: { kind: 'undoWaiting', ...about, counts: undone },
  undoFailed: { kind: 'undoFailed', ...about },
  jobFailed: { kind: 'jobFailed', link, members: 1_250 },
  feedMissed: { kind: 'feedMissed', expectedAt: expiresAt, link },
  accessExpiring: { kind: 'accessExpiring', memberName, until: '2030-06-03', link },
};

/**
 * A mail of the kind with made-up values; its links lead to nothing. The templates are loaded when first needed: most
 * calls of the function never are about mails.
 */
export async function previewMail(
  kind: MailKind,
  sender: MailSender,
): Promise<Pick<RenderedMail, 'subject' | 'html' | 'text'>> {
  const { renderMail } = await import('../mail/render.ts');
  const { subject, html, text } = renderMail(samples[kind], sender);
  return { subject, html, text };
}
