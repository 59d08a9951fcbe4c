import type { Clock } from '../../../infra/local/states/clock.ts';

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<{ dueAt: number; task: () => void }>();

  constructor(start: string) {
    this.#nowMs = Date.parse(start);
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueAt: this.#nowMs + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Milliseconds until each timer, soonest first. */
  get waitsMs(): number[] {
    return [...this.#timers].map(({ dueAt }) => dueAt - this.#nowMs).sort((a, b) => a - b);
  }

  /** Moves the time, running what falls due in order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ dueAt }) => dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueAt);
      next.task();
    }
    this.#nowMs = end;
  }
}

/** A clock that can be set, too: the time then jumps, and what waits for so long still does. */
export class MovableClock extends ManualClock {
  #offset = 0;
  readonly #listeners = new Set<() => void>();

  override now(): number {
    return super.now() + this.#offset;
  }

  onMove(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  move(ms: number): void {
    this.#offset += ms;
    for (const listener of this.#listeners) listener();
  }
}
