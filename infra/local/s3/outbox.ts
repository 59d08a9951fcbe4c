import type { EventBridgeEvent } from './events.ts';
import type { Metadata, OutboxRow } from './metadata.ts';

const IN_FLIGHT_MAX = 16;
const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 10_000;
/** Events that wait for a retry stay at the head of the table; the window looks past them. */
const WINDOW_ROWS = 500;

interface Failure {
  attempts: number;
  dueMs: number;
}

/**
 * Delivers the events of the outbox at least once, each on its own: one that fails is tried again with a doubling
 * pause (0.1 to 10 s) and holds no other back. Rows that an earlier process left are delivered too.
 */
export class Outbox {
  readonly #metadata: Metadata;
  readonly #deliver: (event: EventBridgeEvent) => Promise<void>;
  readonly #inFlight = new Set<number>();
  readonly #failures = new Map<number, Failure>();
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = 0;
  #closed = false;

  constructor(metadata: Metadata, deliver: (event: EventBridgeEvent) => Promise<void>) {
    this.#metadata = metadata;
    this.#deliver = deliver;
  }

  /** Writes an event down; call it inside the transaction of the change that it tells of. */
  add(event: EventBridgeEvent): void {
    this.#metadata.addEvent(JSON.stringify(event));
    this.wake(0);
  }

  /** Looks for due events after a pause, or earlier where that was planned. */
  wake(afterMs: number): void {
    const dueMs = performance.now() + afterMs;
    if (this.#closed || (this.#timer !== undefined && this.#timerDueMs <= dueMs)) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(() => this.#dispatch(), afterMs);
  }

  /** Starts no further delivery; one that is under way may finish, and its event will be delivered again. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #dispatch(): void {
    this.#timer = undefined;
    const now = performance.now();
    const rows = this.#metadata.events(WINDOW_ROWS).filter((row) => !this.#inFlight.has(row.id));
    const due = rows.filter((row) => (this.#failures.get(row.id)?.dueMs ?? 0) <= now);
    for (const row of due.slice(0, IN_FLIGHT_MAX - this.#inFlight.size)) void this.#send(row);
    const nextMs = Math.min(
      ...rows.map((row) => this.#failures.get(row.id)?.dueMs ?? now).filter((ms) => ms > now),
    );
    if (Number.isFinite(nextMs)) this.wake(Math.max(1, nextMs - now));
  }

  async #send(row: OutboxRow): Promise<void> {
    this.#inFlight.add(row.id);
    try {
      await this.#deliver(JSON.parse(row.event) as EventBridgeEvent);
      if (!this.#closed) this.#metadata.deleteEvent(row.id);
      this.#failures.delete(row.id);
    } catch {
      // What went wrong is the receiver's to report: here it only means that the event is still to be delivered.
      this.#postpone(row.id);
    } finally {
      this.#inFlight.delete(row.id);
      this.wake(0);
    }
  }

  #postpone(id: number): void {
    const attempts = (this.#failures.get(id)?.attempts ?? 0) + 1;
    const pauseMs = Math.min(RETRY_FIRST_MS * 2 ** (attempts - 1), RETRY_LAST_MS);
    this.#failures.set(id, { attempts, dueMs: performance.now() + pauseMs });
  }
}
