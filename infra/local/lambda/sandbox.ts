import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { machineNow } from '../clock/shifted-date.ts';
import { FunctionError } from '../invoke.ts';
import type { LogFile } from './log.ts';
import type { ErrorRecord, InvocationMessage, SandboxData, SandboxMessage } from './protocol.ts';

/** Longer than Lambda's 10 s: a laptop that starts twenty functions at once is slower than Lambda. */
const initMillisecondsMax = 30_000;

/** What a sandbox is made of: the function's description and the environment of its process. */
export interface SandboxOptions extends SandboxData {
  functionArn: string;
  /** Where compiled code is kept, so that the next cold start parses less. */
  compileCache: string;
  environment: Record<string, string>;
  memoryMegabytes: number;
  timeoutSeconds: number;
}

/**
 * One warm instance of a function: a worker thread that handles one invocation at a time.
 *
 * A crash, `process.exit`, the heap limit and the timeout end the worker and fail only the invocation in hand; the
 * error names are those of Lambda (https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html).
 */
export class Sandbox {
  /** False once the worker has ended: take another one. */
  alive = true;
  readonly #options: SandboxOptions;
  readonly #log: LogFile;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  #settle: ((message: SandboxMessage) => void) | undefined;

  constructor(options: SandboxOptions, log: LogFile) {
    this.#options = options;
    this.#log = log;
    const { environment, compileCache, ...workerData } = options;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: workerData satisfies SandboxData,
      // Told from outside, the cache also has the worker itself, whose types need not be taken off again.
      env: { ...environment, NODE_COMPILE_CACHE: compileCache },
      execArgv: ['--disable-warning=ExperimentalWarning', '--enable-source-maps'],
      stdout: true,
      stderr: true,
      // Lambda, too, gives Node's heap a little less than the memory of the function.
      resourceLimits: { maxOldGenerationSizeMb: Math.floor(options.memoryMegabytes * 0.9) },
    });
    this.#worker.stdout.on('data', (chunk: Buffer) => log.write(chunk));
    this.#worker.stderr.on('data', (chunk: Buffer) => log.write(chunk));
    this.#worker.on('message', (message: SandboxMessage) => this.#settle?.(message));
    this.#worker.on('error', (error) => this.#end(crash(error)));
    this.#worker.on('exit', (code) =>
      this.#end({ ...exited, errorMessage: `${exited.errorMessage} ${code}` }),
    );
    this.#ready = this.#expect('Runtime', initMillisecondsMax).then(() => undefined);
    // Whoever invokes sees the failure; without a handler here it would end the process before that.
    this.#ready.catch(() => undefined);
  }

  /** Runs the handler on a JSON text and gives its JSON answer. @throws FunctionError */
  async invoke(payload: string): Promise<string> {
    const requestId = randomUUID();
    try {
      await this.#ready;
      const { timeoutSeconds, functionArn, memoryMegabytes } = this.#options;
      const milliseconds = timeoutSeconds * 1000;
      const answer = this.#expect(requestId, milliseconds);
      const message: InvocationMessage = {
        requestId,
        payload,
        functionArn,
        memoryMegabytes,
        deadline: machineNow() + milliseconds,
      };
      this.#worker.postMessage(message);
      return await answer;
    } catch (error) {
      if (error instanceof FunctionError) this.#logError(requestId, error);
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  /** The next message of the worker, or the error that its end or the clock makes of it. */
  #expect(requestId: string, milliseconds: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const text = `RequestId: ${requestId} Error: Task timed out after ${(milliseconds / 1000).toFixed(2)} seconds`;
        this.#end({ errorType: 'Sandbox.Timedout', errorMessage: text, trace: [] });
        void this.#worker.terminate();
      }, milliseconds);
      this.#settle = (message) => {
        clearTimeout(timer);
        this.#settle = undefined;
        if (message.kind === 'initError') void this.stop();
        if (message.kind === 'ready' || message.kind === 'result') {
          resolve(message.kind === 'ready' ? '' : message.payload);
        } else {
          const { errorType, errorMessage, trace } = message.error;
          reject(new FunctionError(errorType, errorMessage, trace));
        }
      };
    });
  }

  #end(error: ErrorRecord): void {
    this.alive = false;
    this.#settle?.({ kind: 'error', error });
  }

  #logError(requestId: string, { errorType, errorMessage, trace }: FunctionError): void {
    const stack = trace?.length ? trace : [`${errorType}: ${errorMessage}`];
    this.#log.write(
      `${new Date().toISOString()}\t${requestId}\tERROR\tInvoke Error\t${stack.join('\n\t')}\n`,
    );
  }
}

const exited: ErrorRecord = {
  errorType: 'Runtime.ExitError',
  errorMessage: 'Error: Runtime exited with error: exit status',
  trace: [],
};

function crash(error: unknown): ErrorRecord {
  if (!(error instanceof Error))
    return { errorType: 'Runtime.Unknown', errorMessage: String(error), trace: [] };
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return {
      errorType: 'Runtime.OutOfMemory',
      errorMessage: 'Error: Runtime exited: heap out of memory',
      trace: [],
    };
  }
  const trace = error.stack?.split('\n') ?? [];
  return {
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: `${error.name}: ${error.message}`,
    trace,
  };
}
