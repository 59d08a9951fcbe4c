import { BulkMessage } from 'roster/lambda/bulk-run';
import { deps } from 'roster/lambda/deps';
import { runExport } from 'roster/lambda/export-run';
import { queueFunction } from 'roster/lambda/queue';

/** Carries an export of the roster on by one step. */
export const handler = queueFunction(BulkMessage, (ref, delivery) => runExport(deps, ref, delivery));
