import { createHash } from 'node:crypto';
import { type AuditActor, type AuditEvent, policyActor } from '../domain/audit.ts';
import { changeKinds, type Import, type ImportCounts } from '../domain/import.ts';
import type { Approval, ImportRef, Objects } from '../domain/ports.ts';
import { type Plan, readJson, workFiles } from './work-files.ts';

/**
 * The one audit entry of an applied import: exact counts, and the files of its changes by key and SHA-256, so that
 * what was written to the roster can be proven from them, or from copies, as long as there are any. No step writes
 * a change file again once the plan is made. The entry holds nothing of a person.
 */
export async function completionEvent(
  work: Objects,
  ref: ImportRef,
  job: Import,
  approval: Approval,
  counts: ImportCounts,
): Promise<AuditEvent> {
  const plan = await readJson<Plan>(work, workFiles.plan(ref));
  const changes: ChangeFile[] = [];
  for (const { part, kinds } of plan.parts) {
    for (const kind of changeKinds) {
      const file = kinds[kind];
      if (file === undefined) continue;
      changes.push({ kind, ...file, sha256: await sha256Of(work, file.key) });
      if (kind !== 'add') continue;
      // Members are added by reference to their checked rows: those prove what was written.
      const key = workFiles.checked(ref, part);
      changes.push({ kind: 'rows', key, count: file.count, sha256: await sha256Of(work, key) });
    }
  }
  const { kinds, exclude } = approval;
  return {
    action: 'import.complete',
    actor: approvalActor(approval),
    subject: ref.importId,
    before: { step: job.step },
    after: { step: 'done', status: 'complete' },
    details: {
      counts: { ...counts },
      kinds,
      excludedCount: exclude.length,
      ...(job.undoOf !== undefined && { undoOf: job.undoOf }),
      ...(job.file && { file: { sha256: job.file.sha256, bytes: job.file.bytes } }),
      changes,
    },
  };
}

/** Who an approved import is done by: the admin who approved it, or the organization's policy. */
export function approvalActor({ account, by }: Approval): AuditActor {
  return account === undefined ? policyActor : { account, login: by };
}

interface ChangeFile {
  kind: string;
  key: string;
  count: number;
  sha256: string;
}

async function sha256Of(work: Objects, key: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of work.stream(key)) hash.update(chunk);
  return hash.digest('hex');
}
