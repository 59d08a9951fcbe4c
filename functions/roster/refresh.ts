import { deps } from 'roster/lambda/deps';
import { directoryFunction } from 'roster/lambda/refresh-directory';

/** Makes the snapshots of directories anew in which much changed. */
export const handler = directoryFunction(deps);
