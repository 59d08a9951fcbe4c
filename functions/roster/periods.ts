import { enforcePeriods } from 'roster/lambda/active-periods';
import { deps } from 'roster/lambda/deps';

/** Disables and enables members whose active period ended or began; called by a schedule. */
export const handler = () => enforcePeriods(deps);
