/**
 * Accounts that belong to nobody any more, after all data of an organization was dropped. Such an account is marked; the
 * follower of memberships deletes it, first here on condition that nobody gave it a membership meanwhile, then in the
 * user pool, and last what is left here. Accounts without the mark are never deleted: one may just be being made.
 */
import { keys } from './keys.ts';
import {
  type Action,
  allOf,
  attributeIs,
  ConditionFailed,
  type Item,
  isPresent,
  type Table,
  type Update,
} from './table.ts';

export interface AccountDeletion {
  /**
   * Claims an account for being deleted, if it is marked and nobody gave it a membership since its memberships were
   * read; true also where it was claimed before.
   */
  claim(account: string): Promise<boolean>;
  /** Forgets a claimed account. */
  finish(account: string): Promise<void>;
}

/** The account is not being deleted. */
const isUnclaimed = { expression: 'attribute_not_exists(#deleting)', names: { '#deleting': 'deleting' } };

/** Marks an account whose membership goes; with `validFromSeconds` (Unix epoch) its tokens are refused at once. */
export function leftAccount(item: Item, markedBy: string, validFromSeconds: number | undefined): Action[] {
  const account = String(item.account);
  const link = typeof item.resetLink === 'string' ? [{ delete: keys.linkToken(item.resetLink) }] : [];
  const set = {
    leftBy: markedBy,
    ...(validFromSeconds !== undefined && { tokensValidFromSeconds: validFromSeconds }),
  };
  const update = { key: keys.account(account), set, remove: ['resetLink'], condition: isPresent };
  return [{ update }, ...link];
}

/** Takes the mark from an account that gets a membership; the condition does not hold if it is being deleted. */
export function keptAccount(account: string): Update {
  return { key: keys.account(account), remove: ['leftBy'], condition: allOf(isPresent, isUnclaimed) };
}

/** Deletions of accounts in the table. */
export function accountDeletion(table: Table): AccountDeletion {
  return {
    async claim(account) {
      const item = await table.get(keys.account(account), { consistent: true });
      if (item?.deleting === true) return true;
      if (typeof item?.leftBy !== 'string') return false;
      try {
        const stillLeft = attributeIs('leftBy', item.leftBy);
        await table.update({ key: keys.account(account), set: { deleting: true }, condition: stillLeft });
        return true;
      } catch (error) {
        if (error instanceof ConditionFailed) return false;
        throw error;
      }
    },
    async finish(account) {
      await table.delete(keys.account(account));
    },
  };
}
