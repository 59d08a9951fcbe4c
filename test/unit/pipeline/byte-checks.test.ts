import fc from 'fast-check';
import { shardCount, shardOf } from 'roster/domain/member';
import { isPlainlyClean } from 'roster/pipeline/byte-checks';
import { hashOfBytes } from 'roster/pipeline/byte-hash';
import { ByteWriter } from 'roster/pipeline/byte-writer';
import { describe, expect, it } from 'vitest';

const isCleanText = (text: string) => {
  const bytes = Buffer.from(text);
  return isPlainlyClean(bytes, 0, bytes.length);
};
/** Characters that the one before may take up under NFC: marks, and the jamo of a syllable's middle and end. */
const joins = /[\p{M}\u1161-\u1175\u11a8-\u11c2]/u;

describe('bytes of a value', () => {
  it('are clean only if no character is white space, joins with another or changes under NFC', () => {
    let clean = 0;
    for (let code = 0x80; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code);
      if (!isCleanText(`x${character}y`)) continue;
      clean += 1;
      const isSafe =
        character.trim() === character && character.normalize('NFC') === character && !joins.test(character);
      if (!isSafe) expect.unreachable(`U+${code.toString(16)}`);
    }
    expect(clean).toBeGreaterThan(30_000);
    expect(['Nguyễn', '東京', 'Иван', 'O’Neil', 'さくら', '서울', 'Zoë'].filter(isCleanText)).toHaveLength(7);
    expect(['Zoe\u0308', 'a\u00a0b', '\u3000', '😀', '\u1100\u1161', 'か\u3099'].filter(isCleanText)).toEqual(
      [],
    );
  });

  it('of ASCII hash to the shard of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (text) => {
        const bytes = Buffer.from(`<${text}>`);
        expect(hashOfBytes(bytes, 1, bytes.length - 1) % shardCount).toBe(shardOf(text));
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe('a writer of bytes', () => {
  it('writes whole numbers as JavaScript does, between texts and bytes', () => {
    const numbers = [0, 1, 9, 10, 99, 100, 65_535, 999_999, 1_000_000, 2_147_483_648, 4_294_967_295];
    const writer = new ByteWriter(0);
    for (const number of numbers) {
      writer.text('é');
      writer.decimal(number);
      writer.byte(0x2c);
    }
    expect(writer.length).toBe(Buffer.byteLength(numbers.map((number) => `é${number},`).join('')));
    expect(writer.take().toString()).toBe(numbers.map((number) => `é${number},`).join(''));
  });
});
