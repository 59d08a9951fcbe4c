import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What a bench that is a script of its own printed. */
export interface Lines {
  lines: string[];
}

/** Runs a script of this folder with sizes, in a process of its own. @throws Error if it fails. */
export async function linesOf(script: string, rows: readonly number[]): Promise<Lines> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...rows.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`The bench ${script} ended with ${code}.`);
  return { lines: output.split('\n').filter((line) => line !== '') };
}

/** What a person reads of it, under a title. */
export function titled(title: string, { lines }: Lines): string {
  return [title, ...lines].join('\n');
}
