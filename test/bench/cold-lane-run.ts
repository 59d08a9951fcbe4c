import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What the bench of the cold lane printed. */
export interface ColdLaneReport {
  lines: string[];
}

/** Runs `cold-lane.ts` in a process of its own. @throws Error if it fails. */
export async function measureColdLane(rows: readonly number[]): Promise<ColdLaneReport> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cold-lane.ts'), ...rows.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`The bench of the cold lane ended with ${code}.`);
  return { lines: output.split('\n').filter((line) => line !== '') };
}

/** What a person reads of the report. */
export function coldLaneText({ lines }: ColdLaneReport): string {
  return ['The cold lane: unzip, validate and diff, without the database', ...lines].join('\n');
}
