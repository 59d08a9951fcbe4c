import { createOrganization } from 'roster/lambda/create-organization';
import { deps } from 'roster/lambda/deps';

/** Makes an organization with its owner; invoked by the operator, not over HTTP. Its answer holds a password. */
export const handler = (event: unknown) => createOrganization(deps, event);
