import type { SharedShift } from '../clock/shifted-date.ts';

/** What a worker needs to load a function, as `workerData`. */
export interface SandboxData {
  functionName: string;
  /** `<file>.<export>`, as in the template. */
  handler: string;
  /** The unpacked bundle: Lambda's /var/task. */
  taskRoot: string;
  /** The unpacked layers, in order: together Lambda's /opt. */
  layerRoots: string[];
  /** A `node_modules` that has the SDK which Lambda's runtime provides. */
  runtimeModules: string;
  /** How far the local cloud's clock is ahead of the machine's. */
  clockShift: SharedShift;
}

/** An error as Lambda's runtime reports it. */
export interface ErrorRecord {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

/** Host to worker: one invocation; the worker handles one at a time. */
export interface InvocationMessage {
  requestId: string;
  /** The event as JSON. */
  payload: string;
  /** Milliseconds since 1970, of the machine's clock. */
  deadline: number;
  functionArn: string;
  memoryMegabytes: number;
}

/** Worker to host. */
export type SandboxMessage =
  | { kind: 'ready' }
  | { kind: 'initError'; error: ErrorRecord }
  | { kind: 'result'; payload: string }
  | { kind: 'error'; error: ErrorRecord };
