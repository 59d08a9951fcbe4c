import createClient, { type FetchResponse } from 'openapi-fetch';
import { recentSignIn } from '../session/recentSignIn.ts';
import { session } from '../session/session.ts';
import { isProblemOf, type ProblemCode, problemOf, Unreachable } from './problem.ts';
import type { paths } from './schema.ts';

/**
 * The API, typed by its own description. Calls carry the session's access token; unsafe ones an `Idempotency-Key`, so
 * that one which got lost on the way is sent again without doing anything twice.
 */
export const api = createClient<paths>({
  // Asked for at each call, so that it is there whatever runs this module.
  baseUrl: globalThis.location?.origin,
  fetch: sendAsMe,
  querySerializer: { array: { style: 'form', explode: true } },
});

/** As {@link api}, for the calls that anybody may make. */
export const anonymousApi = createClient<paths>({
  baseUrl: globalThis.location?.origin,
  fetch: (request) => sendOnce(request),
});

/** What a call answered. @throws ApiProblem, Unreachable */
export async function answer<T extends Record<string | number, unknown>, O, M extends `${string}/${string}`>(
  call: Promise<FetchResponse<T, O, M>>,
): Promise<NonNullable<FetchResponse<T, O, M>['data']>> {
  const { data, error, response } = await call;
  if (error !== undefined || !response.ok) throw problemOf(response, error);
  return data as NonNullable<typeof data>;
}

/** The header by which an update is refused if somebody changed the thing since this version was read. */
export function ifMatch(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` };
}

const waitsMs = [300, 1_200];

async function sendAsMe(request: Request): Promise<Response> {
  const isSafe = request.method === 'GET';
  if (!isSafe) request.headers.set('idempotency-key', crypto.randomUUID());
  const answered = await sendOrRefresh(request, isSafe ? [] : waitsMs);
  // Nothing was done yet, so the very same call is sent once the password was given.
  const goesOn = (await isSignInTooOld(answered)) && (await recentSignIn.ask());
  return goesOn ? sendOrRefresh(request, []) : answered;
}

async function sendOrRefresh(request: Request, waits: readonly number[]): Promise<Response> {
  const answered = await sendWithToken(request, waits);
  if (!(await isTokenRefused(answered))) return answered;
  await session.refresh();
  return sendWithToken(request, []);
}

/** Sends, and again after each of the waits if the API was not reached. Queries are repeated by who asks. */
async function sendWithToken(request: Request, [wait, ...waits]: readonly number[]): Promise<Response> {
  const copy = request.clone();
  copy.headers.set('authorization', `Bearer ${await session.token()}`);
  try {
    return await sendOnce(copy);
  } catch (error) {
    if (!(error instanceof Unreachable) || wait === undefined) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, wait));
  return sendWithToken(request, waits);
}

async function sendOnce(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new Unreachable('', { cause });
  }
}

/**
 * The gateway refuses a token with 403 and no problem: an HTTP API cannot word it otherwise. A 401 with another code is of
 * what was sent, as a wrong password, which a second attempt would only count twice.
 */
async function isTokenRefused(response: Response): Promise<boolean> {
  if (response.status !== 401 && response.status !== 403) return false;
  return !hasProblem(response) || (await isOf(response, 'unauthenticated'));
}

async function isSignInTooOld(response: Response): Promise<boolean> {
  return response.status === 403 && hasProblem(response) && isOf(response, 'recent_sign_in_required');
}

async function isOf(response: Response, code: ProblemCode): Promise<boolean> {
  return isProblemOf(problemOf(response, await response.clone().json()), code);
}

function hasProblem({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('application/problem+json') === true;
}
