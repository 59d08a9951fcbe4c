import { deps } from 'roster/lambda/deps';
import { AccountChanged, followMemberships, pacer } from 'roster/lambda/follow-memberships';
import { queueFunction } from 'roster/lambda/queue';

/** Two of these run at once (infra/constructs/account-queue.ts): 20 updates a second of the 25 that Cognito takes. */
const turn = pacer(100);

/** Lets the user pool follow the memberships of an account. */
export const handler = queueFunction(
  AccountChanged,
  async ({ account }) => {
    await followMemberships(deps, account, turn);
  },
  { inTurn: true },
);
