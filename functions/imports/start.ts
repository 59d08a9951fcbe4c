import { importDeps } from 'roster/lambda/import-deps';
import { ObjectCreated } from 'roster/lambda/object-created';
import { queueFunction } from 'roster/lambda/queue';
import { importOfOriginal } from 'roster/pipeline/work-files';

/** Starts the state machine for each file that arrived; one that is running already is left alone. */
export const handler = queueFunction(ObjectCreated, async ({ detail }) => {
  const ref = importOfOriginal(detail.object.key);
  if (ref === undefined) throw new Error('The uploads bucket got an object that is no import.');
  await importDeps.machine.run(ref);
});
