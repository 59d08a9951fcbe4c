/** Which members a list, a search or a bulk action is about, and in what order. */
import type { MemberState } from './member.ts';

/** A bound on a time that may never have come. `from` is included, `to` is not; ISO 8601 in UTC. */
export type TimeFilter = { never: true } | { from?: string; to?: string };

/** All that is given has to hold; an empty filter is the whole roster. */
export interface MemberFilter {
  /**
   * Words, each of which begins a word of the name, username, email, external id or phone. Case and accents are put
   * aside; from 5 letters on a word may have one typing error.
   */
  q?: string | undefined;
  states?: readonly MemberState[] | undefined;
  /** The ids by which members may name one of the departments; those below and those taken over are in already. */
  departments?: readonly string[] | undefined;
  /** Ids of roles, of which a member has one. */
  roles?: readonly string[] | undefined;
  /** The value of the column that is the group, case and accents put aside. */
  group?: string | undefined;
  lastSignIn?: TimeFilter | undefined;
  activated?: TimeFilter | undefined;
}

/**
 * Every order is made total by name and then external id; a leading `-` turns it round. By state means not joined,
 * enabled, disabled. Who never signed in comes last in both orders by sign-in.
 */
export const memberSorts = ['name', '-name', 'state', '-state', 'lastSignIn', '-lastSignIn'] as const;
export type MemberSort = (typeof memberSorts)[number];
