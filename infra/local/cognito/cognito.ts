import type { Challenges } from './challenges.ts';
import type { Lockout } from './lockout.ts';
import type { Pools } from './pools.ts';
import type { Tokens } from './tokens.ts';
import type { Users } from './users.ts';

/** What the operations work on. */
export interface Cognito {
  clock: () => Date;
  region: string;
  pools: Pools;
  users: Users;
  tokens: Tokens;
  challenges: Challenges;
  lockout: Lockout;
}
