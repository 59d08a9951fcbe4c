import { basename } from 'node:path';
import type { ImportInput, ImportJob, MusterClient, WaitOptions } from './client.ts';

/** Longer than a million rows take on a slow machine. */
const deadlineSeconds = 3_600;

/** Announces a file, sends it and waits until its import has ended or waits for an admin. */
export async function importRoster(
  client: MusterClient,
  organization: string,
  file: string,
  choices: Omit<ImportInput, 'fileName'>,
  onProgress?: WaitOptions['onProgress'],
): Promise<ImportJob> {
  const { importId, upload } = await client.createImport(organization, {
    ...choices,
    fileName: basename(file),
  });
  await client.uploadFile(upload, file);
  return client.waitForImport(organization, importId, { deadlineSeconds, onProgress });
}

/** Approves the plan that waits, a held one too, and waits until it is applied. */
export async function approveImport(
  client: MusterClient,
  organization: string,
  job: ImportJob,
  onProgress?: WaitOptions['onProgress'],
): Promise<ImportJob> {
  const { planVersion, hold } = job;
  await client.approve(organization, job.importId, { planVersion, ...(hold && { confirmHold: true }) });
  return client.waitForImport(organization, job.importId, { deadlineSeconds, onProgress });
}

const stepTexts: Record<ImportJob['step'], string> = {
  awaiting_upload: 'Waiting for the file',
  unzipping: 'Unzipping',
  mapping: 'Waiting for its columns to be mapped',
  validating: 'Checking every row',
  comparing: 'Comparing with the roster',
  review: 'The plan is ready',
  applying: 'Applying',
  done: 'Done',
};

/** Where an import is, for people: `Checking every row (3 of 8)`. */
export function progressText({ step, progress }: ImportJob): string {
  const part = progress && progress.total > 0 ? ` (${progress.done} of ${progress.total})` : '';
  return `${stepTexts[step]}${part}`;
}

/** What an import changed, or would change, in one line. */
export function countsText({ counts }: ImportJob): string {
  const names = ['added', 'updated', 'reactivated', 'disabled', 'unchanged', 'rejected'] as const;
  const rare = (['skipped', 'excluded', 'conflicts'] as const).filter((name) => counts[name] > 0);
  return [...names, ...rare].map((name) => `${counts[name].toLocaleString('en')} ${name}`).join(', ');
}

/** Seconds since a moment of `performance.now()`, for people. */
export function secondsSince(startMilliseconds: number): string {
  return `${((performance.now() - startMilliseconds) / 1_000).toFixed(1)} s`;
}
