/** Links of invitations in the table, under the SHA-256 of their tokens. */
import * as z from 'zod';
import type { InvitationLink } from '../domain/invitation.ts';
import { keys } from './keys.ts';
import { isUnclaimed, type LinkClaim, releaseClaim } from './link-claim.ts';
import { parseItem } from './parse-item.ts';
import {
  type Action,
  allOf,
  attributeIs,
  ConditionFailed,
  type Item,
  isPresent,
  type Table,
} from './table.ts';

export interface InvitationLinks {
  /** Keeps one more link of a round that is there already, as good as the others. */
  add(hash: string, link: InvitationLink): Promise<void>;
  /** The link, void and expired ones too; undefined if there is none. */
  find(hash: string): Promise<InvitationLink | undefined>;
  /**
   * Keeps other uses of the link off for a while.
   * @returns false if another use is under way, or the link is used up
   */
  claim(hash: string, claim: LinkClaim, nowMs: number): Promise<boolean>;
  /** Lets others use the link again; nothing happens if the claim is over. */
  release(hash: string, claim: LinkClaim): Promise<void>;
}

/** What a write of a member does with a link, in the same transaction. */
export type LinkChange =
  | { issue: { hash: string; link: InvitationLink } }
  /** The condition does not hold if it is used up or, where a claim is named, that claim is over. */
  | { spend: { hash: string; claimId?: string | undefined } };

const LinkItem = z.object({
  organization: z.string(),
  externalId: z.string(),
  invitation: z.string(),
  round: z.int().min(1),
  validUntil: z.iso.datetime(),
});
/** Tells these links from others under the same keys. */
const kind = 'invitation';

/** An expired link stays for a week, so that whoever comes late is told so and can ask for a fresh one. */
const keptSeconds = 7 * 24 * 60 * 60;

/** The action of a change of a link. */
export function linkAction(change: LinkChange): Action {
  if ('issue' in change) return { put: itemOf(change.issue.hash, change.issue.link) };
  const { hash, claimId } = change.spend;
  const condition = claimId === undefined ? isPresent : attributeIs('claim', claimId);
  return { delete: keys.linkToken(hash), condition };
}

/** Opens the links over the table. */
export function invitationLinks(table: Table): InvitationLinks {
  const find = async (hash: string): Promise<InvitationLink | undefined> => {
    const item = await table.get(keys.linkToken(hash), { consistent: true });
    if (item === undefined || item.kind !== kind) return undefined;
    return parseItem(LinkItem, item, 'link of an invitation');
  };
  return {
    add: (hash, link) => table.put(itemOf(hash, link)),
    find,
    async claim(hash, claim, nowMs) {
      try {
        await table.update({
          key: keys.linkToken(hash),
          set: { claim: claim.id, claimedUntilMs: claim.untilMs },
          condition: allOf(isPresent, isUnclaimed(nowMs)),
        });
        return true;
      } catch (error) {
        if (error instanceof ConditionFailed) return false;
        throw error;
      }
    },
    release: (hash, { id }) => releaseClaim(table, hash, id),
  };
}

function itemOf(hash: string, link: InvitationLink) {
  const expiresAt = Math.ceil(Date.parse(link.validUntil) / 1000) + keptSeconds;
  return { ...keys.linkToken(hash), kind, ...link, expiresAt } satisfies Item;
}
