import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import * as z from 'zod';
import type { Cognito } from './cognito.ts';
import { invalidParameter } from './errors.ts';
import { type Operation, operation, optional, poolIdSchema } from './operation.ts';
import type { User, Users } from './users.ts';

/** A user as AdminCreateUser and ListUsers answer it; times in seconds since 1970, as AWS JSON has them. */
export function describeUser(users: Users, user: User, attributesToGet?: string[]): object {
  const attributes = users.attributes(user);
  return {
    Username: user.username,
    Attributes: attributesToGet
      ? attributes.filter(({ Name }) => attributesToGet.includes(Name))
      : attributes,
    UserCreateDate: user.createdAt / 1000,
    UserLastModifiedDate: user.modifiedAt / 1000,
    Enabled: user.enabled === 1,
    UserStatus: user.status,
  };
}

const columns: Readonly<Record<string, string>> = {
  username: 'username',
  sub: 'sub',
  'cognito:user_status': 'status',
};
const searchable = new Set([
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
]);

/** A condition on `users u`, in SQL with its parameters. */
interface Condition {
  sql: string;
  values: SQLInputValue[];
}

/**
 * A ListUsers filter, `name = "value"` or `name ^= "prefix"`, each answered from an index.
 *
 * Source: https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-listusers-api-examples
 */
function parseFilter(filter: string): Condition {
  const parsed = /^\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/s.exec(filter);
  const [, name = '', operator = '', quoted = ''] = parsed ?? [];
  const value = quoted.replaceAll(/\\(.)/gs, '$1');
  const column = columns[name];
  if (name === 'status') return { sql: 'u.enabled = ?', values: [enabledOf(value, operator)] };
  if (column) return compare(`u.${column}`, operator, column === 'status' ? value.toUpperCase() : value);
  if (!searchable.has(name)) throw invalidParameter('Error while parsing filter.');
  const attribute = compare('a.value', operator, value);
  const sql = `u.id IN (SELECT a.user FROM attributes a WHERE a.pool = u.pool AND a.name = ? AND ${attribute.sql})`;
  return { sql, values: [name, ...attribute.values] };
}

function compare(column: string, operator: string, value: string): Condition {
  if (operator === '=') return { sql: `${column} = ?`, values: [value] };
  return { sql: `${column} >= ? AND ${column} < ?`, values: [value, `${value}\u{10ffff}`] };
}

/** 1, 0, or -1 that no user has. */
function enabledOf(value: string, operator: string): number {
  const given = value.toLowerCase();
  const matches = (name: string) => (operator === '=' ? name === given : name.startsWith(given));
  return matches('enabled') ? 1 : matches('disabled') ? 0 : -1;
}

const pageMax = 60;

/** The token of the page after a user; good for the same filter only. */
const tokenOf = (after: number, filter: string) =>
  Buffer.from(JSON.stringify({ after, filter })).toString('base64url');
const tokenSchema = z.object({ after: z.int(), filter: z.string() });

function afterOf(token: string | undefined, filter: string): number {
  if (token === undefined) return 0;
  const parsed = z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('no JSON');
        return z.NEVER;
      }
    })
    .pipe(tokenSchema)
    .safeParse(Buffer.from(token, 'base64url').toString());
  if (!parsed.success || parsed.data.filter !== filter) throw invalidParameter('Invalid pagination token.');
  return parsed.data.after;
}

/** ListUsers: in the order of creation. */
export function listUsers(cognito: Cognito, database: DatabaseSync): Operation {
  const input = z.object({
    UserPoolId: poolIdSchema,
    Filter: optional(z.string().max(256)),
    Limit: optional(z.int().min(0).max(pageMax)),
    PaginationToken: optional(z.string().min(1)),
    AttributesToGet: optional(z.array(z.string())),
  });
  return operation(input, ({ UserPoolId, Filter = '', Limit, PaginationToken, AttributesToGet }) => {
    const pool = cognito.pools.get(UserPoolId);
    const limit = Limit || pageMax;
    const condition: Condition = Filter.trim() ? parseFilter(Filter) : { sql: 'TRUE', values: [] };
    const rows = database
      .prepare(
        `SELECT u.* FROM users u WHERE u.pool = ? AND u.id > ? AND ${condition.sql} ORDER BY u.id LIMIT ?`,
      )
      .all(pool.id, afterOf(PaginationToken, Filter), ...condition.values, limit + 1) as unknown as User[];
    const page = rows.slice(0, limit);
    return {
      Users: page.map((user) => describeUser(cognito.users, user, AttributesToGet)),
      ...(rows.length > limit ? { PaginationToken: tokenOf(page.at(-1)?.id ?? 0, Filter) } : {}),
    };
  });
}
