/**
 * Mails in the table: to whom, what for and how far. Not what they say: a link with a secret lies in the queue alone
 * until it is sent. A mail's state only moves on, so that events may come late, twice and in any order.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import { MailKind, type MailOutcome, MailOwner, type MailRecord, MailState, rankOf } from '../domain/mail.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { allOf, anyOf, attributeIs, type Condition, ConditionFailed, isAbsent, type Table } from './table.ts';

/** Names one mail of one organization. */
export interface MailRef {
  organization: string;
  mailId: string;
}

/** A mail in one sender's hands. `leaseUntil` (milliseconds) also tells this hold from an earlier one. */
export interface HeldMail extends MailRef {
  record: MailRecord;
  leaseUntil: number;
}

/** What came of taking a mail in hand. `busyUntil` is when another sender's hold ends, in milliseconds. */
export type Take =
  | { outcome: 'taken'; held: HeldMail }
  | { outcome: 'busy'; busyUntil: number }
  | { outcome: 'done'; record?: MailRecord };

export interface MailRecords {
  /** Records a mail that is to be sent, once; gives what is recorded, which may be further already. */
  create(ref: MailRef, mail: Pick<MailRecord, 'kind' | 'to' | 'owner'>, now: Date): Promise<MailRecord>;
  /** @throws MusterError `not_found` */
  get(ref: MailRef): Promise<MailRecord>;
  /** Those of the mails that are recorded, by their ids. */
  getMany(refs: readonly MailRef[]): Promise<Map<string, MailRecord>>;
  /** Takes a mail in hand that waits, or whose sender has not let go of it in time. One that is gone is done. */
  take(ref: MailRef, now: Date, leaseSeconds: number): Promise<Take>;
  /** Lets go of a mail that was not sent. Does nothing if it moved on meanwhile. */
  putBack(held: HeldMail, now: Date): Promise<void>;
  /**
   * Moves a mail on to an outcome.
   * @returns the mail, and whether this call moved it: a repeat of the same outcome does not. Undefined if it is
   * further already, or is not recorded.
   */
  move(
    ref: MailRef,
    outcome: MailOutcome,
    now: Date,
    messageId?: string,
  ): Promise<{ record: MailRecord; isNew: boolean } | undefined>;
}

/** How long a mail is remembered, and so for how long none with the same key is sent again. */
const rememberedSeconds = 180 * 24 * 60 * 60;

const MailItem = z.object({
  mailId: z.string(),
  kind: MailKind,
  to: z.string(),
  owner: MailOwner,
  state: MailState,
  attempts: z.int().min(0),
  messageId: z.string().optional(),
  code: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
const Hold = z.object({ rank: z.int(), leaseUntil: z.int().default(0) });

const idAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The id of the mail that a key stands for in an organization: the same key is the same mail. 130 bits of SHA-256. */
export function mailIdOf(organization: string, key: string): string {
  const digest = createHash('sha256').update(`${organization}\n${key}`).digest();
  return Array.from(digest.subarray(0, 26), (byte) => idAlphabet[byte % 32]).join('');
}

/** Opens the mails in the table. */
export function mailRecords(table: Table): MailRecords {
  const keyOf = ({ organization, mailId }: MailRef) => keys.mail(organization, mailId);
  const read = (item: Parameters<typeof parseItem>[1]) => parseItem(MailItem, item, 'mail');
  const get: MailRecords['get'] = async (ref) => {
    const item = await table.get(keyOf(ref), { consistent: true });
    if (item === undefined) throw new MusterError('not_found', `There is no mail ${ref.mailId}.`);
    return read(item);
  };
  return {
    get,
    async getMany(refs) {
      const items = await table.batchGet(refs.map(keyOf), { consistent: true });
      const records = items.filter((item) => item !== undefined).map(read);
      return new Map(records.map((record) => [record.mailId, record]));
    },
    async create(ref, { kind, to, owner }, now) {
      const at = now.toISOString();
      const { mailId } = ref;
      const record: MailRecord = {
        ...{ mailId, kind, to, owner },
        ...{ state: 'queued', attempts: 0, createdAt: at, updatedAt: at },
      };
      const expiresAt = Math.floor(now.getTime() / 1000) + rememberedSeconds;
      try {
        await table.put({ ...keyOf(ref), ...record, rank: rankOf({ state: 'queued' }), expiresAt }, isAbsent);
        return record;
      } catch (error) {
        if (error instanceof ConditionFailed) return get(ref);
        throw error;
      }
    },
    async take(ref, now, leaseSeconds) {
      const leaseUntil = now.getTime() + leaseSeconds * 1000;
      try {
        const item = await table.update({
          key: keyOf(ref),
          set: {
            state: 'sending',
            rank: rankOf({ state: 'sending' }),
            leaseUntil,
            updatedAt: now.toISOString(),
          },
          add: { attempts: 1 },
          condition: anyOf(attributeIs('state', 'queued'), allOf(isSending, leaseIsOver(now))),
        });
        return { outcome: 'taken', held: { ...ref, record: read(item), leaseUntil } };
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        if (error.item === undefined) return { outcome: 'done' };
        const { rank, leaseUntil: busyUntil } = parseItem(Hold, error.item, 'mail');
        if (rank > rankOf({ state: 'sending' })) return { outcome: 'done', record: read(error.item) };
        return { outcome: 'busy', busyUntil };
      }
    },
    async putBack(held, now) {
      await unlessMoved(
        table.update({
          key: keyOf(held),
          set: { state: 'queued', rank: rankOf({ state: 'queued' }), updatedAt: now.toISOString() },
          condition: isHeldBy(held),
        }),
      );
    },
    async move(ref, outcome, now, messageId) {
      const rank = rankOf(outcome);
      const code = 'code' in outcome ? outcome.code : undefined;
      try {
        const item = await table.update({
          key: keyOf(ref),
          set: { state: outcome.state, rank, code, messageId, updatedAt: now.toISOString() },
          ...(code === undefined && { remove: ['code'] }),
          condition: ranksBelow(rank),
        });
        return { record: read(item), isNew: true };
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        if (error.item === undefined) return undefined;
        const record = read(error.item);
        return record.state === outcome.state ? { record, isNew: false } : undefined;
      }
    },
  };
}

const isSending: Condition = {
  expression: '#sending = :sending',
  names: { '#sending': 'state' },
  values: { ':sending': 'sending' },
};

function leaseIsOver(now: Date): Condition {
  return {
    expression: '#leaseUntil < :now',
    names: { '#leaseUntil': 'leaseUntil' },
    values: { ':now': now.getTime() },
  };
}

function isHeldBy({ leaseUntil }: HeldMail): Condition {
  return allOf(isSending, attributeIs('leaseUntil', leaseUntil));
}

/** False where nothing is stored. */
function ranksBelow(rank: number): Condition {
  return { expression: '#rank < :below', names: { '#rank': 'rank' }, values: { ':below': rank } };
}

async function unlessMoved(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}
