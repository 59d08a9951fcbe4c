import { availableParallelism } from 'node:os';
import { LogFile } from './log.ts';
import { Sandbox, type SandboxOptions } from './sandbox.ts';

const idleMillisecondsMax = 120_000;

/** A function as the template describes it. */
export interface FunctionSpec extends Omit<SandboxOptions, 'clockShift' | 'compileCache' | 'runtimeModules'> {
  /** How many invocations may run at once; without it, calls beyond what the machine takes wait. */
  reservedConcurrency?: number;
}

/** More calls at once than the function's reserved concurrency: Lambda's answer is 429. */
export class TooManyRequestsException extends Error {
  override name = 'TooManyRequestsException';
}

interface IdleSandbox {
  sandbox: Sandbox;
  timer: NodeJS.Timeout;
}

/** The sandboxes of one function: warm ones are used again, the last used first; idle ones end after a while. */
export class SandboxPool {
  readonly #options: SandboxOptions;
  readonly #reserved: number | undefined;
  readonly #log: LogFile;
  readonly #idle: IdleSandbox[] = [];
  readonly #busy = new Set<Sandbox>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closed = false;

  constructor(options: SandboxOptions, reservedConcurrency: number | undefined, logPath: string) {
    this.#options = options;
    this.#reserved = reservedConcurrency;
    this.#log = new LogFile(logPath);
  }

  /** @throws FunctionError, TooManyRequestsException */
  async invoke(payload: string): Promise<string> {
    await this.#enter();
    const sandbox = this.#take();
    this.#busy.add(sandbox);
    try {
      return await sandbox.invoke(payload);
    } finally {
      this.#busy.delete(sandbox);
      this.#release(sandbox);
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    for (const { timer } of this.#idle) clearTimeout(timer);
    const sandboxes = [...this.#busy, ...this.#idle.splice(0).map(({ sandbox }) => sandbox)];
    await Promise.all(sandboxes.map((sandbox) => sandbox.stop()));
    await this.#log.close();
  }

  async #enter(): Promise<void> {
    const max = this.#reserved ?? availableParallelism() * 2;
    if (this.#running >= max && this.#reserved !== undefined)
      throw new TooManyRequestsException('Rate Exceeded.');
    while (this.#running >= max && !this.#closed)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#closed) throw new Error('The local cloud is stopping');
    this.#running += 1;
  }

  #take(): Sandbox {
    for (let entry = this.#idle.pop(); entry; entry = this.#idle.pop()) {
      clearTimeout(entry.timer);
      if (entry.sandbox.alive) return entry.sandbox;
    }
    return new Sandbox(this.#options, this.#log);
  }

  #release(sandbox: Sandbox): void {
    if (!sandbox.alive || this.#closed) return;
    const timer = setTimeout(() => {
      const index = this.#idle.findIndex((entry) => entry.sandbox === sandbox);
      if (index >= 0) this.#idle.splice(index, 1);
      void sandbox.stop();
    }, idleMillisecondsMax);
    timer.unref();
    this.#idle.push({ sandbox, timer });
  }
}
