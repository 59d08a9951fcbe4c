import { openApiDocument } from 'roster/domain/openapi';
import { featuresOf } from 'roster/domain/organization';
import { permissionsOf } from 'roster/domain/permissions';
import { version } from 'roster/domain/version';
import { type Deps, deps } from 'roster/lambda/deps';
import { env, readEnv } from 'roster/lambda/env';
import { type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { limitedProof, limitedSignIn } from 'roster/lambda/limited';
import {
  beginSecondFactor,
  changePassword,
  confirmSecondFactor,
  dropSecondFactor,
} from 'roster/lambda/own-account';
import {
  forgotten,
  keptLonger,
  requireOwnPage,
  sessionReply,
  tokenOfCookie,
} from 'roster/lambda/session-cookie';
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

  async signIn({ body: { cookie, ...body }, origin, browser }, all) {
    if (cookie) requireOwnPage(browser);
    return sessionReply(await limitedSignIn(all, origin, body, () => signIn(all, body)), cookie);
  },

  async answerChallenge({ body: { cookie, ...body }, origin, browser }, all) {
    if (cookie) requireOwnPage(browser);
    return sessionReply(await limitedSignIn(all, origin, body, () => answerChallenge(all, body)), cookie);
  },

  async refreshSession({ body, browser }, { identity }) {
    if ('refreshToken' in body) return { status: 200, body: await identity.refresh(body.refreshToken) };
    const token = tokenOfCookie(browser);
    const { refreshToken = token, ...tokens } = await identity.refresh(token);
    return { status: 200, body: tokens, cookies: keptLonger(refreshToken) };
  },

  async signOut({ caller }, all) {
    await signOutEverywhere(all, caller.account);
    return { status: 204, cookies: forgotten };
  },

  async me({ caller: { account } }, { accounts, organizations }) {
    const enabled = (await accounts.memberships(account)).filter(({ state }) => state === 'enabled');
    const known = await organizations.several(enabled.map(({ organization }) => organization));
    const memberships = enabled.map(({ organization, level, scope, login }) => ({
      organization,
      name: known.get(organization)?.name ?? organization,
      level,
      ...(scope && { departments: scope }),
      login,
      permissions: [...permissionsOf[level]],
      features: featuresOf(known.get(organization) ?? {}),
    }));
    const { account: own } = await accounts.standing(account);
    return { status: 200, body: { account, secondFactor: own?.secondFactor === true, memberships } };
  },

  async changePassword({ body: { cookie, ...body }, browser, ...call }, all) {
    if (cookie) requireOwnPage(browser);
    const work = () => changePassword(all, call, body);
    return sessionReply(await limitedProof(all, call, work), cookie);
  },

  async beginSecondFactor(call, all) {
    return { status: 200, body: await beginSecondFactor(all, call) };
  },

  async confirmSecondFactor(call, all) {
    await limitedProof(all, call, () => confirmSecondFactor(all, call, call.body.code));
    return { status: 204 };
  },

  async dropSecondFactor(call, all) {
    await limitedProof(all, call, () => dropSecondFactor(all, call, call.body.password));
    return { status: 204 };
  },
};

/** Sessions, the signed-in account, and what a client needs to know before it signs in. */
export const handler = httpFunction('access', handlers, deps);
