import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { installShiftedDate, machineNow } from '../clock/shifted-date.ts';
import type { ErrorRecord, InvocationMessage, SandboxData, SandboxMessage } from './protocol.ts';
import { isolateResolution } from './resolution.ts';

type Handler = (event: unknown, context: object) => unknown;

/** Lambda's limit for a synchronous response: 6 MB and 100 bytes. */
const responseBytesMax = 6_291_556;

const given = workerData as SandboxData;
const data: SandboxData = {
  ...given,
  taskRoot: realpathSync(given.taskRoot),
  layerRoots: given.layerRoots.map((root) => realpathSync(root)),
};
const port = parentPort!;
const send = (message: SandboxMessage) => port.postMessage(message);

function record(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

/** The names that Lambda's runtime gives to failures before the handler's first call. */
function initRecord(error: unknown): ErrorRecord {
  const known = record(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const notFound = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  if (notFound) return { ...known, errorType: 'Runtime.ImportModuleError' };
  return error instanceof SyntaxError ? { ...known, errorType: 'Runtime.UserCodeSyntaxError' } : known;
}

async function load(): Promise<Handler> {
  const dot = data.handler.lastIndexOf('.');
  const base = join(data.taskRoot, data.handler.slice(0, dot));
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find((path) => existsSync(path));
  if (!file) throw Object.assign(new Error(`Cannot find module '${base}'`), { code: 'MODULE_NOT_FOUND' });
  const module: Record<string, unknown> = file.endsWith('.mjs')
    ? await import(pathToFileURL(file).href)
    : createRequire(file)(file);
  const handler = module[data.handler.slice(dot + 1)];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${data.handler} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return handler as Handler;
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf(message: InvocationMessage): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: String(message.memoryMegabytes),
    awsRequestId: message.requestId,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, message.deadline - machineNow()),
  };
}

async function run(handler: Handler, message: InvocationMessage): Promise<SandboxMessage> {
  try {
    const payload = JSON.stringify((await handler(JSON.parse(message.payload), contextOf(message))) ?? null);
    if (Buffer.byteLength(payload) <= responseBytesMax) return { kind: 'result', payload };
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${responseBytesMax} bytes).`;
    return { kind: 'error', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: [] } };
  } catch (error) {
    return { kind: 'error', error: record(error) };
  }
}

installShiftedDate(data.clockShift);
// Lambda has no such variable.
delete process.env.NODE_COMPILE_CACHE;
isolateResolution(data);
load().then(
  (handler) => {
    port.on('message', (message: InvocationMessage) => void run(handler, message).then(send));
    send({ kind: 'ready' });
  },
  (error: unknown) => send({ kind: 'initError', error: initRecord(error) }),
);
