/** What a person changes of the own account, told to every organization that it belongs to. */
import type { AuditEvent } from '../domain/audit.ts';
import type { AuditTrail } from './audit.ts';
import { keys } from './keys.ts';
import { isPresent, type Table, type Update } from './table.ts';

/** A change of an account; what is absent stays. */
export interface AccountChange {
  /** Refuses tokens issued before this second (Unix epoch) and makes reset links void. */
  refuseTokensBeforeSeconds?: number;
  /** Whether signing in takes a second factor. */
  secondFactor?: boolean;
}

export interface AccountChanges {
  /**
   * Changes an account in one transaction with the first entry; the entries of further organizations follow one by
   * one, for their chains are apart. If one fails the call fails, and its repeat writes an entry twice rather than
   * never.
   */
  commit(
    account: string,
    change: AccountChange,
    entries: readonly { organization: string; event: AuditEvent }[],
  ): Promise<void>;
}

/** Changes of accounts in the table. */
export function accountChanges(table: Table, audit: Pick<AuditTrail, 'commit'>): AccountChanges {
  return {
    async commit(account, change, [first, ...others]) {
      const update = accountUpdate(account, change);
      if (first === undefined) await table.update(update);
      else await audit.commit(first.organization, first.event, [{ update }]);
      for (const { organization, event } of others) await audit.commit(organization, event, []);
    },
  };
}

/** The update of an account's item; its condition does not hold if there is no such account. */
export function accountUpdate(
  account: string,
  { refuseTokensBeforeSeconds, secondFactor }: AccountChange,
): Update {
  return {
    key: keys.account(account),
    set: { tokensValidFromSeconds: refuseTokensBeforeSeconds, secondFactor },
    remove: refuseTokensBeforeSeconds === undefined ? [] : ['resetLink'],
    condition: isPresent,
  };
}
