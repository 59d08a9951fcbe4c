import { authorizerFunction } from 'roster/lambda/authorizer';
import { deps } from 'roster/lambda/deps';

/** Decides on every request to a route that is not public (HTTP API, REQUEST authorizer, simple responses). */
export const handler = authorizerFunction(deps);
