/** Calls of an organization over HTTP, and people on its roster who are signed in. */
import { MusterClient } from '../../commands/client.ts';
import type { Tenant } from './cloud.ts';

export interface Answer {
  status: number;
  etag: string | null;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into answers of every shape
  body: any;
}

/** Calls a path below the organization. */
export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Somebody's way to call an organization. */
export function asking(client: MusterClient, organization: string): Ask {
  return async (method, path, body, headers = {}) => {
    const options = { ...(body !== undefined && { body }), headers };
    const response = await client.send(method, `${client.in(organization)}${path}`, options);
    const text = await response.text();
    const isJson = text.startsWith('{');
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  };
}

/** The password that everybody chooses. */
export const ownPassword = 'Own-Password-2026';

/** Signs a member in with its one-time password, and chooses the own one. */
export async function firstSignIn(
  url: string,
  { organization }: Pick<Tenant, 'organization'>,
  login: string,
  oneTimePassword: string,
): Promise<MusterClient> {
  const client = new MusterClient(url);
  const credentials = { organization, login };
  const asked = await client.signIn({ ...credentials, password: oneTimePassword }).catch((error) => error);
  await client.answerChallenge(asked.session, { ...credentials, password: ownPassword });
  return client;
}

/** What a member with an account is made of. */
export interface PersonInput {
  level?: string;
  /** The scope of a coordinator. */
  scope?: string[];
  /** Where the member is on the roster. */
  departments?: string[];
}

/** Adds a member whose id is its username, and signs it in. */
export async function person(
  url: string,
  { client, organization }: Tenant,
  id: string,
  { level, scope, departments = [] }: PersonInput = {},
): Promise<{ ask: Ask; client: MusterClient }> {
  const access = { username: id, ...(level && { level }), ...(scope && { departments: scope }) };
  const ask = asking(client, organization);
  const made = await ask('POST', '/members', { values: { ID: id }, departments, account: access });
  if (made.status !== 201) throw new Error(`${id} was not made: ${made.text}`);
  const own = await firstSignIn(url, { organization }, id, made.body.oneTimePassword);
  return { ask: asking(own, organization), client: own };
}
