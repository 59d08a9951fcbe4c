import type { Column } from 'roster/domain/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, startTestCloud, type Tenant, type TestCloud } from '../support/cloud.ts';

const columns: Column[] = [{ name: 'ID', type: 'text', role: 'externalId', required: true }];

let test: TestCloud;
let club: Tenant;
beforeAll(async () => {
  test = await startTestCloud();
  club = await newTenant(test.cloud, 'Chess Club', columns);
});
afterAll(() => test?.close());

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${test.cloud.apiUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
const credentials = () => ({ organization: club.organization, login: club.login, password: club.password });
/** `name=value` of the cookie that an answer sets, and its attributes. */
function cookieOf(answer: Response): { pair: string; attributes: string[] } {
  const [pair, ...attributes] = answer.headers.getSetCookie()[0]!.split('; ');
  return { pair: pair!, attributes };
}

describe('a session in a cookie', () => {
  it('is begun and refreshed without its refresh token being in any body', async () => {
    const begun = await post('/sessions', { ...credentials(), cookie: true });
    expect(begun.status).toBe(200);
    expect(Object.keys(await begun.json()).sort()).toEqual(['accessToken', 'expiresInSeconds']);
    const { pair, attributes } = cookieOf(begun);
    expect(attributes).toEqual(
      expect.arrayContaining(['Path=/api/v1/sessions', 'HttpOnly', 'Secure', 'SameSite=Strict']),
    );
    const refreshed = await post('/sessions/refresh', { cookie: true }, { cookie: `other=1; ${pair}` });
    expect(refreshed.status).toBe(200);
    const { accessToken, ...rest } = (await refreshed.json()) as Record<string, unknown>;
    expect(Object.keys(rest)).toEqual(['expiresInSeconds']);
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await fetch(`${test.cloud.apiUrl}/me`, { headers })).status).toBe(200);
    expect(cookieOf(refreshed).pair).toBe(pair);
  });

  it('is not there for who has no cookie', async () => {
    const answer = await post('/sessions/refresh', { cookie: true });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'invalid_session' });
  });

  it.each(['cross-site', 'same-site', 'none'])(
    'is for pages of this origin, not of one that is %s',
    async (site) => {
      const foreign = { 'sec-fetch-site': site };
      const begun = await post('/sessions', { ...credentials(), cookie: true }, foreign);
      expect([begun.status, begun.headers.getSetCookie()]).toEqual([403, []]);
      const own = await post(
        '/sessions',
        { ...credentials(), cookie: true },
        { 'sec-fetch-site': 'same-origin' },
      );
      const { pair } = cookieOf(own);
      const refreshed = await post('/sessions/refresh', { cookie: true }, { ...foreign, cookie: pair });
      expect([refreshed.status, (await refreshed.json()).code]).toEqual([403, 'forbidden']);
    },
  );

  it('ends with signing out: the browser forgets it, and it is good no more', async () => {
    const begun = await post('/sessions', { ...credentials(), cookie: true });
    const { pair } = cookieOf(begun);
    const { accessToken } = (await begun.json()) as { accessToken: string };
    const ended = await fetch(`${test.cloud.apiUrl}/sessions`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(ended.status).toBe(204);
    expect(cookieOf(ended).attributes).toContain('Max-Age=0');
    const refreshed = await post('/sessions/refresh', { cookie: true }, { cookie: pair });
    expect([refreshed.status, (await refreshed.json()).code]).toEqual([401, 'invalid_session']);
  });

  it('is begun anew with another password, for pages of this origin alone', async () => {
    const own = await newTenant(test.cloud, 'Own Club');
    const who = { organization: own.organization, login: own.login };
    const begun = await post('/sessions', { ...who, password: own.password, cookie: true });
    const { accessToken } = (await begun.json()) as { accessToken: string };
    const change = { currentPassword: own.password, newPassword: 'Another-Password-2027', cookie: true };
    const bearer = { authorization: `Bearer ${accessToken}` };
    const foreign = await post('/me/password', change, { ...bearer, 'sec-fetch-site': 'same-site' });
    expect([foreign.status, foreign.headers.getSetCookie()]).toEqual([403, []]);
    const changed = await post('/me/password', change, { ...bearer, 'sec-fetch-site': 'same-origin' });
    expect(Object.keys(await changed.json()).sort()).toEqual(['accessToken', 'expiresInSeconds']);
    const refresh = (answer: Response) =>
      post('/sessions/refresh', { cookie: true }, { cookie: cookieOf(answer).pair });
    expect((await refresh(begun)).status).toBe(401);
    expect((await refresh(changed)).status).toBe(200);
  });

  it('is only for who asks: others get the refresh token, and no cookie', async () => {
    const begun = await post('/sessions', credentials());
    expect(begun.headers.getSetCookie()).toEqual([]);
    const { refreshToken } = (await begun.json()) as { refreshToken: string };
    const refreshed = await post('/sessions/refresh', { refreshToken });
    expect([refreshed.status, refreshed.headers.getSetCookie()]).toEqual([200, []]);
  });
});
