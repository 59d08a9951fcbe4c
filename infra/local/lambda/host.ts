import { join } from 'node:path';
import type { SharedShift } from '../clock/shifted-date.ts';
import type { Invoke } from '../invoke.ts';
import { type FunctionSpec, SandboxPool } from './pool.ts';

/** Lambda's limit for a synchronous event: 6 MB. */
export const eventBytesMax = 6_291_456;

/** A name or ARN that no hosted function has. */
export class ResourceNotFoundException extends Error {
  override name = 'ResourceNotFoundException';
}

/** An event over {@link eventBytesMax}. */
export class RequestTooLargeException extends Error {
  override name = 'RequestTooLargeException';
}

/** The functions of an app, in worker threads of this process. */
export interface LambdaHost {
  put(spec: FunctionSpec): void;
  /** Calls a function as the other services do: with and for a JSON value. */
  invoke: Invoke;
  /** The same on JSON texts, for the HTTP endpoint. */
  invokeText(nameOrArn: string, payload: string): Promise<string>;
  has(nameOrArn: string): boolean;
  close(): Promise<void>;
}

/**
 * @param options.logDirectory one `<function>.log` each: what it prints, and its errors
 * @param options.runtimeModules a `node_modules` with the AWS SDK, which Lambda's runtime provides
 * @param options.compileCache folder for V8's code cache
 * @param options.clockShift the time that functions see
 */
export function createLambdaHost(options: {
  logDirectory: string;
  runtimeModules: string;
  compileCache: string;
  clockShift: SharedShift;
}): LambdaHost {
  const pools = new Map<string, SandboxPool>();

  async function invokeText(nameOrArn: string, payload: string): Promise<string> {
    const pool = pools.get(functionName(nameOrArn));
    if (!pool) throw new ResourceNotFoundException(`Function not found: ${nameOrArn}`);
    if (Buffer.byteLength(payload) > eventBytesMax) {
      throw new RequestTooLargeException(
        `Request must be smaller than ${eventBytesMax} bytes for ${nameOrArn}`,
      );
    }
    return pool.invoke(payload);
  }

  return {
    put({ reservedConcurrency, ...spec }) {
      const { runtimeModules, compileCache, clockShift } = options;
      const logPath = join(options.logDirectory, `${spec.functionName}.log`);
      const pool = new SandboxPool(
        { ...spec, runtimeModules, compileCache, clockShift },
        reservedConcurrency,
        logPath,
      );
      pools.set(spec.functionName, pool);
    },
    invokeText,
    invoke: async (nameOrArn, payload) =>
      JSON.parse(await invokeText(nameOrArn, JSON.stringify(payload ?? null))) as unknown,
    has: (nameOrArn) => pools.has(functionName(nameOrArn)),
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}

/** The name in `arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]`, `<account>:function:<name>` or itself. */
function functionName(nameOrArn: string): string {
  return /(?:^|:)function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn.split(':')[0]!;
}
