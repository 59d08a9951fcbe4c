import { KnownValues, type Reading } from 'roster/pipeline/known-values';
import { describe, expect, it } from 'vitest';

function upperCase(text: string): Reading {
  const canonical = text.toUpperCase();
  return { json: undefined, canonical, canonicalBytes: Buffer.from(canonical), active: undefined };
}

describe('values that are known', () => {
  it('read as the check says, more of them than are remembered, and again', () => {
    let checks = 0;
    const known = new KnownValues({
      read(text) {
        checks += 1;
        return text.startsWith('bad') ? undefined : upperCase(text);
      },
    });
    const texts = Array.from({ length: 4_000 }, (_, at) => (at % 7 === 0 ? `bad ${at}` : `é${at}`));
    for (const text of [...texts, ...texts.toReversed()]) {
      const bytes = Buffer.from(`"${text}"`);
      const reading = known.read(bytes, 1, bytes.length - 1);
      const canonical = text.startsWith('bad') ? undefined : text.toUpperCase();
      expect(reading?.canonical).toBe(canonical);
      expect(reading?.canonicalBytes.toString()).toBe(canonical);
    }
    expect(checks).toBeLessThan(2 * texts.length);
  });

  it('do not change with the bytes that they were read from', () => {
    const known = new KnownValues({ read: upperCase });
    const bytes = Buffer.from('yes');
    known.read(bytes, 0, 3);
    bytes.write('no!');
    expect(known.read(bytes, 0, 3)?.canonical).toBe('NO!');
    expect(known.read(Buffer.from('yes'), 0, 3)?.canonical).toBe('YES');
  });
});
