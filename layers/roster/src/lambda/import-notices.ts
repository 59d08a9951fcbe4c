/** Mails about imports to who uploaded them (S3.9), and about those that a feed delivered to its recipients. */
import type { Import } from '../domain/import.ts';
import type { Mail } from '../domain/mail.ts';
import type { ImportRef } from '../domain/ports.ts';
import { addressesOf } from './feed-recipients.ts';
import type { ImportDeps } from './import-deps.ts';
import { describeError, logger } from './observability.ts';

type NoticeDeps = Pick<ImportDeps, 'imports' | 'accounts' | 'organizations' | 'mailQueue'>;

/**
 * Runs a step of an import, and mails its uploader if the import has ended then, or waits for approval. A step that is
 * run again mails nothing twice. A mail that could not be queued fails no import.
 */
export async function telling<T>(deps: NoticeDeps, ref: ImportRef, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await tellUploader(deps, ref).catch((error: unknown) =>
      logger.error('The uploader was not told', { fault: describeError(error) }),
    );
  }
}

async function tellUploader(
  { imports, accounts, organizations, mailQueue }: NoticeDeps,
  ref: ImportRef,
): Promise<void> {
  const { organization, importId } = ref;
  const job = await imports.get(ref);
  const mail = noticeOf(job);
  if (mail === undefined) return;
  const told = { mail, owner: { kind: 'import' as const, id: importId } };
  if (job.source === 'feed') {
    const feed = await organizations.get(organization);
    for (const { login, address } of await addressesOf({ accounts }, feed)) {
      const key = `import/${importId}/${mail.kind}/${login}`;
      await mailQueue.send(organization, { ...told, to: address, key });
    }
    return;
  }
  const found = await accounts.findByLogin(job.uploadedBy, organization);
  if (found?.memberships[0]?.state !== 'enabled') return;
  const { account } = await accounts.standing(found.account);
  if (account?.email === undefined) return;
  await mailQueue.send(organization, {
    ...told,
    to: account.email,
    key: `import/${importId}/${mail.kind}`,
  });
}

/** What there is to tell of an import; nothing of one that goes on, or that a person or a newer file ended. */
function noticeOf(job: Import): Mail | undefined {
  const { importId, kind, fileName, counts } = job;
  const moment = momentOf(job);
  if (moment === undefined) return undefined;
  const about = { fileName, link: `/#/imports/${importId}` };
  const { rows, added, updated, reactivated, disabled, rejected, removed, kept, conflicts } = counts;
  // An undo has no file whose columns could be unknown.
  if (kind === 'undo' && moment !== 'Unmapped') {
    const undone = { removed, updated, reactivated, disabled, kept, conflicts };
    if (moment === 'Failed') return { kind: 'undoFailed', ...about };
    return { kind: `undo${moment}`, ...about, counts: undone };
  }
  const told = { rows, added, updated, reactivated, disabled, rejected, conflicts };
  if (moment === 'Failed') return { kind: 'importFailed', ...about };
  if (moment === 'Unmapped') return { kind: 'importUnmapped', ...about };
  return { kind: `import${moment}`, ...about, counts: told };
}

function momentOf({
  status,
  step,
  mappingChoice,
}: Import): 'Finished' | 'Failed' | 'Unmapped' | 'Waiting' | undefined {
  if (status === 'complete') return 'Finished';
  if (status === 'error') return 'Failed';
  if (status !== 'in_progress') return undefined;
  if (step === 'mapping') return mappingChoice === undefined ? 'Unmapped' : undefined;
  return step === 'review' ? 'Waiting' : undefined;
}
