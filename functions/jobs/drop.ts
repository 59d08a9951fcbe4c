import { deps } from 'roster/lambda/deps';
import { DropMessage, runDrop } from 'roster/lambda/drop-run';
import { queueFunction } from 'roster/lambda/queue';

/** Carries a drop of all data of an organization on for a while. */
export const handler = queueFunction(DropMessage, (ref, delivery) => runDrop(deps, ref, delivery));
