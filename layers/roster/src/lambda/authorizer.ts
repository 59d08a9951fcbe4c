import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { type Level, levelsWithSecondFactor, mayCall } from '../domain/permissions.ts';
import { type Route, routes } from '../domain/routes.ts';
import type { Deps } from './deps.ts';
import { describeError, logger } from './observability.ts';

/**
 * What a function finds in `requestContext.authorizer.lambda`; all but `account` only on an organization's routes.
 * `scope` are the ids of a coordinator's departments, joined by commas: at most 50 of 26 characters.
 */
export interface AuthorizerContext {
  account: string;
  organization?: string;
  level?: Level;
  login?: string;
  scope?: string;
  /** When the session was begun by a sign-in (Unix epoch); refreshed tokens keep it. */
  signedInAtSeconds?: number;
  /** The organization requires a second factor of this level, and the account has none. */
  lacksSecondFactor?: true;
  /** All data of the organization is being dropped. */
  isDropping?: true;
  /** The call is of a feature that the organization has switched off. */
  lacksFeature?: true;
}

/** An HTTP API's simple response; the gateway answers a refusal with 403. */
export type Verdict = { isAuthorized: false } | { isAuthorized: true; context: AuthorizerContext };

type AuthorizerDeps = Pick<Deps, 'tokens' | 'accounts'>;
type AuthorizerEvent = Pick<APIGatewayRequestAuthorizerEventV2, 'routeKey' | 'headers' | 'pathParameters'>;

const refused: Verdict = { isAuthorized: false };
const byRouteKey = new Map<string, Route>(
  Object.values<Route>(routes).map((route) => [`${route.method} ${route.path}`, route]),
);

/**
 * Makes the authorizer. It believes an access token only together with the account and the membership as they are
 * stored this moment (design section 4), so a disable or a sign-out takes effect on the next request.
 */
export function authorizerFunction(deps: AuthorizerDeps) {
  return middy<AuthorizerEvent, Verdict>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(async (event: AuthorizerEvent): Promise<Verdict> => {
      try {
        return await judge(deps, event);
      } catch (error) {
        // Not "refused": the gateway answers 500 to a thrown error, and an alarm counts it.
        logger.error('The authorizer failed', { fault: describeError(error) });
        throw error;
      }
    });
}

/** Decides on one request. @throws what the table or the token issuer failed with, never a refusal */
export async function judge(deps: AuthorizerDeps, event: AuthorizerEvent): Promise<Verdict> {
  const route = byRouteKey.get(event.routeKey);
  const token = /^Bearer +(\S+)$/i.exec(event.headers?.authorization ?? '')?.[1];
  if (route === undefined || token === undefined) return refused;
  const claims = await deps.tokens(token);
  if (claims === undefined) return refused;

  const wanted = event.pathParameters?.org;
  const standing = await deps.accounts.standing(claims.account, wanted);
  const { account, membership, requiresSecondFactor, isDropping, featuresOff } = standing;
  if (account === undefined || claims.issuedAtSeconds < account.tokensValidFromSeconds) return refused;
  if (route.access === 'account' || route.access === 'public') {
    return { isAuthorized: true, context: { account: account.account } };
  }
  if (membership === undefined || membership.state !== 'enabled') return refused;
  if (claims.issuedAtSeconds < membership.tokensValidFromSeconds) return refused;
  const { organization, level, login, scope } = membership;
  if (!mayCall(level, { access: route.access, scoped: route.scoped })) return refused;
  const bounds = scope === undefined ? {} : { scope: scope.join() };
  const { signedInAtSeconds } = claims;
  const signedIn = signedInAtSeconds === undefined ? {} : { signedInAtSeconds };
  const isOff = route.feature !== undefined && featuresOff?.includes(route.feature) === true;
  const closed = {
    ...(isDropping === true && { isDropping }),
    ...(isOff && { lacksFeature: true as const }),
  };
  const context = {
    account: account.account,
    organization,
    level,
    login,
    ...bounds,
    ...signedIn,
    ...closed,
  };
  const isRequired = requiresSecondFactor === true && levelsWithSecondFactor.includes(level);
  if (!isRequired || account.secondFactor === true) return { isAuthorized: true, context };
  // Let through as far as the function's frame, which can say why it is refused; the gateway cannot.
  return { isAuthorized: true, context: { ...context, lacksSecondFactor: true } };
}
