import type { ResetLink } from '../domain/reset-link.ts';
import type { Deps } from './deps.ts';

/** Where a link's token stands: behind the `#`, which browsers send to no server. A path on the installation's own site. */
export function resetPath(token: string): string {
  return `/reset#${token}`;
}

/** What the longest name that a mail may hold comes to (`domain/mail.ts`). */
const nameLengthMax = 500;

/** Mails a link that was issued. The hash, which is all that is stored of the token, names the mail. */
export async function mailResetLink(
  { mailQueue }: Pick<Deps, 'mailQueue'>,
  sent: { link: ResetLink; token: string; hash: string; to: string; memberName: string },
): Promise<void> {
  const { link, token, hash, to } = sent;
  const memberName = sent.memberName.slice(0, nameLengthMax);
  await mailQueue.send(link.organization, {
    mail: { kind: 'reset', memberName, link: resetPath(token), expiresAt: link.validUntil },
    to,
    owner: { kind: 'reset', id: hash },
    key: `reset/${hash}`,
  });
}
