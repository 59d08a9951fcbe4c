/** CPU and memory of this process's descendants, from Linux's /proc; see proc(5). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What one process has used. */
export interface ProcessUse {
  pid: number;
  cpuSeconds: number;
  /** Since it started, or since {@link resetPeaks}. */
  peakMegabytes: number;
}

/** Linux fixes the unit of times in /proc for programs at 1/100 s. */
const ticksPerSecond = 100;

/** Whether this machine tells. */
export function canReadProcesses(): boolean {
  return process.platform === 'linux';
}

/** All living processes below a process. */
export function descendantsOf(ancestor: number): ProcessUse[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))] as const),
  );
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === ancestor || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).flatMap((pid) => useOf(pid) ?? []);
}

/** Begins the peaks of these processes anew at what they hold now. */
export function resetPeaks(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function useOf(pid: number): ProcessUse | undefined {
  const [stat, status] = [read(pid, 'stat'), read(pid, 'status')];
  const peak = /^VmHWM:\s*(\d+) kB/m.exec(status)?.[1];
  if (peak === undefined) return undefined;
  const [userTicks, systemTicks] = statFields(stat).slice(11, 13).map(Number);
  return {
    pid,
    cpuSeconds: ((userTicks ?? 0) + (systemTicks ?? 0)) / ticksPerSecond,
    peakMegabytes: Number(peak) / 1024,
  };
}

function parentOf(pid: number): number | undefined {
  const parent = statFields(read(pid, 'stat'))[1];
  return parent === undefined ? undefined : Number(parent);
}

/** What follows the name, which may hold blanks and parentheses: state, parent, … */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** '' where the process has ended meanwhile. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}
