/** Feeds in the table: keys of those who deliver, what was delivered, and by when the next file is expected. */
import * as z from 'zod';
import type { AuditEvent } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import { type FeedKey, feedKeysMax } from '../domain/feed.ts';
import type { AuditTrail } from './audit.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { ConditionFailed, isAbsent, isPresent, type Table, TransactionFailed } from './table.ts';

export interface Feeds {
  /** Keeps a key under its hash. @throws MusterError `too_many_feed_keys` */
  addKey(organization: string, key: FeedKey, hash: string, event: AuditEvent): Promise<void>;
  /** All keys that are good, oldest first. */
  keys(organization: string): Promise<FeedKey[]>;
  /** Makes a key void at once. @throws MusterError `not_found` */
  revokeKey(organization: string, keyId: string, event: AuditEvent): Promise<void>;
  /** Whose key has this hash; undefined for one that is unknown or revoked. */
  findKey(hash: string): Promise<{ organization: string; keyId: string } | undefined>;
  /** Keeps when a key was last used. */
  markUsed(organization: string, keyId: string, at: string): Promise<void>;
  /**
   * The import that a delivery becomes, the same one however often it is asked: the first to ask says which.
   * @param delivery names one version of one object
   */
  importOf(organization: string, delivery: string, importId: string, at: Date): Promise<string>;
  /** Keeps that a file came. */
  markDelivered(organization: string, at: string): Promise<void>;
  /** When a file came last. */
  lastDelivery(organization: string): Promise<string | undefined>;
  /** Says when to look whether an organization's file has come. */
  expect(organization: string, at: Date): Promise<void>;
  /** The expectations whose time has come. */
  due(now: Date): AsyncIterable<{ organization: string; at: string }>;
  /** Forgets an expectation that was looked at. */
  settle(expected: { organization: string; at: string }): Promise<void>;
}

const KeyItem = z.object({
  keyId: z.string(),
  name: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
  lastUsedAt: z.string().optional(),
});
const HashItem = z.object({ hash: z.string() });
const TokenItem = z.object({ kind: z.literal('feed'), organization: z.string(), keyId: z.string() });
const DeliveryItem = z.object({ importId: z.string() });
const LastItem = z.object({ at: z.string() });
const DueItem = z.object({ organization: z.string(), at: z.string() });

/** S3 tells of an object within days at the latest; the queue keeps a message for four. */
const deliveryKeptSeconds = 60 * 24 * 60 * 60;

/** Opens the feeds over the table. */
export function feedsInTable(table: Table, audit: Pick<AuditTrail, 'commit'>): Feeds {
  const allKeys = async (organization: string) => {
    const items = [];
    const all = table.queryAll({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': keys.feed(organization), ':prefix': keys.feedKeyPrefix },
      ConsistentRead: true,
    });
    for await (const item of all) items.push(item);
    return items.map((item) => parseItem(KeyItem, item, 'key of a feed'));
  };

  return {
    async addKey(organization, key, hash, event) {
      // Two at once may make one too many, which does no harm.
      if ((await allKeys(organization)).length >= feedKeysMax) {
        throw new MusterError('too_many_feed_keys', `There are ${feedKeysMax} keys already. Revoke one.`);
      }
      const { keyId } = key;
      await audit.commit(organization, event, [
        { put: { ...keys.feedKey(organization, keyId), ...key, hash }, condition: isAbsent },
        { put: { ...keys.linkToken(hash), kind: 'feed', organization, keyId }, condition: isAbsent },
      ]);
    },
    keys: allKeys,
    async revokeKey(organization, keyId, event) {
      const unknown = () => new MusterError('not_found', 'There is no such key.');
      const item = await table.get(keys.feedKey(organization, keyId), { consistent: true });
      if (item === undefined) throw unknown();
      const { hash } = parseItem(HashItem, item, 'key of a feed');
      try {
        await audit.commit(organization, event, [
          { delete: keys.feedKey(organization, keyId), condition: isPresent },
          { delete: keys.linkToken(hash) },
        ]);
      } catch (error) {
        if (error instanceof TransactionFailed) throw unknown();
        throw error;
      }
    },
    async findKey(hash) {
      const item = await table.get(keys.linkToken(hash), { consistent: true });
      // Tokens of other links lie under keys of the same kind.
      if (item === undefined || item.kind !== 'feed') return undefined;
      const { organization, keyId } = parseItem(TokenItem, item, 'key of a feed');
      return { organization, keyId };
    },
    async markUsed(organization, keyId, at) {
      try {
        const key = keys.feedKey(organization, keyId);
        await table.update({ key, set: { lastUsedAt: at }, condition: isPresent });
      } catch (error) {
        // Revoked in this very moment.
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
    async importOf(organization, delivery, importId, at) {
      const key = keys.feedDelivery(organization, delivery);
      const expiresAt = Math.ceil(at.getTime() / 1000) + deliveryKeptSeconds;
      try {
        await table.put({ ...key, importId, expiresAt }, isAbsent);
        return importId;
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        const item = await table.get(key, { consistent: true });
        return parseItem(DeliveryItem, item ?? {}, 'delivery').importId;
      }
    },
    async markDelivered(organization, at) {
      await table.put({ ...keys.feedLast(organization), at });
    },
    async lastDelivery(organization) {
      const item = await table.get(keys.feedLast(organization), { consistent: true });
      return item && parseItem(LastItem, item, 'last delivery').at;
    },
    async expect(organization, at) {
      const due = { organization, at: at.toISOString() };
      await table.put({ ...keys.feedDue(organization, due.at), ...due });
    },
    async *due(now) {
      const items = table.queryAll({
        KeyConditionExpression: 'pk = :pk AND sk < :until',
        // The character after the separator, so that what is due this very millisecond is in.
        ExpressionAttributeValues: { ':pk': keys.feedDue('', '').pk, ':until': `${now.toISOString()}$` },
        ConsistentRead: true,
      });
      for await (const item of items) yield parseItem(DueItem, item, 'expected delivery');
    },
    settle: ({ organization, at }) => table.delete(keys.feedDue(organization, at)),
  };
}
