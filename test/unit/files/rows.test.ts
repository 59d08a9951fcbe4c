import { describe, expect, it } from 'vitest';
import { type Frame, FrameBuffer, readFrames } from '../../../layers/roster/src/files/rows.ts';

const rows: Frame[] = [
  { line: 2, quoted: false, malformed: undefined, bytes: Buffer.from('1,Zoé') },
  { line: 4_294_967_295, quoted: true, malformed: undefined, bytes: Buffer.from('"a\nb",2') },
  { line: 9, quoted: false, malformed: { code: 'record_too_long', column: 1 }, bytes: Buffer.alloc(0) },
  { line: 10, quoted: false, malformed: { code: 'stray_quote', column: 200 }, bytes: Buffer.alloc(0) },
];

describe('rows in work files', () => {
  it('come back as they were put in, from several segments', () => {
    const buffer = new FrameBuffer();
    for (const row of rows.slice(0, 2)) buffer.append(row);
    const first = buffer.take();
    for (const row of rows.slice(2)) buffer.append(row);
    expect([...readFrames(first, buffer.take())]).toEqual(rows);
    expect(buffer.length).toBe(0);
  });

  it('has the layout that its description gives', () => {
    const buffer = new FrameBuffer();
    buffer.append({ line: 258, quoted: true, bytes: Buffer.from('"x"') });
    buffer.append({
      line: 1,
      quoted: false,
      malformed: { code: 'text_after_quote', column: 3 },
      bytes: Buffer.alloc(0),
    });
    expect(buffer.take().toString('hex')).toBe('0201000001030000002278220100000004040000000' + '3000000');
  });

  it('grows over any number of rows', () => {
    const buffer = new FrameBuffer();
    const bytes = Buffer.alloc(1000, 'x');
    for (let line = 1; line <= 500; line++) buffer.append({ line, quoted: false, bytes });
    expect(buffer.length).toBe(500 * 1009);
    const lines = Array.from(readFrames(buffer.take()), (frame) => frame.line + frame.bytes.length);
    expect(lines).toEqual(Array.from({ length: 500 }, (_, index) => index + 1 + 1000));
  });

  it('is refused if it is cut inside of a row', () => {
    const buffer = new FrameBuffer();
    buffer.append({ line: 1, quoted: false, bytes: Buffer.from('abc') });
    const cut = buffer.take().subarray(0, -1);
    expect(() => [...readFrames(cut)]).toThrow(RangeError);
  });
});
