import { openApiDocument } from 'roster/domain/openapi';
import { permissionsOf } from 'roster/domain/permissions';
import { version } from 'roster/domain/version';
import { type Deps, deps } from 'roster/lambda/deps';
import { env, readEnv } from 'roster/lambda/env';
import { type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { answerChallenge, signIn, signOutEverywhere } from 'roster/lambda/sessions';

const cached = { 'cache-control': 'public, max-age=60' };
let openapi: string | undefined;

const handlers: HttpHandlers<'access', Deps> = {
  async config() {
    const { STAGE: stage, AWS_REGION: region } = readEnv(env.stage);
    // One origin serves the page and the API, so the API's address is relative to it.
    return { status: 200, headers: cached, body: { apiUrl: '/api/v1', region, stage, version } };
  },

  async openapi() {
    openapi ??= JSON.stringify(openApiDocument());
    return { status: 200, headers: cached, json: openapi };
  },

  async signIn({ body }, all) {
    return { status: 200, body: await signIn(all, body) };
  },

  async answerChallenge({ body }, all) {
    return { status: 200, body: await answerChallenge(all, body) };
  },

  async refreshSession({ body }, { identity }) {
    return { status: 200, body: await identity.refresh(body.refreshToken) };
  },

  async signOut({ caller }, all) {
    await signOutEverywhere(all, caller.account);
    return { status: 204 };
  },

  async me({ caller: { account } }, { accounts, organizations }) {
    const enabled = (await accounts.memberships(account)).filter(({ state }) => state === 'enabled');
    const names = await organizations.names(enabled.map(({ organization }) => organization));
    const memberships = enabled.map(({ organization, level, scope, login }) => ({
      organization,
      name: names.get(organization) ?? organization,
      level,
      ...(scope && { departments: scope }),
      login,
      permissions: [...permissionsOf[level]],
    }));
    return { status: 200, body: { account, memberships } };
  },
};

/** Sessions, the signed-in account, and what a client needs to know before it signs in. */
export const handler = httpFunction('access', handlers, deps);
