/**
 * The time as this realm (the main thread, or a worker) is to see it: the machine's, shifted. `Date` and what Intl takes
 * for "now" follow; timers, `performance` and other processes do not.
 */

const MachineDate = globalThis.Date;
const MachineFormat = Object.getOwnPropertyDescriptors(Intl.DateTimeFormat.prototype);

/** Milliseconds in one place that all threads of the process share, so that a move applies everywhere at once. */
export type SharedShift = SharedArrayBuffer;

/** A shift of nothing. */
export function newShift(): SharedShift {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
}

export function readShift(shift: SharedShift): number {
  return Number(Atomics.load(new BigInt64Array(shift), 0));
}

export function writeShift(shift: SharedShift, milliseconds: number): void {
  Atomics.store(new BigInt64Array(shift), 0, BigInt(Math.trunc(milliseconds)));
}

/** The machine's own time, in milliseconds since the epoch, for what waits by timers. */
export function machineNow(): number {
  return MachineDate.now();
}

/**
 * Lets this realm see the shifted time from now on; the returned function ends that. One shift a realm: a later one
 * takes the place of an earlier one.
 */
export function installShiftedDate(shift: SharedShift): () => void {
  const cell = new BigInt64Array(shift);
  const now = () => MachineDate.now() + Number(Atomics.load(cell, 0));
  const ShiftedDate = new Proxy(MachineDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget) as object,
    apply: () => new MachineDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  useDate(ShiftedDate);
  useFormat(now);
  return () => {
    if (globalThis.Date !== ShiftedDate) return;
    useDate(MachineDate);
    Object.defineProperties(Intl.DateTimeFormat.prototype, MachineFormat);
  };
}

function useDate(used: DateConstructor): void {
  globalThis.Date = used;
  MachineDate.prototype.constructor = used;
}

/** A format that is given no time takes the machine's, past `Date` (ECMA-402, 11.5.5). */
function useFormat(now: () => number): void {
  Object.defineProperties(Intl.DateTimeFormat.prototype, {
    format: {
      configurable: true,
      get(this: Intl.DateTimeFormat) {
        const format = MachineFormat.format?.get?.call(this) as Intl.DateTimeFormat['format'];
        return (at?: Date | number) => format(at ?? now());
      },
    },
    formatToParts: {
      configurable: true,
      writable: true,
      value(this: Intl.DateTimeFormat, at?: Date | number) {
        return (MachineFormat.formatToParts.value as Intl.DateTimeFormat['formatToParts']).call(
          this,
          at ?? now(),
        );
      },
    },
  });
}
