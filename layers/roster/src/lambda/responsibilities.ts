/** Finds what a member is responsible for, and who takes it over when the member is removed (S3.25). */
import type { TakeOver } from '../aws/member-write.ts';
import { type AuditEvent, changedFields } from '../domain/audit.ts';
import { standingFor } from '../domain/departments.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { Member } from '../domain/member.ts';
import type { Membership } from '../domain/organization.ts';
import {
  heldBy,
  isResponsible,
  type Responsibilities,
  takeOver,
  transferRequired,
} from '../domain/responsibilities.ts';
import { rankOf } from '../domain/scope.ts';
import type { Deps } from './deps.ts';

/** What looking for responsibilities needs. */
export type ResponsibilityDeps = Pick<Deps, 'roster' | 'accounts' | 'departments' | 'imports' | 'clock'>;

/** What goes to whom, and how that is written. */
export interface Handover {
  own: Responsibilities;
  takeOver: TakeOver;
}

/** What a membership is responsible for; somebody without one is responsible for nothing. */
export async function responsibilitiesOf(
  deps: ResponsibilityDeps,
  membership: Membership | undefined,
): Promise<Responsibilities> {
  if (membership === undefined) return { departments: [], imports: [] };
  const { organization, scope = [] } = membership;
  const [tree, open] = await Promise.all([
    scope.length === 0 ? undefined : deps.departments.read(organization).then((read) => read.tree),
    deps.imports.open(organization, deps.clock()),
  ]);
  // A department that another one took over goes as that one, and one that is gone does not go at all.
  const departments = tree === undefined ? [] : scope.flatMap((id) => standingFor(tree, id) ?? []);
  return heldBy({ ...membership, scope: [...new Set(departments)] }, open);
}

/**
 * Decides who takes over from a member that is removed; undefined where there is nothing to take over.
 * @param transferTo the id of the member who does
 * @param at the time of the removal, ISO 8601 in UTC
 * @throws MusterError `transfer_required` where nobody is named, `invalid_transfer`
 */
export async function handoverOf(
  deps: ResponsibilityDeps,
  leaver: Membership | undefined,
  transferTo: string | undefined,
  at: string,
): Promise<Handover | undefined> {
  const own = await responsibilitiesOf(deps, leaver);
  if (leaver === undefined || !isResponsible(own)) return undefined;
  if (transferTo === undefined) throw transferRequired(own);
  const { member, membership } = await heirOf(deps, leaver.organization, transferTo);
  const after = takeOver(own, leaver, membership);
  const before = membership ?? after;
  // The member's version counts up with its departments: what If-Match names shows them.
  const shown = before === after ? member : { ...member, version: member.version + 1, updatedAt: at };
  return {
    own,
    takeOver: {
      heir: { before, after },
      member: { before: member, after: shown },
      imports: own.imports.map(({ importId }) => importId),
    },
  };
}

/** The entries of a removal: its own and, where somebody takes over, one in the history of who does. */
export function removalEvents(removal: AuditEvent, handover: Handover | undefined): AuditEvent[] {
  if (handover === undefined) return [removal];
  const { own, takeOver: taken } = handover;
  const { externalId: heirId } = taken.member.after;
  const moved = { departments: own.departments, imports: taken.imports };
  return [
    { ...removal, details: { transferTo: heirId, ...moved } },
    {
      action: 'member.takeOver',
      actor: removal.actor,
      subject: heirId,
      ...changedFields(rankOf(taken.heir.before), rankOf(taken.heir.after)),
      details: { from: removal.subject, ...moved },
    },
  ];
}

async function heirOf(
  { roster, accounts }: ResponsibilityDeps,
  organization: string,
  memberId: string,
): Promise<{ member: Member; membership: Membership | undefined }> {
  try {
    const member = await roster.get(organization, memberId);
    const standing = member.account && (await accounts.standing(member.account, organization));
    return { member, membership: standing ? standing.membership : undefined };
  } catch (error) {
    if (!isMusterError(error, 'not_found')) throw error;
    throw new MusterError('invalid_transfer', 'There is no such member to take over.', { cause: error });
  }
}
