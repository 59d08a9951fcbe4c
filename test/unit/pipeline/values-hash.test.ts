import { compileValuesHash, HashInput, loadHasher } from 'roster/pipeline/values-hash';
import { describe, expect, it } from 'vitest';

const hasher = await loadHasher();

function hexOf(text: string): string {
  const input = new HashInput(hasher);
  const bytes = Buffer.from(text);
  bytes.copy(input.reserve(bytes.length));
  const hex = Buffer.alloc(16);
  input.writeHex(bytes.length, hex, 0);
  return hex.toString('latin1');
}

describe('the hash of a member’s values', () => {
  // Known answers of XXH64 with seed 0, as `xxhsum -H64` prints them.
  it.each([
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['abc', '44bc2cf5ad770999'],
  ])('is XXH64: of %j', (text, hex) => {
    expect(hexOf(text)).toBe(hex);
  });

  it('is the same for a long text after a short one, and otherwise for another', () => {
    const long = 'é'.repeat(5_000);
    expect(hexOf(long)).not.toBe(hexOf(`${long}e`));
    const hash = compileValuesHash(['A'], hasher);
    const first = hash([long]);
    hash(['x']);
    expect(hash([long])).toBe(first);
  });

  it('does not see blank values or the order of columns, and sees everything else', () => {
    const hash = compileValuesHash(['Name', 'Mail'], hasher);
    const same = hash(['Ann', 'a@b.org']);
    expect(compileValuesHash(['Mail', 'Name'], hasher)(['a@b.org', 'Ann'])).toBe(same);
    expect(compileValuesHash(['Name', 'Fee', 'Mail'], hasher)(['Ann', '', 'a@b.org'])).toBe(same);
    const others = [
      ['a@b.org', 'Ann'],
      ['Anna@b.org', ''],
      ['', 'Anna@b.org'],
      ['Ann', ''],
      ['', ''],
    ];
    const hashes = others.map((values) => hash(values));
    expect(new Set([same, ...hashes]).size).toBe(others.length + 1);
  });
});
