import type { Origin, Reply, ViewerRequest } from './http.ts';
import { type ResponseHeadersConfig, responseHeadersPolicy } from './responseHeaders.ts';

/** A cache behaviour of the template, as far as it decides where a request goes and what comes back. */
export interface BehaviourConfig {
  PathPattern?: string;
  TargetOriginId: string;
  AllowedMethods?: string[];
  ResponseHeadersPolicyId?: string;
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
  headers(headers: Reply['headers']): Reply['headers'];
}

/**
 * A CloudFront distribution without its cache: behaviours in order, default root object, error pages, response headers.
 *
 * @param originOf the hosted origin behind a domain name; throws for one that is not hosted
 * @param policies response headers policies of the template by id
 */
export function createDistribution(
  config: DistributionConfig,
  originOf: (domainName: string) => Origin,
  policies: ReadonlyMap<string, ResponseHeadersConfig>,
): Origin {
  const behaviours = [...(config.CacheBehaviors ?? []), config.DefaultCacheBehavior].map((behaviour) =>
    createBehaviour(behaviour, config, originOf, policies),
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
    const reply = await errorPage(await behaviour.origin({ ...request, path }), request);
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
    headers: responseHeadersPolicy(policy),
  };
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
