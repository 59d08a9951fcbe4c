import { mkdirSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import type { LocalClock } from './clock/local-clock.ts';
import { startCognito } from './cognito/server.ts';
import { startDynamo } from './dynamo.ts';
import { type Bus, createBus } from './events/bus.ts';
import { startEvents } from './events/server.ts';
import { createLambdaEndpoint } from './lambda/endpoint.ts';
import { createLambdaHost } from './lambda/host.ts';
import { startMail } from './mail/server.ts';
import { startQueues } from './queues/server.ts';
import { startS3 } from './s3/server.ts';
import { listen } from './states/aws-json.ts';
import { systemClock } from './states/clock.ts';
import { startStates } from './states/server.ts';
import type { Environment } from './template.ts';

/** The services by the names that the SDK's variables `AWS_ENDPOINT_URL_<SERVICE>` use. */
export const serviceNames = [
  'COGNITO_IDENTITY_PROVIDER',
  'DYNAMODB',
  'EVENTBRIDGE',
  'LAMBDA',
  'S3',
  'SES',
  'SFN',
  'SQS',
] as const;

export type ServiceName = (typeof serviceNames)[number];

/** What the services are started with. */
export interface ServicesOptions extends Environment {
  directory: string;
  /** Where compiled functions are kept. */
  compileCache: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** 0 or nothing takes a free port. */
  ports: Partial<Record<ServiceName, number>>;
  /** What schedules and functions go by. */
  localClock: LocalClock;
  /** Called with what stops each service as it starts; to be run backwards. */
  onStop(stop: () => Promise<void>): void;
}

/** The running services, still empty: no bucket, table, queue or function yet. */
export type Services = Awaited<ReturnType<typeof startServices>>;

/** Starts the services over the state in a directory. */
export async function startServices(options: ServicesOptions) {
  const { directory, compileCache, credentials, ports, region, accountId, localClock, onStop } = options;
  mkdirSync(directory, { recursive: true });
  const place = { region, accountId };
  const file = (name: string) => join(directory, name);
  async function stoppable<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const started = await starting;
    onStop(() => started.close());
    return started;
  }

  const dynamo = stoppable(
    startDynamo({ directory: file('dynamodb'), port: ports.DYNAMODB, region, credentials }),
  );
  const lambda = createLambdaHost({
    logDirectory: file('logs'),
    runtimeModules: sdkModules(),
    compileCache,
    clockShift: localClock.shift,
  });
  const { invoke } = lambda;
  let bus: Bus | undefined;
  const provisioned = Promise.withResolvers<void>();
  // Events that an earlier run left behind come at once; they must find the rules.
  const onEvent = async (event: Parameters<Bus['put']>[0]) => {
    await provisioned.promise;
    await bus?.put(event);
  };
  const starting = {
    dynamo,
    s3: stoppable(startS3({ ...place, directory: file('s3'), credentials, port: ports.S3, onEvent })),
    cognito: stoppable(
      startCognito({ file: file('cognito.sqlite'), port: ports.COGNITO_IDENTITY_PROVIDER, region }),
    ),
    queues: stoppable(startQueues({ ...place, directory: file('queues'), port: ports.SQS })),
    mail: stoppable(startMail({ ...place, directory: file('mail'), port: ports.SES, onEvent })),
    lambdaEndpoint: stoppable(listen(createLambdaEndpoint(lambda), ports.LAMBDA)),
  };
  await Promise.allSettled(Object.values(starting));
  const s3 = await starting.s3;
  const cognito = await starting.cognito;
  const queues = await starting.queues;
  const mail = await starting.mail;
  const lambdaEndpoint = await starting.lambdaEndpoint;
  onStop(() => lambda.close());
  const states = await stoppable(
    startStates({ ...place, file: file('states.sqlite'), port: ports.SFN, invoke }),
  );
  const { sendMessage } = queues;
  bus = createBus({
    ...place,
    file: file('events.sqlite'),
    invoke,
    sendMessage,
    startExecution: states.startExecution,
    clock: { ...systemClock, onMove: localClock.onMove },
  });
  const started = bus;
  onStop(() => started.close());
  const events = await stoppable(startEvents({ ...place, bus, port: ports.EVENTBRIDGE }));

  const endpoints: Record<ServiceName, string> = {
    COGNITO_IDENTITY_PROVIDER: cognito.url,
    DYNAMODB: (await dynamo).url,
    EVENTBRIDGE: events.url,
    LAMBDA: lambdaEndpoint.url,
    S3: s3.url,
    SES: mail.url,
    SFN: states.url,
    SQS: queues.url,
  };
  return {
    endpoints,
    dynamo: await dynamo,
    s3,
    cognito,
    queues,
    mail,
    states,
    bus,
    lambda,
    /** To be called once all rules are there: lets events of buckets and mails through. */
    openEvents: () => provisioned.resolve(),
  };
}

/** The `node_modules` that hold the SDK, which Lambda's runtime brings along. */
function sdkModules(): string {
  const manifest = findPackageJSON('@aws-sdk/client-dynamodb', import.meta.url);
  if (!manifest) throw new Error('@aws-sdk/client-dynamodb is not installed');
  return dirname(dirname(dirname(manifest)));
}
