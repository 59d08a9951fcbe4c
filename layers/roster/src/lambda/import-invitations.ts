/** Invites those whom an import added, where the organization wants that (S4.5): a job in the name of who approved it. */
import type { AuditEvent } from '../domain/audit.ts';
import { type BulkActor, newBulkJob } from '../domain/bulk-job.ts';
import { isMusterError } from '../domain/errors.ts';
import type { Import } from '../domain/import.ts';
import type { ImportRef } from '../domain/ports.ts';
import type { ImportDeps } from './import-deps.ts';
import { describeError, logger } from './observability.ts';

type InvitingDeps = Pick<ImportDeps, 'imports' | 'organizations' | 'bulkJobs' | 'bulkQueue' | 'clock'>;

/**
 * Runs the last step of an import, and starts the job if the import is complete then. A step that is run again starts
 * no second one: the job has the import's id. A job that could not be started fails no import; it is logged.
 */
export async function inviting<T>(deps: InvitingDeps, ref: ImportRef, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await inviteAdded(deps, ref).catch((error: unknown) =>
      logger.error('The members added were not invited', { fault: describeError(error) }),
    );
  }
}

/**
 * All who have not joined and were never invited: those whom the import added, and whom earlier ones did before the
 * organization wanted this.
 */
async function inviteAdded(deps: InvitingDeps, { organization, importId }: ImportRef): Promise<void> {
  const { inviteImported } = await deps.organizations.get(organization);
  if (inviteImported !== true) return;
  const ended = await deps.imports.get({ organization, importId });
  const acting = actorOf(ended);
  if (ended.status !== 'complete' || ended.counts.added === 0 || acting === undefined) return;
  const selection = { filter: { status: ['not_joined' as const] } };
  const asked = { jobId: importId, action: 'invite' as const, selection, acting, holdConfirmed: true };
  const job = newBulkJob({ ...asked, onlyNew: true }, [], deps.clock().toISOString());
  const event: AuditEvent = {
    action: 'job.start',
    actor: { account: acting.account, login: acting.login },
    subject: importId,
    details: { action: 'invite', import: importId },
  };
  try {
    await deps.bulkJobs.create(organization, job, [], event);
  } catch (error) {
    if (!isMusterError(error, 'conflict')) throw error;
  }
  await deps.bulkQueue.send({ organization, jobId: importId });
}

/** Who approved the import or, where the policy did, uploaded it. */
function actorOf({ approval, uploadedBy, uploaderAccount }: Import): BulkActor | undefined {
  if (approval?.account !== undefined) return { account: approval.account, login: approval.by };
  return uploaderAccount === undefined ? undefined : { account: uploaderAccount, login: uploadedBy };
}
