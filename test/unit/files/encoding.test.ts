import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectEncoding, NotUtf8, toUtf8 } from '../../../layers/roster/src/files/encoding.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size = bytes.length): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of toUtf8(inPieces(bytes, size), detectEncoding(bytes))) {
    // Each chunk has to be whole characters, so it is decoded by itself.
    chunks.push(Buffer.from(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(chunk)));
  }
  return Buffer.concat(chunks).toString();
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

const text = 'ID;Nom\n1;Zoé Müller €😀\n';

describe('encodings', () => {
  it.each([
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`), 'utf-8'],
    ['UTF-16 LE with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le'],
    ['UTF-16 BE with a mark', utf16be(`\ufeff${text}`), 'utf-16be'],
    ['UTF-16 LE', Buffer.from(text, 'utf16le'), 'utf-16le'],
    ['UTF-16 BE', utf16be(text), 'utf-16be'],
  ])('reads %s in chunks of any size', async (_, bytes, encoding) => {
    expect(detectEncoding(bytes).encoding).toBe(encoding);
    for (const size of [1, 2, 3, 5, 7, bytes.length]) expect(await read(bytes, size)).toBe(text);
  });

  it('reads windows-1252, whose euro sign is 0x80', async () => {
    const chunks: Buffer[] = [];
    const bytes = Buffer.from([0x5a, 0x6f, 0xe9, 0x20, 0x80]);
    const encoding = { encoding: 'windows-1252', bomBytes: 0 } as const;
    for await (const chunk of toUtf8(inPieces(bytes, 2), encoding)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('Zoé €');
  });

  it('agrees with TextDecoder on what is UTF-8, wherever the chunks end', async () => {
    const byte = fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0xbf,
      0xc2,
      0xc3,
      0xe2,
      0x82,
      0xac,
      0xed,
      0xa0,
      0xf0,
      0x9f,
      0x98,
      0xf5,
      0xff,
    );
    const piece = fc.oneof(
      fc.constantFrom('a', 'é', '€', '😀').map((character) => [...Buffer.from(character)]),
      fc.array(byte, { maxLength: 2 }),
    );
    const bytes = fc.array(piece, { maxLength: 6 }).map((pieces) => Buffer.from(pieces.flat()));
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 5 }), async (drawn, size) => {
        const chunks: Buffer[] = [];
        const reading = (async () => {
          const encoding = { encoding: 'utf-8', bomBytes: 0 } as const;
          for await (const chunk of toUtf8(inPieces(drawn, size), encoding)) chunks.push(chunk);
          return Buffer.concat(chunks).toString();
        })();
        const expected = decoded(drawn);
        if (expected === undefined) await expect(reading).rejects.toBeInstanceOf(NotUtf8);
        else expect(await reading).toBe(expected);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  it.each([
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]), 'encoding_unknown'],
    ['UTF-16 with half a character', Buffer.from([0xff, 0xfe, 0x41]), 'encoding_unknown'],
    [
      'UTF-8 that breaks what its mark says',
      Buffer.from([0xef, 0xbb, 0xbf, 0x41, 0xe9, 0x41]),
      'encoding_unknown',
    ],
    [
      'a binary file',
      Buffer.from([0x41, 0x42, 0x00, 0x01, 0x43, 0x02, 0x00, 0x44, 0x00, 0x00]),
      'not_a_roster_file',
    ],
  ])('refuses %s', async (_, bytes, code) => {
    await expect((async () => read(bytes))()).rejects.toMatchObject({ name: 'FileError', code });
  });

  function decoded(bytes: Buffer): string | undefined {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return undefined;
    }
  }
});
