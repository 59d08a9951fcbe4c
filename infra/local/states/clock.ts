import { machineNow } from '../clock/shifted-date.ts';

/** The time and the timers of the local cloud, so that a test can hold them. */
export interface Clock {
  /** Now, in milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
  /** Calls back after the time was moved, where it can be; timers run on. The returned function ends that. */
  onMove?(listener: () => void): () => void;
}

/** Node fires a timer at once when its delay does not fit in 31 bits. */
const timerMsMax = 2 ** 31 - 1;

/** The time of this process, which a move of the local clock shifts; delays are the machine's, of any length. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const dueAt = machineNow() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = () => {
      const leftMs = dueAt - machineNow();
      timer = leftMs > timerMsMax ? setTimeout(arm, timerMsMax) : setTimeout(task, Math.max(0, leftMs));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` by `clock`; rejects with the signal's reason as soon as it aborts. */
export function pause(delayMs: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
