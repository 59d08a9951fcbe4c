import * as z from 'zod';
import { isEdit } from '../domain/import-undo.ts';
import { invitationMethods, storedInvitationStates } from '../domain/invitation.ts';
import { disabledByValues, type Member, MemberState, signInTimes } from '../domain/member.ts';
import { type Key, keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { type Action, versionIs } from './table.ts';

const InvitationItem = z.object({
  id: z.string(),
  method: z.enum(invitationMethods),
  state: z.enum(storedInvitationStates),
  rounds: z.int().min(1),
  firstSentAt: z.string().optional(),
  sentAt: z.string(),
  validUntil: z.string(),
  invitedBy: z.string(),
  to: z.string().optional(),
  remindersOff: z.literal(true).optional(),
});

const MemberItem = z.object({
  externalId: z.string(),
  state: MemberState,
  disabledBy: z.enum(disabledByValues).optional(),
  values: z.record(z.string(), z.string()),
  valuesHash: z.string(),
  name: z.string(),
  username: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
  activeFrom: z.string().optional(),
  activeUntil: z.string().optional(),
  departments: z.array(z.string()),
  roles: z.array(z.string()),
  protectedColumns: z.array(z.string()).optional(),
  account: z.string().optional(),
  version: z.int().min(1),
  createdAt: z.string(),
  updatedAt: z.string(),
  createdBy: z.string().optional(),
  activatedAt: z.string().optional(),
  lastSignInAt: z.string().optional(),
  invitation: InvitationItem.optional(),
  importId: z.string().optional(),
});

/** The stored form of a member, with its key in the table. */
export function memberToItem(org: string, member: Member): Record<string, unknown> & Key {
  return { ...keys.member(org, member.externalId), ...member };
}

/**
 * Changes a member that still has the version seen. Not put whole: somebody may have signed in since it was read,
 * which changes no version. Whom somebody edits, no import leaves as it is any more.
 */
export function memberUpdate(org: string, before: Member, changed: Member): Action {
  const { importId, ...edited } = changed;
  const after: Member = importId !== undefined && isEdit(before, changed) ? edited : changed;
  const kept = new Set<string>(signInTimes);
  const set = Object.fromEntries(Object.entries(after).filter(([name]) => !kept.has(name)));
  const isLeft = before.account !== undefined && after.account === undefined;
  const remove = Object.entries(before)
    .filter(([name, value]) => value !== undefined && after[name as keyof Member] === undefined)
    .map(([name]) => name)
    .filter((name) => !kept.has(name));
  // Also where none was there when it was read: somebody may have signed in since.
  if (isLeft) remove.push(...signInTimes);
  return {
    update: { key: keys.member(org, after.externalId), set, remove, condition: versionIs(before.version) },
  };
}

/**
 * Reads a stored member.
 * @throws MusterError `corrupt_item` where the item is not a member as it should be; never "not found".
 */
export function memberFromItem(item: Record<string, unknown>): Member {
  return parseItem(MemberItem, item, 'member');
}
