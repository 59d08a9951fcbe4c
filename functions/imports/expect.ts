import { deps } from 'roster/lambda/deps';
import { lookForDeliveries } from 'roster/lambda/feed-expectations';

/** Tells the recipients of feeds that no file came in time; called by a schedule. */
export const handler = () => lookForDeliveries(deps);
