/** A file that was delivered without a person becomes an import like any other. */
import { dropInProgress } from '../domain/drop.ts';
import { isMusterError } from '../domain/errors.ts';
import { type Import, noCounts } from '../domain/import.ts';
import { featuresOf, type Organization } from '../domain/organization.ts';
import type { ImportRef } from '../domain/ports.ts';
import type { ImportDeps } from './import-deps.ts';
import { logger } from './observability.ts';

type DeliveryDeps = Pick<
  ImportDeps,
  'feeds' | 'organizations' | 'imports' | 'feedObject' | 'clock' | 'newId'
>;

/** One version of an object below an organization's own prefix, as S3 tells of it. */
export interface Delivery {
  organization: string;
  /** What stands behind the organization in the key. */
  name: string;
  etag: string;
  /** Tells the events of one key apart and is the same in a repeat (Amazon S3 User Guide, "sequencer"). */
  sequencer: string;
}

/** Who uploaded it, as the history says. */
export const feedUploader = 'feed';

/**
 * Makes an import of a delivery and moves the file to where the import looks for it, whose arrival there starts it. S3
 * may tell of one version twice, and any of this may be killed: the version names its import. A version that was
 * overwritten meanwhile is left to the event of the newer one.
 * @throws MusterError `not_found` if there is no such organization, `drop_in_progress`
 */
export async function takeDelivery(deps: DeliveryDeps, delivery: Delivery): Promise<void> {
  const { organization: id, name, etag, sequencer } = delivery;
  const organization = await deps.organizations.get(id);
  if (organization.dropping !== undefined) throw dropInProgress();
  if (organization.feed?.isOn !== true || !featuresOf(organization).importExport) {
    logger.warn('A file was delivered to a feed that is off', { organization: id });
    return;
  }
  const now = deps.clock();
  const importId = await deps.feeds.importOf(id, `${name}#${sequencer}`, deps.newId(), now);
  const ref = { organization: id, importId };
  await announce(deps, ref, importOfDelivery(organization, { importId, name, at: now.toISOString() }));
  await deps.feeds.markDelivered(id, now.toISOString());
  // Moved and not copied: a file with so much about people lies in one place only.
  const isMoved = await deps.feedObject.move(ref, name, etag);
  if (!isMoved) logger.info('The delivered file was taken before, or replaced by a newer one', { importId });
}

/** The record comes before the file, because whoever finds a file without one takes it as dropped. */
async function announce({ imports }: DeliveryDeps, ref: ImportRef, job: Import): Promise<void> {
  try {
    await imports.create(ref.organization, job);
  } catch (error) {
    if (!isMusterError(error, 'conflict')) throw error;
  }
}

function importOfDelivery(
  { importDefaults, feed }: Organization,
  { importId, name, at }: { importId: string; name: string; at: string },
): Import {
  const { mode, onRowErrors, approve } = feed ?? {};
  return {
    ...importDefaults,
    ...(mode && { mode }),
    ...(onRowErrors && { onRowErrors }),
    ...(approve && { approve }),
    importId,
    fileName: name.slice(name.lastIndexOf('/') + 1),
    source: 'feed',
    status: 'in_progress',
    step: 'awaiting_upload',
    uploadedBy: feedUploader,
    createdAt: at,
    updatedAt: at,
    counts: noCounts,
    version: 1,
  };
}
