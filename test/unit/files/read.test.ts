import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { ImportLimits } from '../../../layers/roster/src/domain/import.ts';
import { splitFields } from '../../../layers/roster/src/files/fields.ts';
import type { FileLimits } from '../../../layers/roster/src/files/limits.ts';
import {
  type HeaderInfo,
  type ReadHints,
  type RosterRead,
  readRoster,
} from '../../../layers/roster/src/files/read.ts';
import { bufferSource } from '../../../layers/roster/src/files/source.ts';
import { describeShared } from '../../support/shared.ts';
import { zipOf } from './zips.ts';

const defaultFileLimits = ImportLimits.parse({});

interface Seen {
  header: HeaderInfo | undefined;
  rows: [line: number, ...fields: string[]][];
  restarts: number;
  read: RosterRead;
}

async function readAll(
  file: Buffer,
  options: { limits?: Partial<FileLimits>; chunkBytes?: number; knownNames?: string[]; as?: ReadHints } = {},
): Promise<Seen> {
  const seen: Omit<Seen, 'read'> = { header: undefined, rows: [], restarts: 0 };
  const read = await readRoster(
    bufferSource(file, options.chunkBytes),
    { ...defaultFileLimits, ...options.limits },
    {
      header(info) {
        expect(seen.header).toBeUndefined();
        seen.header = info;
      },
      async records(batch) {
        const delimiter = seen.header?.delimiter ?? '';
        for (const record of batch) {
          const fields = record.malformed
            ? [record.malformed.code]
            : splitFields(record.bytes, delimiter, record.quoted);
          seen.rows.push([record.line, ...fields]);
        }
        await Promise.resolve();
      },
      restart() {
        seen.restarts += 1;
        seen.header = undefined;
        seen.rows = [];
      },
    },
    { knownNames: options.knownNames ?? [], ...options.as },
  );
  return { ...seen, read };
}

function refused(file: Buffer | string, code: string, limits: Partial<FileLimits> = {}): Promise<void> {
  return expect(readAll(Buffer.from(file), { limits })).rejects.toMatchObject({ name: 'FileError', code });
}

describe('what a person says of a file', () => {
  it('goes before what it looks like', async () => {
    const macintosh = Buffer.concat([
      Buffer.from('ID,Pr'),
      Buffer.from([0x8e]),
      Buffer.from('nom;x\n1;Zo'),
      Buffer.from([0x91]),
      Buffer.from('\n'),
    ]);
    const guessed = await readAll(macintosh);
    expect(guessed.header).toMatchObject({ encoding: 'windows-1252', delimiter: ',' });
    const said = await readAll(macintosh, { as: { encoding: 'macintosh', delimiter: ';' }, chunkBytes: 3 });
    expect(said.header).toMatchObject({ encoding: 'macintosh', delimiter: ';', names: ['ID,Prénom', 'x'] });
    expect(said.rows).toEqual([[2, '1', 'Zoë']]);
    const tabs = await readAll(Buffer.from('sep=;\na;b\tc\n1\t2\n'), { as: { delimiter: '\t' } });
    expect(tabs.header?.names).toEqual(['a;b', 'c']);
  });

  it('leaves a byte order mark out, and is not doubted where the bytes are not that', async () => {
    const marked = await readAll(Buffer.from('\ufeffa\n1\n'), { as: { encoding: 'utf-8' } });
    expect(marked.header?.names).toEqual(['a']);
    const latin = Buffer.from('Prénom\nZoé\n', 'latin1');
    await expect(readAll(latin, { as: { encoding: 'utf-8' } })).rejects.toMatchObject({
      code: 'encoding_unknown',
    });
  });
});

describe('reading a roster', () => {
  const text = '\ufeffID;Nom;;\r\n1;"Zoé\r\nAnn";;\r\n\r\n2;a"b\r\n3;Bob\r\n';

  it('gives header, rows with their lines, and totals, in chunks of any size', async () => {
    const file = Buffer.from(text);
    for (const chunkBytes of [1, 2, 3, 7, file.length]) {
      const { header, rows, read } = await readAll(file, { chunkBytes });
      expect(header).toEqual({
        names: ['ID', 'Nom'],
        delimiter: ';',
        encoding: 'utf-8',
        format: 'csv',
        line: 1,
        inflatedBytesExpected: file.length,
      });
      expect(rows).toEqual([
        [2, '1', 'Zoé\r\nAnn', '', ''],
        [5, 'stray_quote'],
        [6, '3', 'Bob'],
      ]);
      const sha256 = createHash('sha256').update(file).digest('hex');
      expect(read).toEqual({ rows: 3, malformed: 1, inflatedBytes: file.length, sha256 });
    }
  });

  it('hashes the archive, and counts what it inflates to', async () => {
    const file = await zipOf([
      { name: 'first.pdf', bytes: 'x'.repeat(1000) },
      { name: 'r/roster.tsv', bytes: 'ID\tName\n1\tAnn\n' },
      { name: 'zz.pdf', bytes: 'y'.repeat(1000) },
    ]);
    const { header, rows, read } = await readAll(file, { chunkBytes: 50 });
    expect(header).toMatchObject({ delimiter: '\t', entryName: 'r/roster.tsv', inflatedBytesExpected: 14 });
    expect(rows).toEqual([[2, '1', 'Ann']]);
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(read).toEqual({ rows: 1, malformed: 0, inflatedBytes: 14, sha256 });
  });

  it('starts over as windows-1252 when UTF-8 breaks far into the file', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `${index},Ann Example\n`).join('');
    const file = Buffer.concat([
      Buffer.from(`ID,Name\n${lines}`),
      Buffer.from([0x58, 0x2c, 0x5a, 0x6f, 0xeb, 0x20, 0x80, 0x0a]),
    ]);
    const { header, rows, restarts, read } = await readAll(file);
    expect([restarts, header?.encoding, read.rows]).toEqual([1, 'windows-1252', 30_001]);
    expect(rows.at(-1)).toEqual([30_002, 'X', 'Zoë €']);
  });

  it.each([
    ['UTF-16 LE', Buffer.from('\ufeffID,Nom\n1,Zoé\n', 'utf16le')],
    ['UTF-16 BE without a mark', Buffer.from('ID,Nom\n1,Zoé\n', 'utf16le').swap16()],
    ['lines that end with CR', Buffer.from('ID,Nom\r1,Zoé\r')],
    ['no last line end', Buffer.from('ID,Nom\n1,Zoé')],
    ['a line for Excel', Buffer.from('sep=,\r\nID,Nom\r\n1,Zoé\r\n')],
  ])('reads a file with %s', async (_, file) => {
    const { header, rows } = await readAll(file);
    expect(header?.names).toEqual(['ID', 'Nom']);
    expect(rows.map(([, ...fields]) => fields)).toEqual([['1', 'Zoé']]);
  });

  it('takes known names for a hint', async () => {
    const file = Buffer.from('Member ID;Last name, first name, title\n1;x\n');
    expect((await readAll(file, { knownNames: ['Member ID'] })).header?.delimiter).toBe(';');
  });

  it.each<[string, string, string, Partial<FileLimits>]>([
    ['no header', '\n\n , \n', 'header_missing', {}],
    ['a header whose quotation mark stays open', `"${'x'.repeat(100)}`, 'header_malformed', {}],
    ['a header that does not end', `"${'xy\n'.repeat(100)}`, 'header_missing', { recordBytesMax: 50 }],
    ['a broken header', 'ID,"Na"me\n1,2\n', 'header_malformed', {}],
    ['a header and no rows', 'ID,Name\n\n,\n', 'no_rows', {}],
    ['a column twice', 'ID,ID\n1,2\n', 'duplicate_column', {}],
    ['too many columns', 'a,b,c\n1,2,3\n', 'too_many_columns', { columnsMax: 2 }],
    ['too many rows', 'a\n1\n2\n3\n', 'too_many_rows', { rowsMax: 2 }],
    ['too many broken rows', `a,b\n${'1,x"\n'.repeat(1001)}`, 'too_many_malformed_rows', {}],
    ['NUL characters far into it', `a,b\n${'1,2\n'.repeat(100_000)}\0`, 'not_a_roster_file', {}],
  ])('refuses a file with %s', (_, text_, code, limits) => refused(text_, code, limits));

  it('takes exactly as many rows as allowed', async () => {
    const { read } = await readAll(Buffer.from('a\n1\n2\n\n'), { limits: { rowsMax: 2 } });
    expect(read.rows).toBe(2);
  });

  it('ends with what the sink throws, and reads no further', async () => {
    const source = bufferSource(Buffer.from(`a\n${'1\n'.repeat(1_000_000)}`), 64 * 1024);
    let chunks = 0;
    const counted = {
      size: source.size,
      async *read(start: number, end: number) {
        for await (const chunk of source.read(start, end)) {
          chunks += 1;
          yield chunk;
        }
      },
    };
    const refusing = {
      header: () => {
        throw new RangeError('refused');
      },
      records: () => undefined,
      restart: () => undefined,
    };
    await expect(readRoster(counted, defaultFileLimits, refusing)).rejects.toThrow(RangeError);
    expect(chunks).toBeLessThan(6);
  });

  it('waits for the sink', async () => {
    let pending = 0;
    const file = Buffer.from(`a\n${'12345678901\n'.repeat(100_000)}`);
    const { rows } = await readRoster(bufferSource(file, 64 * 1024), defaultFileLimits, {
      header: () => undefined,
      restart: () => undefined,
      async records() {
        pending += 1;
        expect(pending).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        pending -= 1;
      },
    });
    expect(rows).toBe(100_000);
  });
});

describeShared('reading the members of Congress', ['data', 'congress'], (folder) => {
  it('gives what csv-parse gives, zipped and not', async () => {
    const file = readFileSync(join(folder, '2014-01.csv'));
    const [names, ...records] = parse(file, { relax_column_count: true, bom: true }) as string[][];
    for (const bytes of [file, await zipOf([{ name: '2014-01.csv', bytes: file }])]) {
      const { header, rows } = await readAll(bytes);
      expect(header?.names).toEqual(names);
      expect(rows.map(([, ...fields]) => fields)).toEqual(records);
    }
  });
});
