/** Vitest loads a global setup anew for each project; what all projects use is made once in a run. */
const made = globalThis as { musterMade?: Map<string, unknown> };

/** What the work answers; the first to ask has it done. */
export function once<T>(name: string, work: () => T): T {
  made.musterMade ??= new Map();
  if (!made.musterMade.has(name)) made.musterMade.set(name, work());
  return made.musterMade.get(name) as T;
}
