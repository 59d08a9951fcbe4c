import { sweepPeriods } from 'roster/lambda/active-periods';
import { deps } from 'roster/lambda/deps';

/** Disables and enables members whose active period ended or began, and tells of those that end; called by a schedule. */
export const handler = () => sweepPeriods(deps);
