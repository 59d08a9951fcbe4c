/** Who is told of what a feed delivers. */
import { MusterError } from '../domain/errors.ts';
import { type FeedPolicy, nextExpected } from '../domain/feed.ts';
import { isMailAddress } from '../domain/mail.ts';
import type { Organization } from '../domain/organization.ts';
import { mayDo } from '../domain/permissions.ts';
import type { Deps } from './deps.ts';

type RecipientDeps = Pick<Deps, 'accounts'>;

/** The addresses of the recipients who may see imports now; whoever lost that is left out. */
export async function addressesOf(
  deps: RecipientDeps,
  { organization, feed }: Pick<Organization, 'organization' | 'feed'>,
): Promise<{ login: string; address: string }[]> {
  const found: { login: string; address: string }[] = [];
  for (const login of feed?.recipients ?? []) {
    const address = await addressOf(deps, organization, login);
    if (address !== undefined) found.push({ login, address });
  }
  return found;
}

/** @throws MusterError `invalid_recipient` for one who may not see imports, or has no address */
export async function requireRecipients(
  deps: RecipientDeps,
  organization: string,
  { recipients }: FeedPolicy,
): Promise<void> {
  for (const [index, login] of recipients.entries()) {
    if ((await addressOf(deps, organization, login)) !== undefined) continue;
    const message = `“${login}” is nobody here who may see imports and has an email address.`;
    const places = [{ path: `body/feed/recipients/${index}`, message }];
    throw new MusterError('invalid_recipient', message, { places });
  }
}

async function addressOf({ accounts }: RecipientDeps, organization: string, login: string) {
  const found = await accounts.findByLogin(login, organization);
  const membership = found?.memberships[0];
  if (found === undefined || membership?.state !== 'enabled') return undefined;
  if (!mayDo(membership.level, 'imports.read')) return undefined;
  const { account } = await accounts.standing(found.account);
  const address = account?.email ?? membership.logins?.email;
  return address !== undefined && isMailAddress(address) ? address : undefined;
}

/** Says when to look for the next file of a feed with a schedule; once too often does no harm. */
export async function expectDelivery(
  feeds: Pick<Deps['feeds'], 'expect'>,
  { organization, feed, timeZone }: Organization,
  now: Date,
): Promise<void> {
  if (!feed?.isOn || feed.expected === undefined) return;
  await feeds.expect(organization, nextExpected(feed.expected, timeZone, now));
}
