/** Keys of those who deliver files without a person, and what they do with one: get a form that takes a file. */
import type * as z from 'zod';
import type { FeedKeyMade, FeedUploadTicket } from '../domain/api.ts';
import type { AuditActor } from '../domain/audit.ts';
import { dropInProgress } from '../domain/drop.ts';
import { MusterError } from '../domain/errors.ts';
import type { FeedKey } from '../domain/feed.ts';
import { uploadTtlSeconds } from '../domain/import.ts';
import { featuresOf } from '../domain/organization.ts';
import type { ImportDeps } from './import-deps.ts';
import { hashOfLinkToken, newLinkToken } from './link-token.ts';

type KeyDeps = Pick<ImportDeps, 'feeds' | 'clock' | 'newId'>;

/** Makes a key. It is in this answer and nowhere else. @throws MusterError `too_many_feed_keys` */
export async function makeFeedKey(
  deps: KeyDeps,
  organization: string,
  actor: AuditActor,
  name: string,
): Promise<z.input<typeof FeedKeyMade>> {
  const { token, hash } = newLinkToken();
  const made: FeedKey = {
    keyId: deps.newId(),
    name,
    createdAt: deps.clock().toISOString(),
    createdBy: actor.login,
  };
  await deps.feeds.addKey(organization, made, hash, {
    action: 'feed.addKey',
    actor,
    subject: made.keyId,
    after: { name },
  });
  return { ...made, key: token };
}

/** Makes a key void at once. @throws MusterError `not_found` */
export async function revokeFeedKey(
  { feeds }: KeyDeps,
  organization: string,
  actor: AuditActor,
  keyId: string,
): Promise<void> {
  await feeds.revokeKey(organization, keyId, { action: 'feed.revokeKey', actor, subject: keyId });
}

/**
 * A form that takes one file for the organization whose key it is. The file's name is kept, and nothing else is
 * believed of who delivers.
 * @throws MusterError `unauthenticated` for an unknown or revoked key, `feed_off`, `feature_disabled`, `drop_in_progress`
 */
export async function takeFeedUpload(
  deps: Pick<ImportDeps, 'feeds' | 'organizations' | 'feedForm' | 'clock' | 'newId'>,
  key: string,
  fileName: string,
): Promise<z.input<typeof FeedUploadTicket>> {
  const found = await deps.feeds.findKey(hashOfLinkToken(key));
  if (found === undefined) throw new MusterError('unauthenticated', 'This key is unknown or was revoked.');
  const organization = await deps.organizations.get(found.organization);
  if (!featuresOf(organization).importExport) {
    throw new MusterError('feature_disabled', 'This organization has switched imports and exports off.');
  }
  if (organization.feed?.isOn !== true) {
    throw new MusterError(
      'feed_off',
      'This organization takes no files without a person. An admin can switch it on.',
    );
  }
  if (organization.dropping !== undefined) throw dropInProgress();
  await deps.feeds.markUsed(found.organization, found.keyId, deps.clock().toISOString());
  const upload = await deps.feedForm(found.organization, `${deps.newId()}/${fileName}`);
  return { upload, expiresInSeconds: uploadTtlSeconds };
}
