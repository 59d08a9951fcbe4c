import type { Origin, Reply, ViewerRequest } from './http.ts';
import { type ResponseHeadersConfig, responseHeadersPolicy } from './responseHeaders.ts';
import type { ViewerFunction } from './viewerFunction.ts';

/** A cache behaviour of the template, as far as it decides where a request goes and what comes back. */
export interface BehaviourConfig {
  PathPattern?: string;
  TargetOriginId: string;
  AllowedMethods?: string[];
  ResponseHeadersPolicyId?: string;
  FunctionAssociations?: { EventType: string; FunctionARN: string }[];
}

/** `DistributionConfig` of an `AWS::CloudFront::Distribution`. */
export interface DistributionConfig {
  DefaultRootObject?: string;
  DefaultCacheBehavior: BehaviourConfig;
  CacheBehaviors?: BehaviourConfig[];
  CustomErrorResponses?: { ErrorCode: number; ResponseCode?: number; ResponsePagePath?: string }[];
  Origins: { Id: string; DomainName: string; OriginPath?: string }[];
}

interface Behaviour {
  matches(path: string): boolean;
  methods: Set<string>;
  origin: Origin;
  /** The path that the origin is asked for. */
  route: ViewerFunction;
  headers(headers: Reply['headers']): Reply['headers'];
}

/**
 * A CloudFront distribution without its cache: behaviours in order, default root object, error pages, response headers.
 *
 * @param originOf the hosted origin behind a domain name; throws for one that is not hosted
 * @param policies response headers policies of the template by id
 * @param functions CloudFront functions of the template by ARN
 */
export function createDistribution(
  config: DistributionConfig,
  originOf: (domainName: string) => Origin,
  policies: ReadonlyMap<string, ResponseHeadersConfig>,
  functions: ReadonlyMap<string, ViewerFunction> = new Map(),
): Origin {
  const behaviours = [...(config.CacheBehaviors ?? []), config.DefaultCacheBehavior].map((behaviour) =>
    createBehaviour(behaviour, config, originOf, policies, functions),
  );
  const behaviourOf = (path: string) => behaviours.find((behaviour) => behaviour.matches(path))!;

  async function errorPage(reply: Reply, request: ViewerRequest): Promise<Reply> {
    const page = config.CustomErrorResponses?.find(({ ErrorCode }) => ErrorCode === reply.status);
    if (!page?.ResponsePagePath) return reply;
    const path = page.ResponsePagePath;
    const body = await behaviourOf(path).origin({ ...request, method: 'GET', path, query: '' });
    return body.status === 200 ? { ...body, status: page.ResponseCode ?? reply.status } : reply;
  }

  return async (request) => {
    const path =
      request.path === '/' && config.DefaultRootObject ? `/${config.DefaultRootObject}` : request.path;
    const behaviour = behaviourOf(path);
    if (!behaviour.methods.has(request.method)) return forbiddenMethod;
    const target = { ...request, path: behaviour.route({ ...request, path }) };
    const reply = await errorPage(await behaviour.origin(target), request);
    return { ...reply, headers: behaviour.headers(reply.headers) };
  };
}

/** CloudFront's own answer to a method that the behaviour does not allow. */
const forbiddenMethod: Reply = {
  status: 403,
  headers: { 'content-type': 'text/html' },
  body: '<h1>403 ERROR</h1><p>This distribution is not configured to allow the HTTP request method.</p>',
};

function createBehaviour(
  behaviour: BehaviourConfig,
  config: DistributionConfig,
  originOf: (domainName: string) => Origin,
  policies: ReadonlyMap<string, ResponseHeadersConfig>,
  functions: ReadonlyMap<string, ViewerFunction>,
): Behaviour {
  const target = config.Origins.find(({ Id }) => Id === behaviour.TargetOriginId);
  if (!target) throw new Error(`The distribution has no origin ${behaviour.TargetOriginId}`);
  const hosted = originOf(target.DomainName);
  const policyId = behaviour.ResponseHeadersPolicyId;
  const policy = policyId === undefined ? {} : policies.get(policyId);
  if (!policy)
    throw new Error(
      `No response headers policy ${policyId} in the template; managed ones are not known here`,
    );
  const prefix = target.OriginPath ?? '';
  return {
    matches: pathMatcher(behaviour.PathPattern ?? '*'),
    methods: new Set(behaviour.AllowedMethods ?? ['GET', 'HEAD']),
    origin: prefix === '' ? hosted : (request) => hosted({ ...request, path: prefix + request.path }),
    route: routeOf(behaviour, functions),
    headers: responseHeadersPolicy(policy),
  };
}

function routeOf(
  { FunctionAssociations: associations = [] }: BehaviourConfig,
  functions: ReadonlyMap<string, ViewerFunction>,
): ViewerFunction {
  const [association] = associations;
  if (!association) return ({ path }) => path;
  const found = functions.get(association.FunctionARN);
  if (associations.length > 1 || association.EventType !== 'viewer-request' || !found) {
    throw new Error("Only one CloudFront function of the template, for viewers' requests, is hosted");
  }
  return found;
}

/** `*` is any number of characters, `?` exactly one; the slash at the start may be left out. */
function pathMatcher(pattern: string): (path: string) => boolean {
  const source = pattern
    .replace(/^\//, '')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^/?${source}$`, 's');
  return (path) => expression.test(path);
}
