/** Reset links in the table, under the SHA-256 of their tokens; the account names the newest one. */
import * as z from 'zod';
import type { AuditEvent } from '../domain/audit.ts';
import { levels } from '../domain/permissions.ts';
import type { ResetLink } from '../domain/reset-link.ts';
import type { AuditTrail } from './audit.ts';
import { keys } from './keys.ts';
import { isUnclaimed, type LinkClaim, releaseClaim } from './link-claim.ts';
import { parseItem } from './parse-item.ts';
import { allOf, attributeIs, isPresent, type Table, TransactionFailed } from './table.ts';

export interface ResetLinks {
  /** Keeps a link with its audit entry, in one transaction that makes the account's older links void. */
  issue(hash: string, link: ResetLink, event: AuditEvent): Promise<void>;
  /** The link as it is this moment, void and expired ones too; undefined if there is none. */
  find(hash: string): Promise<ResetLink | undefined>;
  /**
   * Keeps other uses of the link off for a while, if it is still the account's newest.
   * @returns false if another use is under way, or the link was used or made void meanwhile
   */
  claim(hash: string, link: ResetLink, claim: LinkClaim, nowMs: number): Promise<boolean>;
  /** Lets others use the link again; nothing happens if the claim is over. */
  release(hash: string, claim: LinkClaim): Promise<void>;
  /**
   * Uses the link up: in one transaction it goes, the account's tokens from before this second are refused, every
   * link of the account is void, and the audit entry is kept.
   * @returns false if the claim is over
   */
  spend(
    hash: string,
    link: ResetLink,
    claim: LinkClaim,
    use: { validFromSeconds: number; event: AuditEvent },
  ): Promise<boolean>;
}

const LinkItem = z.object({
  kind: z.literal('reset'),
  organization: z.string(),
  account: z.string(),
  level: z.enum(levels),
  tokensValidFromSeconds: z.int().min(0),
  createdAt: z.iso.datetime(),
  validUntil: z.iso.datetime(),
  askedBy: z.literal('person').optional(),
});

/** An expired link stays for a week, so that whoever comes late is told so. */
const keptSeconds = 7 * 24 * 60 * 60;

/** Opens the links over the table. */
export function resetLinksInTable(table: Table, audit: Pick<AuditTrail, 'commit'>): ResetLinks {
  return {
    async issue(hash, link, event) {
      const expiresAt = Math.ceil(Date.parse(link.validUntil) / 1000) + keptSeconds;
      await audit.commit(link.organization, event, [
        { put: { ...keys.linkToken(hash), kind: 'reset', ...link, expiresAt } },
        { update: { key: keys.account(link.account), set: { resetLink: hash }, condition: isPresent } },
      ]);
    },
    async find(hash) {
      const item = await table.get(keys.linkToken(hash), { consistent: true });
      // Tokens of other links lie under keys of the same kind.
      if (item === undefined || item.kind !== 'reset') return undefined;
      const { kind: _, ...link } = parseItem(LinkItem, item, 'reset link');
      return link;
    },
    async claim(hash, link, claim, nowMs) {
      const take = {
        key: keys.linkToken(hash),
        set: { claim: claim.id, claimedUntilMs: claim.untilMs },
        condition: allOf(isPresent, isUnclaimed(nowMs)),
      };
      try {
        await table.transact([
          { update: take },
          { check: keys.account(link.account), condition: attributeIs('resetLink', hash) },
        ]);
        return true;
      } catch (error) {
        if (error instanceof TransactionFailed) return false;
        throw error;
      }
    },
    async release(hash, { id }) {
      await releaseClaim(table, hash, id);
    },
    async spend(hash, { account, organization }, { id }, { validFromSeconds, event }) {
      const mark = {
        key: keys.account(account),
        set: { tokensValidFromSeconds: validFromSeconds },
        remove: ['resetLink'],
        condition: isPresent,
      };
      try {
        await audit.commit(organization, event, [
          { delete: keys.linkToken(hash), condition: attributeIs('claim', id) },
          { update: mark },
        ]);
        return true;
      } catch (error) {
        if (error instanceof TransactionFailed) return false;
        throw error;
      }
    },
  };
}
