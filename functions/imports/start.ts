import { takeDelivery } from 'roster/lambda/feed-delivery';
import { importDeps } from 'roster/lambda/import-deps';
import { ObjectCreated } from 'roster/lambda/object-created';
import { queueFunction } from 'roster/lambda/queue';
import { deliveryOfKey, importOfOriginal } from 'roster/pipeline/work-files';

/**
 * Starts the state machine for each file that arrived; one that is running already is left alone. What a feed delivered
 * becomes an import first, whose file then arrives.
 */
export const handler = queueFunction(ObjectCreated, async ({ detail }) => {
  const { key, etag, sequencer } = detail.object;
  const delivery = deliveryOfKey(key);
  if (delivery !== undefined) return takeDelivery(importDeps, { ...delivery, etag, sequencer });
  const ref = importOfOriginal(key);
  if (ref === undefined) throw new Error('The uploads bucket got an object that is no import.');
  await importDeps.machine.run(ref);
});
