/** Reads a request of the gateway (payload format 2.0) by the schemas of its route. */
import { isIP } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import type { AuditActor } from '../domain/audit.ts';
import { dropInProgress } from '../domain/drop.ts';
import { MusterError } from '../domain/errors.ts';
import { levels, mayCall } from '../domain/permissions.ts';
import type { OperationId, Route, routes } from '../domain/routes.ts';
import { placesOf } from './problem.ts';

/** An event of the gateway, with what the authorizer found out, if the route has one. */
export type HttpEvent = Omit<APIGatewayProxyEventV2, 'requestContext'> & {
  requestContext: Pick<APIGatewayProxyEventV2['requestContext'], 'requestId'> & {
    authorizer?: { lambda?: unknown };
    http?: Pick<APIGatewayProxyEventV2['requestContext']['http'], 'sourceIp'>;
  };
};

/**
 * Who calls, as the authorizer verified; `organization`, `level` and `login` only on an organization's routes, and
 * `scope` for a coordinator there: the ids of its departments; `signedInAtSeconds` is when the session was begun.
 */
export const Caller = z.object({
  account: z.string().min(1),
  organization: z.string().optional(),
  level: z.enum(levels).optional(),
  login: z.string().optional(),
  scope: z
    .string()
    .transform((ids) => ids.split(','))
    .optional(),
  signedInAtSeconds: z.int().positive().optional(),
  lacksSecondFactor: z.literal(true).optional(),
  isDropping: z.literal(true).optional(),
  lacksFeature: z.literal(true).optional(),
});
export type Caller = z.infer<typeof Caller>;
/** The caller of an organization's route. */
export type MemberCaller = Required<Pick<Caller, 'account' | 'organization' | 'level' | 'login'>> &
  Pick<Caller, 'scope' | 'signedInAtSeconds'>;

type CallerOf<O extends OperationId> = (typeof routes)[O]['access'] extends 'public'
  ? undefined
  : (typeof routes)[O]['access'] extends 'account'
    ? Caller
    : MemberCaller;
type Parsed<O extends OperationId, Part extends 'params' | 'query' | 'body'> = (typeof routes)[O] extends {
  [P in Part]: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;

/** A request that passed all checks of its route. */
export interface Call<O extends OperationId> {
  params: Parsed<O, 'params'>;
  query: Parsed<O, 'query'>;
  body: Parsed<O, 'body'>;
  caller: CallerOf<O>;
  /** Where the call came from. */
  origin: Origin;
  /** The caller's access token; a function, so that nothing that writes a call down writes the token. */
  accessToken: () => string;
  browser: Browser;
  /** The version of If-Match; -1 for an entity tag that is none of ours, which nothing matches. */
  ifMatch: number | undefined;
}

/** What a browser tells of itself, with no page's script having a say in it. */
export interface Browser {
  /** A function, so that nothing that writes a call down writes cookies. */
  cookie: (name: string) => string | undefined;
  /** `Sec-Fetch-Site`: how the page that calls is related to this origin; other clients do not send it. */
  fetchSite: string | undefined;
}

/**
 * The caller's IP address as far as it can be known, for the audit trail and for slowing guesses down, never to let
 * somebody in. `via` is the
 * address that the gateway itself saw, where that was a proxy's.
 */
export interface Origin {
  address?: string;
  via?: string;
}

/**
 * Reads where a call came from. Nobody can forge the gateway's `sourceIp`, but behind CloudFront that is an edge's.
 * `X-Forwarded-For` begins with whatever the caller wrote; CloudFront appends whom it saw, and the gateway appends
 * its own peer: so the entry before the peer's is the viewer's, and the first one is never believed. Whoever goes
 * around CloudFront to the gateway can forge that entry too; `via` then is no address of CloudFront's, which an
 * auditor sees.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
 */
export function originOf(event: Pick<HttpEvent, 'headers' | 'requestContext'>): Origin {
  const peer = event.requestContext.http?.sourceIp;
  if (peer === undefined) return {};
  const chain = (event.headers['x-forwarded-for'] ?? '').split(',').map((address) => address.trim());
  if (chain.at(-1) === peer) chain.pop();
  const viewer = chain.at(-1) ?? '';
  return isIP(viewer) === 0 ? { address: peer } : { address: viewer, via: peer };
}

/** Who makes a call, as its audit entry tells it. */
export function actorOf({ caller, origin }: { caller: MemberCaller; origin: Origin }): AuditActor {
  return { account: caller.account, login: caller.login, ...origin };
}

/** The largest body that is read, in bytes. A stored item takes 400 KB; a roster schema must fit. */
export const bodyBytesMax = 256 * 1024;

/**
 * Checks a request against its route: caller, permission, organization, path, query, body.
 * @throws MusterError `unauthenticated`, `forbidden`, `invalid_request` or `body_too_large`
 */
export function readCall(route: Route, event: HttpEvent): Call<OperationId> {
  const caller = verifiedCaller(route, event);
  const params = part(route.params, event.pathParameters ?? {}, 'path');
  const query = part(route.query, queryOf(event.rawQueryString), 'query');
  const body = route.body && part(route.body, jsonBody(event), 'body');
  const ifMatch = versionOf(event.headers['if-match']);
  const accessToken = () => bearerToken(event);
  const parts = { params, query, body, caller, origin: originOf(event), browser: browserOf(event) };
  return { ...parts, accessToken, ifMatch } as Call<OperationId>;
}

function browserOf({ cookies = [], headers }: Pick<HttpEvent, 'cookies' | 'headers'>): Browser {
  const cookie = (name: string) =>
    cookies.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  return { cookie, fetchSite: headers['sec-fetch-site'] };
}

/**
 * Defence in depth: the authorizer has decided already, but the function trusts only what it finds verified, and
 * compares the path's organization with the verified one itself.
 */
function verifiedCaller(route: Route, event: HttpEvent): Caller | undefined {
  if (route.access === 'public') return undefined;
  const parsed = Caller.safeParse(event.requestContext.authorizer?.lambda);
  if (!parsed.success) throw new MusterError('unauthenticated', 'Sign in first.');
  if (route.access === 'account') return parsed.data;
  const { organization, level } = parsed.data;
  const isOwn = organization !== undefined && organization === event.pathParameters?.org;
  const { access, scoped } = route;
  if (!isOwn || level === undefined || !mayCall(level, { access, scoped })) {
    throw new MusterError('forbidden', `This needs the permission ${route.access} in the organization.`);
  }
  const { lacksSecondFactor, isDropping, lacksFeature, ...caller } = parsed.data;
  if (lacksSecondFactor) {
    const why =
      'This organization requires a second factor of its administrators. Set one up for your account.';
    throw new MusterError('second_factor_required', why);
  }
  if (lacksFeature) {
    const why = 'This organization has switched imports and exports off. An owner can switch them on.';
    throw new MusterError('feature_disabled', why);
  }
  if (isDropping && route.method !== 'GET' && route.duringDrop !== true) throw dropInProgress();
  return caller;
}

function bearerToken({ headers }: Pick<HttpEvent, 'headers'>): string {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw new MusterError('unauthenticated', 'Sign in first.');
  return token;
}

function part<S extends z.ZodType>(schema: S | undefined, input: unknown, what: string) {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const places = placesOf(parsed.error).map(({ path, message }) => ({ path: `${what}${path}`, message }));
  throw new MusterError('invalid_request', `The ${what} of the request has faults.`, { places });
}

/** Reads the query itself: the gateway's own map joins repeated names by commas. */
function queryOf(raw: string): Record<string, string | string[]> {
  const search = new URLSearchParams(raw);
  return Object.fromEntries(
    [...new Set(search.keys())].map((name) => {
      const values = search.getAll(name);
      return [name, values.length > 1 ? values : (values[0] ?? '')];
    }),
  );
}

function jsonBody(event: HttpEvent): unknown {
  const text = bodyText(event);
  if (text === undefined || text.trim() === '') return {};
  const type = event.headers['content-type'];
  if (type !== undefined && !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new MusterError(
      'invalid_request',
      'The body must be JSON, with the content type application/json.',
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The engine's message may quote the body, which may hold a password; only the position is told.
    const position = /position \d+(?: \(line \d+ column \d+\))?/.exec(error.message)?.[0];
    const places = [{ path: 'body', message: position ? `Not JSON at ${position}.` : 'Not JSON.' }];
    throw new MusterError('invalid_request', 'The body is not JSON.', { places });
  }
}

/** The body as text, or undefined if there is none. @throws MusterError `body_too_large` */
export function bodyText(event: Pick<HttpEvent, 'body' | 'isBase64Encoded'>): string | undefined {
  if (event.body === undefined) return undefined;
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
  if (Buffer.byteLength(text) > bodyBytesMax) {
    throw new MusterError('body_too_large', `The body is larger than ${bodyBytesMax} bytes.`);
  }
  return text;
}

/** Reads an entity tag (RFC 9110, section 8.8.3). `*` matches whatever there is, as no If-Match does. */
function versionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const version = /^"(\d{1,15})"$/.exec(ifMatch.trim())?.[1];
  return version === undefined ? -1 : Number(version);
}

/**
 * Checks If-Match against the version that is there.
 * @throws MusterError `precondition_failed`
 */
export function requireVersion(ifMatch: number | undefined, version: number): void {
  if (ifMatch !== undefined && ifMatch !== version) {
    throw new MusterError('precondition_failed', 'It was changed meanwhile. Read it again and repeat.');
  }
}
