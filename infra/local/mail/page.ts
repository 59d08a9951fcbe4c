import { fateOf } from './events.ts';
import type { Email } from './store.ts';

/** The mailbox page: newest first, no scripts. */
export function mailboxPage(emails: readonly Email[]): string {
  const rows = emails.map(
    (
      email,
    ) => `<tr><td><time>${when(email)}</time></td><td>${escapeHtml(email.destination.to.join(', '))}</td>
<td><a href="/messages/${encodeURIComponent(email.messageId)}">${escapeHtml(email.subject || '(no subject)')}</a></td><td>${fatesOf(email)}</td></tr>`,
  );
  const table = `<table><thead><tr><th>Sent</th><th>To</th><th>Subject</th><th>State</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  return page('Mailbox', rows.length ? table : '<p>No email was sent yet.</p>');
}

/** The page of one email. Its HTML is shown in a sandbox without scripts; its links open in a new tab. */
export function emailPage(email: Email): string {
  const { to, cc, bcc } = email.destination;
  const people = { From: [email.from], To: to, Cc: cc, Bcc: bcc, 'Reply to': email.replyTo };
  const headers = Object.entries({ ...people, Sent: [when(email)], State: [fatesOf(email)] })
    .filter(([, values]) => values.length)
    .map(([name, values]) => `<dt>${name}</dt><dd>${escapeHtml(values.join(', '))}</dd>`);
  const files = email.attachments.map(
    (file) => `<li>${escapeHtml(file.filename)} (${file.bytes} bytes)</li>`,
  );
  const html = email.body.html
    ? `<h2>HTML</h2><iframe title="The email" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${escapeHtml(
        `<base target="_blank">${email.body.html}`,
      )}"></iframe>`
    : '';
  const text = email.body.text ? `<h2>Text</h2><pre>${linked(email.body.text)}</pre>` : '';
  const attached = files.length ? `<h2>Attachments</h2><ul>${files.join('')}</ul>` : '';
  return page(
    email.subject || '(no subject)',
    `<p><a href="/">Mailbox</a></p><dl>${headers.join('')}</dl>${html}${text}${attached}`,
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }
iframe { width: 100%; height: 30rem; border: 1px solid #8888; background: #fff; } pre { white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; }
</style></head><body><main><h1>${escapeHtml(title)}</h1>${content}</main></body></html>`;
}

function when({ at }: Email): string {
  return new Date(at * 1000).toISOString();
}

/** What became of it, for each fate once; without a configuration set nobody is told. */
function fatesOf({ destination, configurationSet }: Email): string {
  const fates = new Set([...destination.to, ...destination.cc, ...destination.bcc].map(fateOf));
  return [...fates].join(', ') + (configurationSet === undefined ? ' (untold)' : '');
}

function linked(text: string): string {
  return escapeHtml(text).replace(
    /https?:\/\/[^\s<>&]+(?:&amp;[^\s<>&]+)*/g,
    '<a href="$&" rel="noreferrer">$&</a>',
  );
}

/** Text made safe for HTML content, attributes and XML. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
