/**
 * The HTTP API, for one page. Tokens are in memory only and end with the page; a POST that changes something is sent
 * only when a person presses a button.
 */
const api = '/api/v1';

/**
 * A refusal: `code` is the API's, or `session` where the session is over, or undefined where there was no word; `places`
 * name parts of what was sent.
 */
export class Refusal extends Error {
  constructor(status, problem = {}) {
    super(`${status} ${problem.code ?? ''}`);
    this.status = status;
    this.code = problem.code ?? (status === 401 ? 'session' : undefined);
    this.places = problem.places ?? [];
  }
}

/** Who is signed in: `organization` and `login` as typed, and the tokens. */
let session;

export const signedInAs = () => session;
export function keepSession(next) {
  session = next;
}

async function send(method, path, body) {
  const headers = { accept: 'application/json' };
  if (session) headers.authorization = `Bearer ${session.tokens.accessToken}`;
  if (body) headers['content-type'] = 'application/json';
  return fetch(api + path, { method, headers, cache: 'no-store', body: body && JSON.stringify(body) });
}

/** The gateway refuses an expired token with 403 and no problem: an HTTP API cannot word it otherwise. */
const isTokenRefused = ({ status, headers }) =>
  status === 403 && !headers.get('content-type')?.startsWith('application/problem+json');

/**
 * Calls the API; undefined where the answer is empty or not JSON.
 * @throws {Refusal}
 * @throws {TypeError} if it cannot be reached
 */
export async function call(method, path, body) {
  let response = await send(method, path, body);
  if (session && isTokenRefused(response)) {
    await refresh();
    response = await send(method, path, body);
  }
  const text = await response.text();
  if (!response.ok) throw new Refusal(response.status, parsed(text));
  return parsed(text);
}

async function refresh() {
  const { tokens, ...who } = session;
  session = undefined;
  const answer = await send('POST', '/sessions/refresh', { refreshToken: tokens.refreshToken });
  if (!answer.ok) throw new Refusal(401);
  session = { ...who, tokens: { ...tokens, ...(await answer.json()) } };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
