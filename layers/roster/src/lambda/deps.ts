/**
 * The composition root: every adapter a function may use, made from the environment when it is first touched and
 * kept for the life of the process. A function that does not touch one needs neither its variables nor its grants.
 */
import { ulid } from 'ulid';
import { type AccountRecords, accountRecords } from '../aws/accounts.ts';
import { type Once, onceInTable } from '../aws/idempotency.ts';
import { cognitoIdentity, type Identity } from '../aws/identity.ts';
import { type OrganizationRecords, organizationRecords } from '../aws/organizations.ts';
import { type Roster, roster } from '../aws/roster.ts';
import { createTable, type Table } from '../aws/table.ts';
import type { Clock, NewId } from '../domain/ports.ts';
import { env, readEnv } from './env.ts';
import { lazily } from './lazily.ts';
import { type TokenVerifier, tokenVerifier } from './tokens.ts';

/** What the functions of the HTTP API work with. */
export interface Deps {
  clock: Clock;
  newId: NewId;
  table: Table;
  organizations: OrganizationRecords;
  accounts: AccountRecords;
  roster: Roster;
  once: Once;
  /** Signs people in; needs the pool and its client. */
  identity: Identity;
  /** Makes and deletes accounts; needs the pool only. */
  accountMaker: Pick<Identity, 'createAccount' | 'deleteAccount'>;
  tokens: TokenVerifier;
}

/** The process's adapters. */
export const deps: Deps = lazily<Deps>({
  clock: () => () => new Date(),
  newId: () => () => ulid(),
  table: () => createTable({ tableName: readEnv(env.table).TABLE_NAME }),
  organizations: () => organizationRecords(deps.table),
  accounts: () => accountRecords(deps.table),
  roster: () => roster(deps.table),
  once: () => onceInTable(deps.table, deps.clock),
  identity: () =>
    cognitoIdentity({
      userPoolId: readEnv(env.userPool).USER_POOL_ID,
      clientId: readEnv(env.userPoolClient).USER_POOL_CLIENT_ID,
    }),
  accountMaker: () => cognitoIdentity({ userPoolId: readEnv(env.userPool).USER_POOL_ID }),
  tokens: () => {
    const { TOKEN_ISSUER, USER_POOL_CLIENT_ID } = readEnv(env.tokens);
    return tokenVerifier({ issuer: TOKEN_ISSUER, clientId: USER_POOL_CLIENT_ID });
  },
});
