import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi as GatewayApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Area, type Route, routes } from 'roster/domain/routes';
import type { Stage } from '../stages.ts';
import { acknowledge } from './acknowledge.ts';

/** Who answers and who lets in. */
export interface HttpApiProps {
  stage: Stage;
  authorizer: LambdaFunction;
  /** The function that answers for each area. */
  areas: Record<Area, LambdaFunction>;
}

/** What of a call is logged: the route with its placeholders, never the path, query, headers, address or caller. */
const accessLogFields = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLengthBytes: '$context.responseLength',
  responseLatencyMilliseconds: '$context.responseLatency',
  integrationLatencyMilliseconds: '$context.integrationLatency',
  integrationStatus: '$context.integration.status',
  gatewayErrorType: '$context.error.responseType',
};

/** The HTTP API: one route for each entry of the domain's table, one integration for each area. */
export class HttpApi extends Construct {
  readonly api: GatewayApi;
  readonly stage: HttpStage;
  readonly #authorizer: IHttpRouteAuthorizer;

  constructor(scope: Construct, id: string, { stage, authorizer, areas }: HttpApiProps) {
    super(scope, id);
    this.api = new GatewayApi(this, 'Api', {
      apiName: `muster-${stage.name}`,
      description: 'Muster: the roster of an organization',
      createDefaultStage: false,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: stage.httpRatePerSecond, burstLimit: stage.httpBurst },
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.#accessLog(stage)),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    });
    this.#authorizer = new HttpLambdaAuthorizer('Authorizer', authorizer, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      // Whoever is disabled is out with the next request.
      resultsCacheTtl: Duration.seconds(0),
    });
    const integrations = mapValues(areas, (handler, area) => {
      return new HttpLambdaIntegration(`${area}Integration`, handler, { scopePermissionToRoute: false });
    });
    for (const [operationId, route] of Object.entries<Route>(routes)) {
      this.#addRoute(operationId, route, integrations[route.area]);
    }
  }

  #addRoute(operationId: string, { method, path, access }: Route, integration: HttpLambdaIntegration): void {
    const isPublic = access === 'public';
    const route = new HttpRoute(this, operationId, {
      httpApi: this.api,
      routeKey: HttpRouteKey.with(path, HttpMethod[method]),
      integration,
      authorizer: isPublic ? new HttpNoneAuthorizer() : this.#authorizer,
    });
    if (isPublic)
      acknowledge(route, { APIG4: 'Public in the domain: what one calls before one has an account.' });
  }

  #accessLog(stage: Stage): LogGroup {
    return new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/vendedlogs/http/muster-${stage.name}`,
      retention: stage.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

function mapValues<K extends string, V, W>(
  record: Record<K, V>,
  change: (value: V, key: K) => W,
): Record<K, W> {
  const entries = Object.entries(record) as [K, V][];
  return Object.fromEntries(entries.map(([key, value]) => [key, change(value, key)])) as Record<K, W>;
}
