import { hash } from 'node:crypto';

/** Length of a values hash: 128 bits in hex. */
export const hashLength = 32;

/** The columns in the order in which they are hashed, each with what stands before its value. */
export function hashLabels(names: readonly string[]): { at: number; label: string }[] {
  const order = [...names.keys()].sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1));
  return order.map((at) => ({ at, label: `\u0000${names[at]}\u0001` }));
}

/**
 * Compiles the hash of a member's canonical values: SHA-256, the first 128 bits, in hex. Blank values and the
 * order of columns do not count, so that a new or moved column changes no hash. A value cannot hold a NUL, which
 * therefore separates them.
 */
export function compileValuesHash(names: readonly string[]): (canonical: readonly string[]) => string {
  const labels = hashLabels(names);
  return (canonical) => {
    let text = '';
    for (const { at, label } of labels) {
      const value = canonical[at] as string;
      if (value !== '') text += label + value;
    }
    return hash('sha256', text, 'hex').slice(0, hashLength);
  };
}
