/** The audit entries of imports that end without being applied. None holds anything of a row. */
import { type AuditEvent, systemActor } from './audit.ts';
import type { Import } from './import.ts';

type Ended = Pick<Import, 'importId' | 'status' | 'step' | 'uploadedBy'>;

/** An import that ended in an error, which nobody decided: the file is at fault, or the system. */
export function failedEvent(job: Ended, error: { code: string }): AuditEvent {
  return {
    action: 'import.fail',
    actor: systemActor,
    subject: job.importId,
    before: { status: job.status, step: job.step },
    after: { status: 'error', step: job.step },
    details: { code: error.code, uploadedBy: job.uploadedBy },
  };
}

/** An import that gave way to a newer upload, whose uploader has done it. */
export function supersededEvent(
  job: Ended,
  newer: Pick<Import, 'importId' | 'uploadedBy' | 'uploaderAccount'>,
): AuditEvent {
  const { uploaderAccount: account, uploadedBy: login } = newer;
  return {
    action: 'import.supersede',
    actor: account === undefined ? systemActor : { account, login },
    subject: job.importId,
    before: { status: job.status, step: job.step },
    after: { status: 'incomplete', step: job.step },
    details: { by: newer.importId, uploadedBy: job.uploadedBy },
  };
}
