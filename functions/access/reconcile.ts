import { deps } from 'roster/lambda/deps';
import { reconcileAccounts } from 'roster/lambda/reconcile-accounts';

/** Compares some accounts with the user pool and queues those that differ; called by a schedule. */
export const handler = () => reconcileAccounts(deps);
