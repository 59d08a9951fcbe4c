/**
 * The audit trail: who did what to what, when and from where, as a chain of entries per organization. Each entry
 * carries the hash of the one before it, so that an entry that was deleted, edited, inserted or moved later on
 * breaks the chain at its place.
 */

/** Every change that leaves an entry. */
export const auditActions = [
  'member.add',
  'member.update',
  'member.disable',
  'member.enable',
  'member.remove',
  'member.username',
  'member.resetCredentials',
  'member.level',
  'member.takeOver',
  'member.resetLink',
  'member.invite',
  'member.revokeInvitation',
  'member.decline',
  'member.undeliverable',
  'member.join',
  'member.clearUsername',
  'member.unsubscribe',
  'account.password',
  'account.secondFactor',
  'organization.create',
  'organization.update',
  'schema.update',
  'mapping.save',
  'mapping.delete',
  'import.map',
  'import.approve',
  'import.withdraw',
  'import.replan',
  'import.resume',
  'import.cancel',
  'import.complete',
  'import.fail',
  'import.supersede',
  'import.undo',
  'department.add',
  'department.rename',
  'department.move',
  'department.delete',
  'role.add',
  'role.rename',
  'role.delete',
  'job.start',
  'job.cancel',
  'job.resume',
  'drop.ask',
  'drop.start',
  'drop.cancel',
  'drop.complete',
  'export.start',
  'export.complete',
  'export.cancel',
  'export.resume',
  'export.fail',
  'export.download',
  'feed.addKey',
  'feed.revokeKey',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Whether an action changes a member, and so what an import would plan. A link that resets a password does not. */
export function changesRoster(action: string): boolean {
  return action.startsWith('member.') && action !== 'member.resetLink';
}

/**
 * Who did it: the account and the login it has in the organization. `address` is the caller's IP address; where a
 * proxy told it, `via` is the proxy's own, so that a forged one can be told from CloudFront's word.
 */
export interface AuditActor {
  account: string;
  login: string;
  address?: string;
  via?: string;
}

/** Who did what the organization's own policy decided, such as an import that needed no review. */
export const policyActor: AuditActor = { account: 'policy', login: 'policy' };
/** Who did what the days on the roster demand: an active period that begins or ends. */
export const periodActor: AuditActor = { account: 'period', login: 'period' };
/** Who did what somebody asked for who proved to be on the roster, and nothing more: a self-registration. */
export const registrationActor: AuditActor = { account: 'registration', login: 'registration' };
/** Who did what somebody asked for who gave a login, and nothing more: a forgotten password. */
export const recoveryActor: AuditActor = { account: 'recovery', login: 'recovery' };
/** Who sends reminders of invitations when they are due. */
export const scheduleActor: AuditActor = { account: 'schedule', login: 'schedule' };
/** Who did what Muster did by itself, such as ending an import whose file cannot be read. */
export const systemActor: AuditActor = { account: 'muster', login: 'muster' };
/** Who did what the holder of an invitation's link does, who has no account yet. */
export const invitedActor: AuditActor = { account: 'invited', login: 'invited' };
/** Who did what the operator of the installation does, who has no account in it. */
export const operatorActor: AuditActor = { account: 'operator', login: 'operator' };

/**
 * One change, as the code that makes it tells it. `subject` is the id of what is changed (a member, an import, a
 * department). `before` and `after` hold the fields that change, as JSON values. Never a password or a token.
 */
export interface AuditEvent {
  action: AuditAction;
  actor: AuditActor;
  subject: string;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  details?: Record<string, unknown>;
}

/**
 * An event in its place in the chain. Sequences count from 1 without gaps; `at` is ISO 8601 in UTC and never
 * before the `at` of the entry before. Hashes are SHA-256 in lower case hexadecimal.
 */
export interface AuditEntry extends AuditEvent {
  sequence: number;
  at: string;
  previousHash: string;
  hash: string;
  /** Random: without it nobody can try out what an erased entry may have said against its hash. */
  salt?: string;
  /** What it said of persons was dropped with all data; its content is not what the hash is of. */
  erased?: true;
}

/** Where a chain ends: the newest entry's place and hash. */
export interface ChainHead {
  sequence: number;
  hash: string;
}

/**
 * SHA-256 of the UTF-8 bytes of a text, in lower case hexadecimal. Given from outside, since Node.js and browsers
 * have different ones.
 */
export type Sha256 = (text: string) => string | Promise<string>;

/** What the first entry has in place of a previous hash. */
export const firstPreviousHash = '0'.repeat(64);

/**
 * The canonical JSON text of a value: no white space, the names of each object in the order of their UTF-16 code
 * units, numbers and strings as ECMAScript writes them (RFC 8785, JSON Canonicalization Scheme). As in
 * `JSON.stringify`, `undefined` drops a property.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const properties = Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, held]) => `${JSON.stringify(name)}:${canonicalJson(held)}`);
  return `{${properties.join(',')}}`;
}

/** The fields of `after` that are not what they were `before`, with both values; null where there was none. */
export function changedFields(
  before: object,
  after: object,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const old = new Map(Object.entries(before));
  const changed = Object.entries(after).filter(
    ([name, value]) => value !== undefined && canonicalJson(value) !== canonicalJson(old.get(name)),
  );
  return {
    before: Object.fromEntries(changed.map(([name]) => [name, old.get(name) ?? null])),
    after: Object.fromEntries(changed),
  };
}

/** The text that an entry's hash is made of: all of it but the hash, canonical. */
export function hashedText(entry: Omit<AuditEntry, 'hash'> & { hash?: string }): string {
  return canonicalJson({ ...entry, hash: undefined });
}

/** The longest text of an entry, in UTF-16 code units; DynamoDB's limit is 400 KB an item. */
export const entryTextMax = 96 * 1024;

/**
 * The event as it is kept: where it is too long, `before`, `after` and `details` are each replaced by the SHA-256
 * and length of their canonical text, so that a change is still recorded and can be compared.
 */
export async function fittedEvent(event: AuditEvent, hash: Sha256): Promise<AuditEvent> {
  if (canonicalJson(event).length <= entryTextMax) return event;
  const digested = async (part: Record<string, unknown> | undefined) => {
    if (part === undefined) return undefined;
    const text = canonicalJson(part);
    return { tooLong: true, sha256: await hash(text), length: text.length };
  };
  const [before, after, details] = await Promise.all([
    digested(event.before),
    digested(event.after),
    digested(event.details),
  ]);
  const { action, actor, subject } = event;
  return {
    action,
    actor,
    subject,
    ...(before && { before }),
    ...(after && { after }),
    ...(details && { details }),
  };
}

/**
 * The digest of erased entries so far, beginning with {@link firstPreviousHash}, with one more. The entry that tells of
 * a drop's end holds it, as `details.erased`, for those erased since the drop before.
 */
export async function erasureDigest(digest: string, entry: AuditEntry, hash: Sha256): Promise<string> {
  return await hash(`${digest}${canonicalJson(entry)}`);
}

/**
 * Makes the entry that follows `last` (undefined for the first one) and the canonical text that its hash is of.
 * A clock behind that of the entry before does not turn time back.
 * @param salt random text, see {@link AuditEntry}
 */
export async function nextEntry(
  event: AuditEvent,
  last: (ChainHead & { at: string }) | undefined,
  now: Date,
  hash: Sha256,
  salt?: string,
): Promise<{ text: string; entry: AuditEntry }> {
  const at = now.toISOString();
  const { action, actor, subject, before, after, details } = await fittedEvent(event, hash);
  const text = hashedText({
    ...{ action, actor, subject },
    ...(before && { before }),
    ...(after && { after }),
    ...(details && { details }),
    sequence: (last?.sequence ?? 0) + 1,
    at: last !== undefined && last.at > at ? last.at : at,
    previousHash: last?.hash ?? firstPreviousHash,
    ...(salt !== undefined && { salt }),
  });
  // Read back from the text, so that the entry is what anybody finds who reads it later.
  return { text, entry: { ...(JSON.parse(text) as Omit<AuditEntry, 'hash'>), hash: await hash(text) } };
}

/**
 * What is wrong with a chain. `missing`: the entry is not in its place. `unexpected`: an entry stands where another
 * one belongs, because it was inserted, doubled or moved. `edited`: the content is not what was hashed.
 * `unvouched`: what it said was erased, and no drop of all data vouches for that.
 * `rewritten`: the next entry does not follow from it. `tail_missing`: the chain ends before its head.
 * `anchor_missing`: no entry has the hash of an earlier verification.
 */
export type ChainFault =
  | 'missing'
  | 'unexpected'
  | 'edited'
  | 'unvouched'
  | 'rewritten'
  | 'tail_missing'
  | 'anchor_missing';

/** The outcome: how many entries are unbroken and where they end, or the first fault with its sequence. */
export type ChainVerdict =
  | { unbroken: true; entries: number; head?: ChainHead }
  | { unbroken: false; fault: ChainFault; sequence: number; message: string };

/** What a chain is compared with beyond itself. */
export interface ChainExpectation {
  /** The chain reaches at least to this entry. */
  head?: ChainHead | undefined;
  /** The last hash that an earlier verification found; an entry of the chain must still have it. */
  anchor?: string | undefined;
}

/**
 * Verifies a whole chain, entries from the first one in the order they are kept in, one at a time. Whoever can
 * write the table can also write a whole new chain with right hashes: only an `anchor` kept elsewhere finds that.
 */
export async function verifyChain(
  entries: Iterable<AuditEntry> | AsyncIterable<AuditEntry>,
  hash: Sha256,
  { head, anchor }: ChainExpectation = {},
): Promise<ChainVerdict> {
  let last: ChainHead | undefined;
  let anchored = anchor === undefined || anchor === firstPreviousHash;
  let erasure = noErasure;
  for await (const entry of entries) {
    const fault = misplaced(entry, last) ?? (await forged(entry, last, hash));
    if (fault) return fault;
    erasure = await erasureAfter(erasure, entry, hash);
    if (erasure.isRefuted) return unvouched(erasure);
    if (head?.sequence === entry.sequence && head.hash !== entry.hash) {
      return broken(
        'rewritten',
        entry.sequence,
        `Entry ${entry.sequence} is not the one that the head names.`,
      );
    }
    anchored ||= entry.hash === anchor;
    last = { sequence: entry.sequence, hash: entry.hash };
  }
  if (erasure.entries > 0 && !erasure.isUnderWay) return unvouched(erasure);
  const reached = last?.sequence ?? 0;
  if (head !== undefined && reached < head.sequence) {
    return broken('tail_missing', reached + 1, `The entries ${reached + 1} to ${head.sequence} are missing.`);
  }
  if (!anchored) {
    return broken(
      'anchor_missing',
      reached,
      'No entry has the hash given: the chain was cut or written anew.',
    );
  }
  return { unbroken: true, entries: reached, ...(last && { head: last }) };
}

/** Erased entries that no drop has vouched for yet, the first of them, and whether a drop is at it. */
interface Erasure {
  entries: number;
  digest: string;
  first?: number;
  isUnderWay: boolean;
  isRefuted: boolean;
}

const noErasure: Erasure = { entries: 0, digest: firstPreviousHash, isUnderWay: false, isRefuted: false };

async function erasureAfter(erasure: Erasure, entry: AuditEntry, hash: Sha256): Promise<Erasure> {
  if (entry.erased === true) {
    const digest = await erasureDigest(erasure.digest, entry, hash);
    const { entries, first = entry.sequence } = erasure;
    return { ...erasure, entries: entries + 1, digest, first };
  }
  if (entry.action === 'drop.start') return { ...erasure, isUnderWay: true };
  if (entry.action !== 'drop.complete') return erasure;
  const vouched = canonicalJson({ entries: erasure.entries, sha256: erasure.digest });
  return canonicalJson(entry.details?.erased) === vouched ? noErasure : { ...erasure, isRefuted: true };
}

function unvouched({ first = 0 }: Erasure): ChainVerdict {
  return broken(
    'unvouched',
    first,
    `Entry ${first} was erased, or one after it, and no drop vouches for that.`,
  );
}

function misplaced({ sequence }: AuditEntry, last: ChainHead | undefined): ChainVerdict | undefined {
  const expected = (last?.sequence ?? 0) + 1;
  if (sequence === expected) return undefined;
  return sequence > expected
    ? broken('missing', expected, `Entry ${expected} is missing: entry ${sequence} stands in its place.`)
    : broken('unexpected', sequence, `Entry ${sequence} stands where entry ${expected} belongs.`);
}

async function forged(
  entry: AuditEntry,
  last: ChainHead | undefined,
  hash: Sha256,
): Promise<ChainVerdict | undefined> {
  const { sequence } = entry;
  if (entry.erased !== true && (await hash(hashedText(entry))) !== entry.hash) {
    return broken('edited', sequence, `Entry ${sequence} was edited: its content does not have its hash.`);
  }
  if (entry.previousHash === (last?.hash ?? firstPreviousHash)) return undefined;
  if (last === undefined) return broken('rewritten', sequence, 'Entry 1 does not begin a chain.');
  const message = `Entry ${sequence} does not follow from entry ${last.sequence}: one of them was written anew.`;
  return broken('rewritten', last.sequence, message);
}

function broken(fault: ChainFault, sequence: number, message: string): ChainVerdict {
  return { unbroken: false, fault, sequence, message };
}
