import type { AuditActor } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import type { Hold, Import } from '../domain/import.ts';
import type { Clock, ImportRef, Imports, RosterChanges } from '../domain/ports.ts';
import { rerunning } from './rerunning.ts';

export interface ReplanDeps {
  imports: Imports;
  rosterChanges: RosterChanges;
  clock: Clock;
}

/**
 * Sends an import in review back to be compared with the roster as it is now; its checked rows stay, and what was left
 * out of the plan stays left out. An approval that waits for a second one falls away, because its plan does. Pressing
 * twice is pressing once. The caller starts the state machine, and may do so again if the word was lost.
 * @throws MusterError `import_not_in_review`
 */
export async function replan(deps: ReplanDeps, ref: ImportRef, actor: AuditActor): Promise<Import> {
  return rerunning(async () => {
    const job = await deps.imports.get(ref);
    if (isBeingReplanned(job)) return job;
    if (job.kind === 'undo' || job.status !== 'in_progress' || job.step !== 'review') {
      const message = `Only an import of a file that is in review can be planned anew; this one is ${job.status} at ${job.step}.`;
      throw new MusterError('import_not_in_review', message);
    }
    const patch: Partial<Import> = {
      step: 'comparing',
      // Before any member is read: what changes from now on, the new plan may not know of.
      comparedFrom: await deps.rosterChanges.position(ref.organization),
      ...(job.hold && { hold: withoutFirstApproval(job.hold) }),
      updatedAt: deps.clock().toISOString(),
    };
    return deps.imports.update(ref.organization, job, patch, {
      action: 'import.replan',
      actor,
      subject: ref.importId,
      before: { step: job.step },
      after: { step: 'comparing' },
      details: { planVersion: job.planVersion },
    });
  });
}

/** Whether an import is compared again after it had been in review. */
export function isBeingReplanned({ status, step, planVersion }: Import): boolean {
  return status === 'in_progress' && step === 'comparing' && planVersion !== undefined;
}

function withoutFirstApproval(hold: Hold): Hold {
  return hold.secondApproval === undefined ? hold : { ...hold, secondApproval: { required: true } };
}
