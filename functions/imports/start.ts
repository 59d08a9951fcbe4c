import { importDeps } from 'roster/lambda/import-deps';
import { queueFunction } from 'roster/lambda/queue';
import { importOfOriginal } from 'roster/pipeline/work-files';
import * as z from 'zod';

/** What S3 says through EventBridge when a file has arrived. */
export const ObjectCreated = z.object({ detail: z.object({ object: z.object({ key: z.string() }) }) });

/** Starts the state machine for each file that arrived; one that is running already is left alone. */
export const handler = queueFunction(ObjectCreated, async ({ detail }) => {
  const ref = importOfOriginal(detail.object.key);
  if (ref === undefined) throw new Error('The uploads bucket got an object that is no import.');
  await importDeps.machine.run(ref);
});
