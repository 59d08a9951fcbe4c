/** Decides what an administrator's approval does to a held or reviewed plan. Pure. */
import { MusterError } from './errors.ts';
import { type ChangeKind, changeKinds, type HoldPolicy, type Import } from './import.ts';
import type { Approval } from './ports.ts';

/** What an administrator says when approving. Absent `kinds` are all, an absent `exclude` leaves nobody out. */
export interface ApprovalRequest {
  kinds?: readonly ChangeKind[] | undefined;
  exclude?: readonly string[] | undefined;
  /** That a plan which is held is approved all the same. */
  confirmHold?: boolean | undefined;
  /** The version of the plan that was looked at. */
  planVersion?: number | undefined;
}

/** Who approves, and when. */
export interface ApprovalStamp {
  login: string;
  account: string;
  at: string;
}

/** `approved`: it is applied now. `waits`: it is the first of two. `repeated`: the same person pressed again. */
export interface ApprovalDecision {
  outcome: 'approved' | 'waits' | 'repeated';
  approval: Approval;
}

/**
 * Refuses to approve what cannot be, or what the administrator has not seen.
 * @throws MusterError `import_not_in_review`, `plan_changed` for another version of the plan than is there, or for none
 * named where there was more than one, `hold_not_confirmed` for a held plan without `confirmHold`
 */
export function requireApprovable(
  job: Pick<Import, 'status' | 'step' | 'hold' | 'planVersion'>,
  { confirmHold, planVersion }: ApprovalRequest,
): void {
  if (job.status !== 'in_progress' || job.step !== 'review') {
    throw new MusterError(
      'import_not_in_review',
      `Only an import in review can be approved; this one is ${job.status} at ${job.step}.`,
    );
  }
  const version = job.planVersion ?? 1;
  if ((planVersion ?? 1) !== version) {
    throw new MusterError(
      'plan_changed',
      `The plan is another one by now. Look at it again and approve with planVersion ${version}.`,
    );
  }
  if (job.hold !== undefined && confirmHold !== true) {
    throw new MusterError('hold_not_confirmed', `${job.hold.message} Approve with confirmHold to go on.`);
  }
}

/**
 * Whether two administrators have to approve: as it was when the plan was made, or as it is now. So a rule that is
 * switched off while an import waits still holds for it, and one that is switched on does at once.
 */
export function needsSecond(job: Pick<Import, 'hold'>, policy: HoldPolicy): boolean {
  const { hold } = job;
  return hold !== undefined && (hold.secondApproval !== undefined || policy.secondAdministrator === true);
}

/**
 * What an approval comes to. Of two who have to approve each one is an account of its own, however often and from
 * wherever it signs in; what is applied is what both of them approved.
 * @param first the approval that waits for a second one, if its author may still approve
 * @throws MusterError `own_approval` if the first one approves something else now, `nothing_approved` if the two have
 * no kind in common
 */
export function decideApproval(
  request: ApprovalRequest,
  { login, account, at }: ApprovalStamp,
  { needsTwo, first }: { needsTwo: boolean; first?: Approval | undefined },
): ApprovalDecision {
  const kinds = [...(request.kinds ?? changeKinds)];
  const exclude = [...(request.exclude ?? [])];
  const own: Approval = { by: login, account, at, kinds, exclude };
  if (!needsTwo) return { outcome: 'approved', approval: own };
  if (first === undefined) return { outcome: 'waits', approval: own };
  if (first.account === account) {
    if (!isSameChoice(first, own)) throw ownApproval();
    return { outcome: 'repeated', approval: first };
  }
  return { outcome: 'approved', approval: inCommon(first, own, { by: login, account, at }) };
}

function inCommon(first: Approval, own: Approval, second: NonNullable<Approval['second']>): Approval {
  const kinds = first.kinds.filter((kind) => own.kinds.includes(kind));
  if (kinds.length === 0) {
    const message = `${first.by} approved other kinds of changes. Approve one of ${first.kinds.join(', ')}, or take that approval back.`;
    throw new MusterError('nothing_approved', message);
  }
  return { ...first, kinds, exclude: [...new Set([...first.exclude, ...own.exclude])], second };
}

function isSameChoice(one: Approval, other: Approval): boolean {
  const textOf = ({ kinds, exclude }: Approval) =>
    JSON.stringify([[...new Set(kinds)].sort(), [...new Set(exclude)].sort()]);
  return textOf(one) === textOf(other);
}

function ownApproval(): MusterError {
  const message =
    'You approved already, and another administrator has to. To approve something else take your approval back first.';
  return new MusterError('own_approval', message);
}
