import { hash } from 'node:crypto';

/**
 * Compiles the hash of a member's canonical values: SHA-256, the first 128 bits, in hex. Blank values and the
 * order of columns do not count, so that a new or moved column changes no hash. A value cannot hold a NUL, which
 * therefore separates them.
 */
export function compileValuesHash(names: readonly string[]): (canonical: readonly string[]) => string {
  const order = [...names.keys()].sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1));
  const labels = order.map((index) => `${names[index]}\u0001`);
  return (canonical) => {
    let text = '';
    for (let index = 0; index < order.length; index++) {
      const value = canonical[order[index] as number] as string;
      if (value !== '') text += `${labels[index]}${value}\u0000`;
    }
    return hash('sha256', text, 'hex').slice(0, 32);
  };
}
