import * as z from 'zod';
import type { Invitation } from './invitation.ts';

/**
 * `not_joined`: on the roster, no account yet. `enabled`: has an account and may enter. `disabled`: may not.
 * (S3.11, S3.27, S3.28)
 */
export const memberStates = ['not_joined', 'enabled', 'disabled'] as const;
export const MemberState = z.enum(memberStates);
export type MemberState = z.infer<typeof MemberState>;

/**
 * Who disabled a member: `absence` from a full file, a `file` that said so, an `admin` by hand, or its own `period`,
 * which has ended or not yet begun.
 */
export const disabledByValues = ['absence', 'file', 'admin', 'period'] as const;
export type DisabledBy = (typeof disabledByValues)[number];

/** A member as stored: one person on one organization's roster. Times are ISO 8601 in UTC. */
export interface Member {
  externalId: string;
  state: MemberState;
  disabledBy?: DisabledBy;
  /** Roster columns as imported; a blank cell has no key. */
  values: Record<string, string>;
  /** Hash of the canonical values, in schema order; equal hashes mean nothing to update. */
  valuesHash: string;
  name: string;
  username?: string;
  email?: string;
  phone?: string;
  /** The first and last day on which the member may enter, `YYYY-MM-DD` in the organization's time zone (B14). */
  activeFrom?: string;
  activeUntil?: string;
  departments: string[];
  roles: string[];
  /** The columns whose values imports leave alone, by name; absent for none. */
  protectedColumns?: string[];
  account?: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  /** The login of whoever added the member, by hand or by approving the import. */
  createdBy?: string;
  /** When the person first and last signed in here, as the membership says; no change of the version. */
  activatedAt?: string;
  lastSignInAt?: string;
  /** While it has no account: how it was invited, if it was. */
  invitation?: Invitation;
  /** The import that left the member as it is; absent once it was edited in another way, so that an undo keeps it. */
  importId?: string;
}

/** What signing in writes of a member; no change of a member writes it, and only the loss of its account ends it. */
export const signInTimes = ['activatedAt', 'lastSignInAt'] as const;

/** Counts of members by state; `total` is their sum and `enrolled` those on the roster and not disabled (S0.2). */
export interface MemberSummary {
  total: number;
  enrolled: number;
  enabled: number;
  disabled: number;
  notJoined: number;
}

/** Sums counts by state into the summary of the page's header. */
export function summarize(counts: { enabled: number; disabled: number; notJoined: number }): MemberSummary {
  const enrolled = counts.enabled + counts.notJoined;
  return { total: enrolled + counts.disabled, enrolled, ...counts };
}

/** The state a member returns to when no longer disabled: those with an account are enabled at once. */
export function activeState(member: { account?: string | undefined }): MemberState {
  return member.account === undefined ? 'not_joined' : 'enabled';
}

export const shardCount = 64;

/**
 * The shard of an external id: a 32-bit FNV-1a over its UTF-16 code units with a final avalanche (so that ids
 * that count upwards spread), modulo {@link shardCount}. Part of the stored keys: never change it.
 */
export function shardOf(externalId: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < externalId.length; index++) {
    hash = Math.imul(hash ^ externalId.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % shardCount;
}
