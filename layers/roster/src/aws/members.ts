/** The write side of a roster: one member at a time, each change one transaction with its audit entry. */
import * as z from 'zod';
import type { AuditEvent } from '../domain/audit.ts';
import { dropInProgress } from '../domain/drop.ts';
import { MusterError } from '../domain/errors.ts';
import { lastOwner } from '../domain/member-authority.ts';
import type { Membership } from '../domain/organization.ts';
import { normalizeLogin } from '../domain/username.ts';
import type { AuditTrail } from './audit.ts';
import { keys } from './keys.ts';
import { type MemberAction, type MemberWrite, memberActions } from './member-write.ts';
import { parseItem } from './parse-item.ts';
import { type Table, TransactionFailed } from './table.ts';

export type { MemberWrite } from './member-write.ts';

/** Changes of single members. */
export interface MemberRecords {
  /**
   * Does a write and keeps its events, all or nothing. An email or phone that somebody else signs in with is left
   * out of the membership's logins. Returns the membership as it is then, if the write has one.
   * @throws MusterError `drop_in_progress`, `conflict` if the external id is taken, `login_taken` if the username is, `last_owner`,
   * `unknown_department` and `unknown_role` if one that is added was deleted meanwhile,
   * and `precondition_failed` if the member or its membership changed since they were read.
   */
  commit(write: MemberWrite, event: AuditEvent | readonly AuditEvent[]): Promise<Membership | undefined>;
  /** How many memberships of the organization are enabled owners. */
  enabledOwners(organization: string): Promise<number>;
}

const OwnersItem = z.object({ enabled: z.int().min(0) });

/** Members in the table, with the trail that keeps what was done. */
export function memberRecords(table: Table, audit: Pick<AuditTrail, 'commitAll'>): MemberRecords {
  return {
    async commit(given, event) {
      let write = given;
      // A membership has two logins that can be left out, and each try leaves out at least one.
      for (;;) {
        const actions = memberActions(write);
        try {
          await audit.commitAll(
            write.organization.organization,
            [event].flat(),
            actions.map(({ action }) => action),
          );
          return write.membership?.after;
        } catch (error) {
          if (!(error instanceof TransactionFailed)) throw error;
          write = withoutTaken(write, failedOn(actions, error), error);
        }
      }
    },
    async enabledOwners(organization) {
      const item = await table.get(keys.owners(organization), { consistent: true });
      return item === undefined ? 0 : parseItem(OwnersItem, item, 'count of owners').enabled;
    },
  };
}

function failedOn(actions: readonly MemberAction[], error: TransactionFailed): string[] {
  return actions.filter((_, index) => error.failedAt(index)).map(({ on }) => on);
}

/** The write without the logins that others have, or the refusal that the failed conditions mean. */
function withoutTaken(write: MemberWrite, failed: readonly string[], cause: unknown): MemberWrite {
  const { member, membership } = write;
  if (failed.includes('member')) {
    if (member.before !== undefined) throw changedMeanwhile(cause);
    const id = member.after?.externalId;
    throw new MusterError('conflict', `There is a member with the identifier “${id}” already.`, { cause });
  }
  if (['membership', 'account', 'heir', 'import', 'link'].some((on) => failed.includes(on))) {
    throw changedMeanwhile(cause);
  }
  if (failed.includes('count')) throw dropInProgress();
  if (failed.includes('owners')) throw lastOwner();
  if (failed.includes('department')) throw gone('unknown_department', 'departments', cause);
  if (failed.includes('role')) throw gone('unknown_role', 'roles', cause);
  const after = membership?.after;
  if (after === undefined) throw changedMeanwhile(cause);
  if (failed.includes(`login ${normalizeLogin(after.login)}`)) {
    throw new MusterError('login_taken', 'Somebody in this organization signs in with this username.', {
      cause,
    });
  }
  const isFree = (login: string | undefined) => login !== undefined && !failed.includes(`login ${login}`);
  const { email, phone } = after.logins ?? {};
  const logins = { ...(isFree(email) && { email }), ...(isFree(phone) && { phone }) };
  if (Object.keys(logins).length === Object.keys(after.logins ?? {}).length) throw changedMeanwhile(cause);
  return { ...write, membership: { ...membership, after: { ...after, logins } } };
}

function gone(code: 'unknown_department' | 'unknown_role', path: string, cause: unknown): MusterError {
  const message = 'It was deleted meanwhile. Read the list again.';
  return new MusterError(code, message, { cause, places: [{ path, message }] });
}

function changedMeanwhile(cause: unknown): MusterError {
  return new MusterError('precondition_failed', 'It was changed meanwhile. Read it again and repeat.', {
    cause,
  });
}
