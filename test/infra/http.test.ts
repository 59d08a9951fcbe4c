import { routes } from 'roster/domain/routes';
import { describe, expect, it } from 'vitest';
import { asText, synthesize } from './synthesized.ts';

const { ofType, resources } = synthesize();
const only = (type: string) => {
  const found = ofType(type);
  expect(found).toHaveLength(1);
  return found[0]!;
};

describe('the HTTP API', () => {
  const built = new Map(
    ofType('AWS::ApiGatewayV2::Route').map(([, r]) => [r.Properties.RouteKey, r.Properties]),
  );

  it('has the routes of the domain, no more and no less', () => {
    const declared = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
    expect([...built.keys()].sort()).toEqual(declared.sort());
  });

  it.each(Object.entries(routes))('%s is authorized unless public, and served by its area', (_, route) => {
    const { AuthorizationType, AuthorizerId, Target } = built.get(`${route.method} ${route.path}`);
    if (route.access === 'public') {
      expect([AuthorizationType, AuthorizerId]).toEqual(['NONE', undefined]);
    } else {
      expect(AuthorizationType).toBe('CUSTOM');
      expect(AuthorizerId.Ref).toBe(only('AWS::ApiGatewayV2::Authorizer')[0]);
    }
    const integration = resources[Target['Fn::Join'][1][1].Ref]!.Properties;
    const area = route.area.charAt(0).toUpperCase() + route.area.slice(1);
    expect(asText(integration.IntegrationUri)).toContain(`Functions${area}ApiFunction`);
    expect(integration.PayloadFormatVersion).toBe('2.0');
  });

  it('leaves only what comes before signing in and the descriptions without authorizer', () => {
    const open = [...built]
      .filter(([, { AuthorizationType }]) => AuthorizationType === 'NONE')
      .map(([key]) => key);
    expect(open.sort()).toEqual([
      'GET /api/v1/openapi.json',
      'GET /api/v1/public/registration/{organization}',
      'GET /api/v1/public/reminders/unsubscribe',
      'GET /config.json',
      'POST /api/v1/public/feeds/uploads',
      'POST /api/v1/public/invitations/accept',
      'POST /api/v1/public/invitations/decline',
      'POST /api/v1/public/invitations/inspect',
      'POST /api/v1/public/invitations/renew',
      'POST /api/v1/public/register',
      'POST /api/v1/public/reminders/unsubscribe',
      'POST /api/v1/public/resets/complete',
      'POST /api/v1/public/resets/inspect',
      'POST /api/v1/public/resets/request',
      'POST /api/v1/sessions',
      'POST /api/v1/sessions/challenge',
      'POST /api/v1/sessions/refresh',
    ]);
  });

  it('asks the authorizer on every call', () => {
    expect(only('AWS::ApiGatewayV2::Authorizer')[1].Properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 0,
    });
  });

  it('is throttled, and logs calls without what tells who called or what about', () => {
    const { DefaultRouteSettings, AccessLogSettings, StageName } =
      only('AWS::ApiGatewayV2::Stage')[1].Properties;
    expect(StageName).toBe('$default');
    expect(DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 });
    expect(AccessLogSettings.Format).toContain('$context.routeKey');
    expect(AccessLogSettings.Format).not.toMatch(
      /\$context\.(path|identity|authorizer|domainName)|querystring|header/i,
    );
  });
});

describe('the site', () => {
  const config = only('AWS::CloudFront::Distribution')[1].Properties.DistributionConfig;
  /** Managed policies: CachingDisabled and AllViewerExceptHostHeader, by the ids that AWS publishes. */
  const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
  const allViewerExceptHost = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

  const headersOf = ({ ResponseHeadersPolicyId: { Ref } }: { ResponseHeadersPolicyId: { Ref: string } }) =>
    resources[Ref]!.Properties.ResponseHeadersPolicyConfig;

  const routedBy = (construct: string) => {
    const [found] = ofType('AWS::CloudFront::Function').filter(([id]) => id.includes(construct));
    return { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [found![0], 'FunctionARN'] } };
  };

  it.each(['/api/*', '/config.json'])('hands %s over to the API, whole and uncached', (path) => {
    const behavior = config.CacheBehaviors.find(
      ({ PathPattern }: { PathPattern: string }) => PathPattern === path,
    );
    expect(behavior).toMatchObject({
      CachePolicyId: cachingDisabled,
      OriginRequestPolicyId: allViewerExceptHost,
      ViewerProtocolPolicy: 'https-only',
    });
    expect(behavior.AllowedMethods).toContain('DELETE');
    const origin = config.Origins.find(({ Id }: { Id: string }) => Id === behavior.TargetOriginId);
    expect(asText(origin.DomainName)).toContain('execute-api');
    expect(origin.CustomOriginConfig.OriginProtocolPolicy).toBe('https-only');
  });

  it('serves the files of the bucket, which only CloudFront reads', () => {
    expect(config.DefaultRootObject).toBe('index.html');
    expect(config.DefaultCacheBehavior.ViewerProtocolPolicy).toBe('redirect-to-https');
    const origin = config.Origins.find(
      ({ Id }: { Id: string }) => Id === config.DefaultCacheBehavior.TargetOriginId,
    );
    expect(origin.OriginAccessControlId).toBeDefined();
  });

  it('sends headers that keep the console to itself', () => {
    const headers = headersOf(config.DefaultCacheBehavior);
    const policy = asText(headers.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "object-src 'none'",
      "frame-ancestors 'none'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers.SecurityHeadersConfig).toMatchObject({
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY' },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer' },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000 },
    });
  });

  const memberPages = ['/join', '/reset', '/register', '/register/*', '/unsubscribe', '/account'];

  it.each(memberPages)(
    "opens the members' page at %s, kept nowhere and under a policy of its own",
    (path) => {
      const behavior = config.CacheBehaviors.find(
        ({ PathPattern }: { PathPattern: string }) => PathPattern === path,
      );
      expect(behavior).toMatchObject({
        TargetOriginId: config.DefaultCacheBehavior.TargetOriginId,
        ViewerProtocolPolicy: 'redirect-to-https',
      });
      // Without them CloudFront takes GET and HEAD only.
      expect(behavior.AllowedMethods ?? ['GET', 'HEAD']).toEqual(['GET', 'HEAD']);
      expect(behavior.FunctionAssociations).toEqual([routedBy('MemberPages')]);
      const headers = headersOf(behavior);
      expect(headers.CustomHeadersConfig.Items).toEqual([
        { Header: 'cache-control', Value: 'no-store', Override: true },
      ]);
      const { ContentSecurityPolicy, ...others } = headers.SecurityHeadersConfig;
      expect(ContentSecurityPolicy.ContentSecurityPolicy.split('; ')).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]);
      expect(others).toMatchObject({
        ContentTypeOptions: { Override: true },
        FrameOptions: { FrameOption: 'DENY' },
        ReferrerPolicy: { ReferrerPolicy: 'no-referrer' },
        StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000 },
      });
    },
  );

  it('publishes the functions that find the file of a page', () => {
    const functions = ofType('AWS::CloudFront::Function');
    expect(functions).toHaveLength(2);
    for (const [, { Properties }] of functions) {
      expect(Properties).toMatchObject({
        AutoPublish: true,
        FunctionConfig: { Runtime: 'cloudfront-js-2.0' },
      });
    }
  });

  it("leads the console's paths to its page, and lets browsers keep its files for good", () => {
    expect(config.DefaultCacheBehavior.FunctionAssociations).toEqual([routedBy('ConsolePages')]);
    const files = config.CacheBehaviors.find(
      ({ PathPattern }: { PathPattern: string }) => PathPattern === '/assets/*',
    );
    expect(headersOf(files).CustomHeadersConfig.Items).toEqual([
      { Header: 'cache-control', Value: 'public, max-age=31536000, immutable', Override: true },
    ]);
    expect(files.FunctionAssociations).toBeUndefined();
  });

  it('takes TLS 1.2 at least on a domain of its own', () => {
    const context = {
      domainName: 'roster.example.org',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
    };
    const [found] = synthesize({ context }).ofType('AWS::CloudFront::Distribution');
    expect(found![1].Properties.DistributionConfig).toMatchObject({
      Aliases: ['roster.example.org'],
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021' },
    });
  });
});
