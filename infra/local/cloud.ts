import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { openLocalClock } from './clock/local-clock.ts';
import { serveClock } from './clock/server.ts';
import { type ServiceName, type Services, startServices } from './emulators.ts';
import { type HostedResource, type Inventory, takeInventory } from './inventory.ts';
import type { Invoke } from './invoke.ts';
import { functionSpecs } from './provision/functions.ts';
import {
  configurationSets,
  eventSources,
  queueDescriptions,
  rules,
  stateMachines,
} from './provision/messaging.ts';
import { bucketSettings, tableSpecs } from './provision/storage.ts';
import { userPools } from './provision/userPools.ts';
import { startEventSource } from './queues/event-source.ts';
import { takeStateDirectory } from './stateDirectory.ts';
import { localContext, synthesize } from './synth.ts';
import { hostOf, listenForWeb, localize, serveWeb } from './webServers.ts';

/** For the constructor of `App`. */
export interface LocalAppProps {
  outdir: string;
  context: Readonly<Record<string, boolean>>;
}

/** How to host an app. */
export interface CloudOptions {
  /** The CDK app, not synthesized yet; or what builds it with what suits a local run: where to write, what to skip. */
  app: App | ((local: LocalAppProps) => App);
  /** Holds all state; one cloud at a time. */
  stateDirectory: string;
  /** Of the one origin that people use; 0 or nothing takes a free one. */
  port?: number;
  servicePorts?: Partial<Record<ServiceName, number>>;
  /** Where compiled functions are kept for the next start; in the state directory by default. */
  compileCache?: string | undefined;
  /** Removes all state first. */
  fresh?: boolean;
  /** Says nothing but errors. */
  quiet?: boolean;
  logger?: Pick<Console, 'info' | 'error'>;
}

/** A running system. */
export interface Cloud {
  /** The distribution, or the API if the app has none; empty without either. */
  url: string;
  /** Where the API is, on the same origin: with the path of the app's output `ApiUrl`, if it has one. */
  apiUrl: string;
  /** Where the clock that everything in here goes by is shown and moved. */
  clockUrl: string;
  endpoints: Record<ServiceName, string>;
  /** Outputs of the stacks: `<stack>.<name>`, and `<name>` where it is unique. */
  outputs: Record<string, string>;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** By logical id or construct path. @throws TemplateError */
  resource(logicalIdOrPath: string): HostedResource;
  /** Calls a function by name or ARN. */
  invoke: Invoke;
  /** Stops everything; state stays. */
  close(): Promise<void>;
}

const accountId = '000000000000';
const defaultRegion = 'eu-west-1';
const expirySweepMilliseconds = 3_600_000;

/**
 * Hosts a CDK app on this machine: synthesizes it, starts the services it needs, makes what its template declares and
 * serves its distribution and APIs. There is nothing about the app in here: functions, routes, rules, queues and
 * buckets all come from the template.
 *
 * Sets the time zone of the whole process to UTC, as Lambda's is.
 *
 * @throws AlreadyRunning if the state is in use, TemplateError if the app has something that is not hosted
 */
export async function startCloud(given: CloudOptions): Promise<Cloud> {
  process.env.TZ = 'UTC';
  const options = { ...given, stateDirectory: resolve(given.stateDirectory) };
  const state = takeStateDirectory(options.stateDirectory);
  const stops: (() => Promise<void>)[] = [async () => state.release()];
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= runBackwards(stops);
    return closing;
  };
  try {
    if (options.fresh) state.clear();
    const cloud = await host(options, (stop) => stops.push(stop));
    const { url, apiUrl, clockUrl, region, endpoints, credentials, outputs } = cloud;
    state.describe({ pid: process.pid, url, apiUrl, clockUrl, region, endpoints, credentials, outputs });
    return { ...cloud, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function runBackwards(stops: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const stop of stops.splice(0).reverse()) await stop().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'The local cloud did not stop cleanly');
}

type OnStop = (stop: () => Promise<void>) => void;

async function host(options: CloudOptions, onStop: OnStop): Promise<Omit<Cloud, 'close'>> {
  const startedAt = performance.now();
  const localClock = openLocalClock(join(options.stateDirectory, 'clock.json'));
  onStop(async () => localClock.close());
  const clockServer = await serveClock(localClock);
  onStop(() => clockServer.close());
  const logger = options.logger ?? console;
  const local = { outdir: join(options.stateDirectory, 'cdk.out'), context: localContext };
  const app = synthesize(typeof options.app === 'function' ? options.app(local) : options.app);
  const region = app.stacks.find((stack) => stack.region)?.region ?? process.env.AWS_REGION ?? defaultRegion;
  const credentials = { accessKeyId: 'LOCALCLOUD', secretAccessKey: randomBytes(30).toString('base64url') };
  const services = await startServices({
    directory: options.stateDirectory,
    compileCache: options.compileCache ?? join(options.stateDirectory, 'compile-cache'),
    credentials,
    ports: options.servicePorts ?? {},
    region,
    accountId,
    localClock,
    onStop,
  });
  const { endpoints, lambda } = services;
  const { invoke } = lambda;
  const web = await listenForWeb(app, options.port ?? 0, logger, onStop);
  const inventory = takeInventory(
    app,
    { region, accountId },
    {
      queueUrl: services.queues.queueUrl,
      issuer: services.cognito.issuer,
      host: (resource) => hostOf(web, resource),
      localize: (text) => localize(text, web, endpoints.S3),
    },
  );
  await provision(inventory, services, { region, credentials, endpoints }, onStop);
  // What expires by the moved clock is gone as soon as that is moved.
  const stopSweeping = localClock.onMove(() => services.s3.sweep());
  onStop(async () => stopSweeping());
  serveWeb(inventory, web, { region, accountId, invoke, logger });
  const outputs = inventory.outputs();
  const url = web.values().next().value?.url ?? '';
  const path = outputs.ApiUrl ? new URL(outputs.ApiUrl).pathname.replace(/\/$/, '') : '';
  if (!options.quiet)
    logger.info(`Local cloud on ${url} after ${Math.round(performance.now() - startedAt)} ms`);
  return {
    url,
    apiUrl: url + path,
    clockUrl: clockServer.url,
    endpoints,
    outputs,
    region,
    credentials,
    resource: inventory.find,
    invoke,
  };
}

/** Makes what the template declares: first what holds data, then what acts on it, last what takes up old work. */
async function provision(
  inventory: Inventory,
  services: Services,
  runtime: Parameters<typeof functionSpecs>[1],
  onStop: OnStop,
): Promise<void> {
  const { s3, dynamo, cognito, queues, mail, lambda, bus, states } = services;
  const { invoke } = lambda;
  for (const bucket of bucketSettings(inventory)) s3.createBucket(bucket);
  await Promise.all(tableSpecs(inventory).map((table) => dynamo.putTable(table)));
  for (const pool of userPools(inventory)) cognito.putUserPool(pool);
  for (const set of configurationSets(inventory)) mail.putConfigurationSet(set);
  for (const queue of queueDescriptions(inventory)) queues.putQueue(queue);
  for (const spec of functionSpecs(inventory, runtime)) lambda.put(spec);
  for (const machine of stateMachines(inventory)) states.putStateMachine(machine);
  for (const rule of rules(inventory)) bus.putRule(rule);
  for (const source of eventSources(inventory)) {
    const poller = startEventSource({ ...source, queues, invoke });
    onStop(() => poller.close());
  }
  services.openEvents();
  s3.sweep();
  const sweep = setInterval(() => s3.sweep(), expirySweepMilliseconds).unref();
  onStop(async () => clearInterval(sweep));
}
