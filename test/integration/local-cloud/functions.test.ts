import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../../infra/local/cloud.ts';
import { buildFixture } from './fixture/app.ts';
import { poll } from './fixture/poll.ts';

const stateDirectory = mkdtempSync(join(tmpdir(), 'functions-'));
let cloud: Cloud;
let client: LambdaClient;
let FunctionName: string;

beforeAll(async () => {
  cloud = await startCloud({ app: buildFixture, stateDirectory, quiet: true });
  const { region, credentials, endpoints } = cloud;
  client = new LambdaClient({ region, credentials, endpoint: endpoints.LAMBDA, maxAttempts: 1 });
  FunctionName = cloud.outputs.FaultyName!;
});

afterAll(async () => {
  await cloud?.close();
  rmSync(stateDirectory, { recursive: true, force: true });
});

const logFile = () => join(stateDirectory, 'logs', `${FunctionName}.log`);

async function invoke(fault?: string, name = FunctionName) {
  const Payload = JSON.stringify(fault === undefined ? {} : { fault });
  const { FunctionError, Payload: answer } = await client.send(
    new InvokeCommand({ FunctionName: name, Payload }),
  );
  return { FunctionError, answer: JSON.parse(answer!.transformToString()) };
}

describe('a hosted function', () => {
  it('is called by the SDK and finds its context', async () => {
    const { FunctionError, answer } = await invoke();
    expect(FunctionError).toBeUndefined();
    expect(answer).toMatchObject({ name: FunctionName, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    // The timeout of the template is one second.
    expect(answer.remaining).toBeGreaterThan(0);
    expect(answer.remaining).toBeLessThanOrEqual(1000);
  });

  it('stays warm between calls', async () => {
    const { answer: first } = await invoke();
    const { answer: second } = await invoke();
    expect(second.calls).toBe(first.calls + 1);
  });

  it('works on as many calls at once as there are', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => invoke()));
    expect(new Set(answers.map(({ answer }) => answer.id)).size).toBe(8);
  });

  it('has the environment of the template and of Lambda, and none of the host', async () => {
    process.env.HOST_SECRET = 'not for functions';
    const { answer } = await invoke('environment');
    expect(answer).toMatchObject({
      TABLE_NAME: cloud.outputs.TableName,
      AWS_LAMBDA_FUNCTION_NAME: FunctionName,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_REGION: cloud.region,
      AWS_ENDPOINT_URL_S3: cloud.endpoints.S3,
      AWS_ENDPOINT_URL_DYNAMODB: cloud.endpoints.DYNAMODB,
    });
    expect(answer.HOST_SECRET).toBeUndefined();
  });

  it.each([
    ['throw', 'OnPurpose', /^a fault on purpose$/],
    ['exit', 'Runtime.ExitError', /exit status 3/],
    ['timeout', 'Sandbox.Timedout', /Task timed out after 1.00 seconds/],
    ['spin', 'Sandbox.Timedout', /Task timed out after 1.00 seconds/],
    ['large', 'Function.ResponseSizeTooLarge', /6291556/],
    ['package', 'Error', /Cannot find/],
  ])('fails alone on %s', async (fault, errorType, errorMessage) => {
    const { FunctionError, answer } = await invoke(fault);
    expect(FunctionError).toBe('Unhandled');
    expect(answer).toMatchObject({ errorType, errorMessage: expect.stringMatching(errorMessage) });
    expect((await invoke()).FunctionError).toBeUndefined();
  });

  it('fails alone when its memory is used up', async () => {
    const { FunctionError, answer } = await invoke('memory', cloud.outputs.SingleName);
    expect(FunctionError).toBe('Unhandled');
    expect(answer).toMatchObject({ errorType: 'Runtime.OutOfMemory' });
    expect((await invoke(undefined, cloud.outputs.SingleName)).FunctionError).toBeUndefined();
  });

  it('writes what it prints, and its failures, to a log of its own', async () => {
    await invoke();
    await invoke('throw');
    const log = await poll(async () => {
      const text = readFileSync(logFile(), 'utf8');
      return /call \d/.test(text) && /OnPurpose/.test(text) ? text : undefined;
    });
    expect(log).toMatch(/Invoke Error\tOnPurpose: a fault on purpose/);
  });

  it('is invoked asynchronously with the type Event', async () => {
    const failures = () => readFileSync(logFile(), 'utf8').split('Invoke Error\tOnPurpose').length - 1;
    await invoke();
    const before = failures();
    const Payload = '{"fault":"throw"}';
    const command = new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload });
    expect((await client.send(command)).StatusCode).toBe(202);
    // Lambda tries a failed event twice more.
    await poll(async () => (failures() === before + 3 ? true : undefined));
  });

  it('is throttled beyond its reserved concurrency', async () => {
    const Single = new InvokeCommand({ FunctionName: cloud.outputs.SingleName, Payload: '{"fault":"slow"}' });
    const results = await Promise.allSettled([client.send(Single), client.send(Single)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { name: 'TooManyRequestsException' } });
  });

  it('does not start with a package that is only in the repository', async () => {
    const { Payload } = await client.send(new InvokeCommand({ FunctionName: cloud.outputs.BrokenName }));
    expect(JSON.parse(Payload!.transformToString())).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage: expect.stringMatching(/Cannot find (module|package) 'commander'/),
    });
  });

  it('is unknown by any other name', async () => {
    const command = new InvokeCommand({ FunctionName: 'nobody' });
    await expect(client.send(command)).rejects.toThrow(ResourceNotFoundException);
  });
});
