import { createHttpApi, type HttpApiSpec, type RouteSpec } from '../gateway/api.ts';
import type { AuthorizerSpec } from '../gateway/authorizer.ts';
import type { CorsConfiguration } from '../gateway/cors.ts';
import { createDistribution, type DistributionConfig } from '../gateway/distribution.ts';
import type { Origin } from '../gateway/http.ts';
import type { ResponseHeadersConfig } from '../gateway/responseHeaders.ts';
import { createSite, type SiteSource } from '../gateway/site.ts';
import { viewerFunction } from '../gateway/viewerFunction.ts';
import type { HostedResource, Inventory } from '../inventory.ts';
import type { Invoke } from '../invoke.ts';
import { type Environment, TemplateError } from '../template.ts';

/** What the web's parts are made with. */
export interface WebOptions extends Environment {
  inventory: Inventory;
  invoke: Invoke;
  /** `host:port` that serves an API. */
  hostOf(resource: HostedResource): string;
  onError(routeKey: string, error: unknown): void;
}

/** An origin and the resource that declares it. */
export interface WebPart {
  resource: HostedResource;
  origin: Origin;
}

/** The HTTP APIs of the app. @throws TemplateError for what they use and nobody hosts */
export function httpApis(options: WebOptions): WebPart[] {
  return options.inventory.ofType('AWS::ApiGatewayV2::Api').map((api) => {
    const spec = httpApiSpec(api, options);
    return { resource: api, origin: createHttpApi(spec, options.invoke, options.onError) };
  });
}

/** The distributions of the app, in front of its APIs and its site buckets. @throws TemplateError as above */
export function distributions(options: WebOptions, apis: WebPart[]): WebPart[] {
  const { inventory } = options;
  const origins = new Map<string, Origin>();
  for (const { resource, origin } of apis) {
    origins.set(options.hostOf(resource), origin);
    origins.set(`${resource.ref}.execute-api.${options.region}.amazonaws.com`, origin);
  }
  for (const bucket of inventory.ofType('AWS::S3::Bucket')) {
    const site = createSite(siteSources(inventory, bucket));
    for (const name of ['DomainName', 'RegionalDomainName']) origins.set(bucket.attribute(name), site);
  }
  const originOf = (domainName: string) => {
    const origin = origins.get(domainName);
    if (!origin) throw new TemplateError(`The distribution's origin ${domainName} is not hosted`);
    return origin;
  };
  const policies = new Map(
    inventory
      .ofType('AWS::CloudFront::ResponseHeadersPolicy')
      .map((policy) => [policy.ref, policy.properties.ResponseHeadersPolicyConfig as ResponseHeadersConfig]),
  );
  const functions = new Map(
    inventory
      .ofType('AWS::CloudFront::Function')
      .map((one) => [one.attribute('FunctionARN'), viewerFunction(String(one.properties.FunctionCode))]),
  );
  return inventory.ofType('AWS::CloudFront::Distribution').map((distribution) => {
    const config = distribution.properties.DistributionConfig as DistributionConfig;
    return { resource: distribution, origin: createDistribution(config, originOf, policies, functions) };
  });
}

function httpApiSpec(api: HostedResource, options: WebOptions): HttpApiSpec {
  const { inventory, region, accountId } = options;
  const mine = (type: string) =>
    inventory.ofType(type).filter(({ properties }) => properties.ApiId === api.ref);
  const stages = mine('AWS::ApiGatewayV2::Stage').map(({ ref }) => ref);
  if (stages.join() !== '$default')
    throw new TemplateError(`${api.logicalId}: only the stage $default is hosted`);
  const authorizers = new Map(
    mine('AWS::ApiGatewayV2::Authorizer').map((one) => [one.ref, authorizerSpec(one)] as const),
  );
  const integrations = new Map(mine('AWS::ApiGatewayV2::Integration').map((one) => [one.ref, one] as const));
  const routes = new Map<string, RouteSpec>();
  for (const route of mine('AWS::ApiGatewayV2::Route')) {
    routes.set(String(route.properties.RouteKey), routeSpec(route, integrations, authorizers));
  }
  return {
    apiId: api.ref,
    accountId,
    region,
    stage: '$default',
    host: options.hostOf(api),
    routes,
    ...(api.properties.CorsConfiguration !== undefined && {
      cors: api.properties.CorsConfiguration as CorsConfiguration,
    }),
  };
}

function routeSpec(
  { logicalId, properties }: HostedResource,
  integrations: ReadonlyMap<string, HostedResource>,
  authorizers: ReadonlyMap<string, AuthorizerSpec>,
): RouteSpec {
  const integration = integrations.get(String(properties.Target).replace(/^integrations\//, ''))?.properties;
  if (integration?.IntegrationType !== 'AWS_PROXY' || integration.PayloadFormatVersion !== '2.0') {
    throw new TemplateError(`${logicalId}: only AWS_PROXY integrations with payload format 2.0 are hosted`);
  }
  const spec: RouteSpec = { functionArn: functionArn(String(integration.IntegrationUri)) };
  if (integration.TimeoutInMillis !== undefined)
    spec.timeoutMilliseconds = Number(integration.TimeoutInMillis);
  const type = properties.AuthorizationType ?? 'NONE';
  if (type === 'NONE') return spec;
  const authorizer = authorizers.get(String(properties.AuthorizerId));
  if (type !== 'CUSTOM' || !authorizer)
    throw new TemplateError(`${logicalId}: ${String(type)} is not hosted`);
  return { ...spec, authorizer };
}

function authorizerSpec({ logicalId, properties }: HostedResource): AuthorizerSpec {
  const { AuthorizerType, EnableSimpleResponses, AuthorizerPayloadFormatVersion } = properties;
  const simple = AuthorizerType === 'REQUEST' && EnableSimpleResponses === true;
  if (!simple || AuthorizerPayloadFormatVersion !== '2.0') {
    throw new TemplateError(`${logicalId}: only REQUEST authorizers with simple responses are hosted`);
  }
  return {
    functionArn: functionArn(String(properties.AuthorizerUri)),
    identitySources: (properties.IdentitySource ?? []) as string[],
    ttlSeconds: Number(properties.AuthorizerResultTtlInSeconds ?? 0),
  };
}

/** From the ARN itself, or from API Gateway's path around it. */
function functionArn(uri: string): string {
  const arn = /arn:aws:lambda:[^/]+/.exec(uri)?.[0];
  if (!arn) throw new TemplateError(`${uri} names no function`);
  return arn;
}

function siteSources(inventory: Inventory, bucket: HostedResource): SiteSource[] {
  return inventory
    .ofType('Custom::CDKBucketDeployment')
    .filter(({ properties }) => properties.DestinationBucketName === bucket.ref)
    .flatMap(({ properties }) => {
      const markers = (properties.SourceMarkers ?? []) as Record<string, string>[];
      const metadata = (properties.SystemMetadata ?? {}) as Record<string, string>;
      return (properties.SourceObjectKeys as string[]).map((key, i) => ({
        folder: inventory.assetPath(key),
        keyPrefix: String(properties.DestinationBucketKeyPrefix ?? ''),
        markers: markers[i] ?? {},
        ...(metadata['cache-control'] && { cacheControl: metadata['cache-control'] }),
      }));
    });
}
