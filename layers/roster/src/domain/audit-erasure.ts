/**
 * Audit entries without what they say of persons, for when all data is dropped. An erased entry keeps its place, time,
 * action, hash and the account that acted, so the chain still links; its content cannot be compared with its hash any
 * more. So the entry that tells of the drop's end carries a digest of all that were erased, and vouches for them.
 */
import type { AuditAction, AuditEntry } from './audit.ts';

/** What stands in the place of what was erased. */
export const erasedText = 'erased';

/** Whether an entry is left as it is: those about drops tell of no member, and vouch for what was erased. */
export function isKept({ action, erased }: Pick<AuditEntry, 'action' | 'erased'>): boolean {
  return erased === true || action.startsWith('drop.');
}

/** Actions whose subject is a person. */
function isOfPerson(action: AuditAction): boolean {
  return action.startsWith('member.') || action.startsWith('account.');
}

/** The entry without logins, addresses, identifiers of members, and values; counts stay. */
export function erasedEntry(entry: AuditEntry): AuditEntry {
  const { action, actor, subject, details, sequence, at, previousHash, hash } = entry;
  const { account, login } = actor;
  const counts = countsIn(details?.counts);
  return {
    action,
    // Of what acts by itself the login is the name of the part of Muster that it is.
    actor: { account, login: login === account ? login : erasedText },
    subject: isOfPerson(action) ? erasedText : subject,
    ...(counts && { details: { counts } }),
    erased: true,
    ...{ sequence, at, previousHash, hash },
  };
}

function countsIn(counts: unknown): Record<string, number> | undefined {
  if (typeof counts !== 'object' || counts === null) return undefined;
  return Object.values(counts).every((value) => typeof value === 'number')
    ? (counts as Record<string, number>)
    : undefined;
}
