/** The local cloud's clock, which people may move to see what time brings; how far is kept over a restart. */
import { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { installShiftedDate, newShift, readShift, type SharedShift, writeShift } from './shifted-date.ts';

export interface LocalClock {
  /** For the realms of worker threads. */
  readonly shift: SharedShift;
  /** How far the clock is ahead of the machine's, in milliseconds. */
  readonly offset: number;
  /** Sets how far. @throws RangeError beyond ten years */
  move(offset: number): void;
  /** Calls back after each move; the returned function ends that. */
  onMove(listener: () => void): () => void;
  /** Gives this thread the machine's time back. */
  close(): void;
}

const offsetMax = 10 * 366 * 24 * 60 * 60 * 1000;

/** Opens the clock that a file keeps, and lets this thread go by it: one a process. */
export function openLocalClock(file: string): LocalClock {
  const shift = newShift();
  writeShift(shift, keptOffset(file));
  const restore = installShiftedDate(shift);
  const moves = new EventEmitter().setMaxListeners(0);
  return {
    shift,
    get offset() {
      return readShift(shift);
    },
    move(offset) {
      if (!Number.isInteger(offset) || Math.abs(offset) > offsetMax) {
        throw new RangeError('The clock moves by whole milliseconds, ten years at most.');
      }
      writeFileSync(file, `${JSON.stringify({ offset })}\n`);
      writeShift(shift, offset);
      moves.emit('move');
    },
    onMove(listener) {
      moves.on('move', listener);
      return () => moves.off('move', listener);
    },
    close: restore,
  };
}

function keptOffset(file: string): number {
  try {
    const { offset } = JSON.parse(readFileSync(file, 'utf8')) as { offset?: unknown };
    return typeof offset === 'number' && Number.isInteger(offset) ? offset : 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
