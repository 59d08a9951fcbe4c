import { createLateServer, type LateServer } from './gateway/http.ts';
import type { HostedResource, Inventory } from './inventory.ts';
import { FunctionError, type Invoke } from './invoke.ts';
import { distributions, httpApis } from './provision/web.ts';
import { type Endpoint, listen } from './states/aws-json.ts';
import type { SynthesizedApp } from './synth.ts';

/** The servers of distributions and APIs, by `<stack>/<logical id>`. */
export type Web = ReadonlyMap<string, WebServer>;

type WebServer = LateServer & Endpoint;

const webTypes = ['AWS::CloudFront::Distribution', 'AWS::ApiGatewayV2::Api'];

/** Takes the ports before anything is resolved: they are part of the values. The first server gets the given one. */
export async function listenForWeb(
  app: SynthesizedApp,
  port: number,
  logger: Pick<Console, 'error'>,
  onStop: (stop: () => Promise<void>) => void,
): Promise<Web> {
  const declared = app.stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources ?? {}).map(([logicalId, { Type }]) => ({
      stack: name,
      logicalId,
      type: Type,
    })),
  );
  const web = new Map<string, WebServer>();
  for (const type of webTypes) {
    for (const { stack, logicalId } of declared.filter((one) => one.type === type)) {
      const late = createLateServer((error) => logger.error(`${logicalId}: a request failed`, error));
      const endpoint = await listen(late.server, web.size === 0 ? port : 0);
      onStop(() => endpoint.close());
      web.set(`${stack}/${logicalId}`, { ...late, ...endpoint });
    }
  }
  return web;
}

/** `host:port` that serves an API or a distribution. */
export function hostOf(web: Web, { stack, logicalId }: { stack: string; logicalId: string }): string {
  const server = web.get(`${stack}/${logicalId}`);
  if (!server) throw new Error(`${stack}/${logicalId} is not served`);
  return new URL(server.url).host;
}

/** Local servers speak http; and a bucket is addressed by path, on the one host of the local S3. */
export function localize(text: string, web: Web, s3Url: string): string {
  let result = text;
  for (const { url } of web.values()) result = result.replaceAll(`https://${new URL(url).host}`, url);
  return result.replace(/https:\/\/[a-z0-9.-]+\.s3(\.[a-z0-9-]+)?\.amazonaws\.com/g, s3Url);
}

/** Lets the servers answer, once everything that they reach is there. @throws TemplateError */
export function serveWeb(
  inventory: Inventory,
  web: Web,
  context: { region: string; accountId: string; invoke: Invoke; logger: Pick<Console, 'error'> },
): void {
  const { logger, ...rest } = context;
  const onError = (routeKey: string, error: unknown) => {
    // A handler's message may hold personal data; it is in the function's own log.
    if (error instanceof FunctionError)
      logger.error(`${routeKey}: the function failed with ${error.errorType}`);
    else logger.error(`${routeKey}: failed`, error);
  };
  const webOptions = { ...rest, inventory, onError, hostOf: (one: HostedResource) => hostOf(web, one) };
  const apis = httpApis(webOptions);
  for (const { resource, origin } of [...apis, ...distributions(webOptions, apis)]) {
    web.get(`${resource.stack}/${resource.logicalId}`)?.serve(origin);
  }
}
