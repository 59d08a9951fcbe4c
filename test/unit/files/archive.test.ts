import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { ImportLimits } from '../../../layers/roster/src/domain/import.ts';
import { openRoster } from '../../../layers/roster/src/files/archive.ts';
import { FileError } from '../../../layers/roster/src/files/errors.ts';
import { readRoster } from '../../../layers/roster/src/files/read.ts';
import { bufferSource, fileSource } from '../../../layers/roster/src/files/source.ts';
import { describeShared } from '../../support/shared.ts';
import { type ZipContent, zipOf } from './zips.ts';

const defaultFileLimits = ImportLimits.parse({});

const csv = 'ID,Name\n1,Ann\n2,Bob\n';

async function contentsOf(
  file: Buffer,
  limits = defaultFileLimits,
): Promise<{ entryName?: string; text: string }> {
  const roster = await openRoster(bufferSource(file, 1000), limits);
  const chunks: Uint8Array[] = [];
  for await (const chunk of roster.open()) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { ...(roster.entryName !== undefined && { entryName: roster.entryName }), text };
}

function refused(file: Buffer, code: string, limits = defaultFileLimits): Promise<void> {
  return expect(contentsOf(file, limits)).rejects.toMatchObject({ name: 'FileError', code });
}

describe('finding the roster in a file', () => {
  it.each<[string, ZipContent[]]>([
    ['deflated', [{ name: 'roster.csv', bytes: csv }]],
    ['stored', [{ name: 'roster.csv', bytes: csv, options: { compress: false } }]],
    ['in Zip64', [{ name: 'roster.csv', bytes: csv, options: { forceZip64Format: true } }]],
    [
      'in a folder, with what macOS adds',
      [
        { name: 'export/', bytes: '' },
        { name: 'export/roster.csv', bytes: csv },
        { name: '__MACOSX/export/._roster.csv', bytes: 'x' },
        { name: 'export/.DS_Store', bytes: 'x' },
        { name: 'export/._other.csv', bytes: 'x' },
        { name: 'read me.pdf', bytes: 'x' },
      ],
    ],
  ])('opens one that is %s', async (_, contents) => {
    const name = contents.find((content) => content.name.endsWith('roster.csv'))?.name;
    expect(await contentsOf(await zipOf(contents))).toEqual({ entryName: name, text: csv });
  });

  it('opens one that was streamed, with its sizes after the data', async () => {
    const archive = new ZipFile();
    archive.addReadStream(Readable.from([Buffer.from(csv)]), 'roster.txt');
    archive.end();
    expect((await contentsOf(await buffer(archive.outputStream))).text).toBe(csv);
  });

  it('finds the end behind a long comment', async () => {
    const file = await zipOf([{ name: 'roster.csv', bytes: csv }], { comment: 'c'.repeat(60_000) });
    expect((await contentsOf(file)).text).toBe(csv);
  });

  it('reads text as it is, whatever it is called', async () => {
    expect(await contentsOf(Buffer.from('PK,Name\n1,x\n'))).toEqual({ text: 'PK,Name\n1,x\n' });
  });
});

describe('files that cannot be a roster', () => {
  it.each([
    ['an empty file', '', 'file_empty'],
    ['an old workbook', 'd0cf11e0a1b11ae1', 'not_a_roster_file'],
    ['a gzip file', '1f8b0800', 'not_a_roster_file'],
    ['a PDF', '255044462d312e37', 'not_a_roster_file'],
    ['the start of an archive', '504b03041400', 'zip_corrupt'],
  ])('refuses %s', (_, hex, code) => refused(Buffer.from(hex, 'hex'), code));

  it.each<[string, string[], string]>([
    ['no file', ['folder/', '__MACOSX/x.csv'], 'It is empty'],
    ['no roster', ['photo.jpg'], '“photo.jpg”'],
    ['two rosters', ['a.csv', 'b.TXT'], '“a.csv”, “b.TXT”'],
  ])('says what is in an archive with %s', async (_, names, place) => {
    const file = await zipOf(names.map((name) => ({ name, bytes: name.endsWith('/') ? '' : csv })));
    await expect(contentsOf(file)).rejects.toThrow(place);
  });

  it.each(['../up.csv', '/root.csv', 'C:/x.csv', 'a/../../b.csv', '..\\up.csv', 'nul\0.csv'])(
    'refuses the path %j',
    async (name) => {
      const harmless = 'x'.repeat(name.length);
      const file = await zipOf([{ name: harmless, bytes: csv }]);
      await refused(replaced(file, harmless, name), 'zip_unsafe_path');
    },
  );
});

describe('bounds of an archive', () => {
  const zeros = Buffer.alloc(3 * 1024 * 1024);

  it('are on the size of the file and of what is in it', async () => {
    const file = await zipOf([{ name: 'a.csv', bytes: csv.repeat(10) }]);
    await refused(file, 'file_too_large', { ...defaultFileLimits, fileBytesMax: file.length - 1 });
    await refused(file, 'inflated_too_large', { ...defaultFileLimits, inflatedBytesMax: 199 });
  });

  it('are on how many entries there are', async () => {
    const file = await zipOf(['a.csv', 'b', 'c'].map((name) => ({ name, bytes: csv })));
    await refused(file, 'zip_too_many_entries', { ...defaultFileLimits, entriesMax: 2 });
    expect((await contentsOf(file, { ...defaultFileLimits, entriesMax: 3 })).text).toBe(csv);
  });

  it('are on the ratio, but not for a small file', async () => {
    await refused(await zipOf([{ name: 'a.csv', bytes: zeros }]), 'ratio_too_high');
    const small = zeros.subarray(0, 1024 * 1024);
    expect((await contentsOf(await zipOf([{ name: 'a.csv', bytes: small }]))).text.length).toBe(1024 * 1024);
  });

  it('count what inflates, whatever the directory says', async () => {
    const file = await zipOf([{ name: 'a.csv', bytes: zeros }]);
    const directory = file.indexOf('PK\u0001\u0002');
    file.writeUInt32LE(1000, directory + 24);
    await refused(file, 'zip_corrupt');
  });

  it.each([
    ['checksum', 16, 'zip_corrupt'],
    ['inflated size', 24, 'zip_corrupt'],
    ['place', 42, 'zip_corrupt'],
  ])('refuses a wrong %s', async (_, offset, code) => {
    const file = await zipOf([{ name: 'a.csv', bytes: csv }]);
    const at = file.indexOf('PK\u0001\u0002') + offset;
    file.writeUInt32LE(file.readUInt32LE(at) + 1, at);
    await refused(file, code);
  });

  it('refuses contents with one bit changed', async () => {
    const file = await zipOf([{ name: 'a.csv', bytes: csv, options: { compress: false } }]);
    const at = file.indexOf('Ann');
    file.writeUInt8(file.readUInt8(at) ^ 1, at);
    await refused(file, 'zip_corrupt');
  });

  it('refuses an archive whose count says more entries than memory holds', async () => {
    const file = await zipOf([{ name: 'a.csv', bytes: csv }], { forceZip64Format: true });
    const end = file.indexOf('PK\u0006\u0006');
    file.writeBigUInt64LE(2n ** 40n, end + 32);
    await refused(file, 'zip_too_many_entries');
  });

  it('passes on what the source throws, with no word of a damaged file', async () => {
    const file = bufferSource(await zipOf([{ name: 'a.csv', bytes: csv }]));
    const roster = await openRoster(file, defaultFileLimits);
    const lost = roster.open(async function* () {
      yield Buffer.alloc(0);
      throw new Error('connection lost');
    });
    await expect(buffer(lost)).rejects.toThrow('connection lost');
  });
});

function replaced(file: Buffer, from: string, to: string): Buffer {
  return Buffer.from(file.toString('latin1').replaceAll(from, to), 'latin1');
}

async function codeOf(path: string): Promise<string> {
  const sink = { header: () => undefined, records: () => undefined, restart: () => undefined };
  try {
    const { rows } = await readRoster(await fileSource(path), defaultFileLimits, sink);
    return `${rows} rows`;
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
}

describeShared('archives of others', ['data', 'zips'], (folder) => {
  /** The start of each file's name in `malformed`, which says what yauzl finds wrong, and the code here. */
  const malformed: [start: string, code: string][] = [
    [
      'End of central directory record signature not found Either not a zip file or file is truncated.',
      'zip_corrupt',
    ],
    [
      'End of central directory record signature not found Either not a zip file or file is truncated_1',
      'file_empty',
    ],
    ['Invalid comment length', 'zip_corrupt'],
    ['absolute path C', 'zip_unsafe_path'],
    ['absolute path a', 'zip_unsafe_path'],
    ['compressed uncompressed size mismatch', 'zip_corrupt'],
    // Two .txt files, refused before the broken extra field of one of them matters.
    ['extra field length exceeds', 'zip_many_rosters'],
    ['file data overflows file bounds', 'zip_corrupt'],
    ['invalid central directory file header', 'zip_corrupt'],
    // A backslash is a separator to old Windows tools; the one roster has a line, which is its header.
    ['invalid characters in fileName', 'no_rows'],
    ['invalid code lengths set', 'zip_no_roster'],
    ['invalid local file header', 'zip_many_rosters'],
    ['invalid relative path', 'zip_unsafe_path'],
    ['invalid zip64 end of central directory', 'zip_corrupt'],
    ['multi-disk', 'zip_unsupported'],
    ['not enough bytes in the stream', 'zip_no_roster'],
    ['strong encryption', 'zip_encrypted'],
    ['too many bytes in the stream', 'zip_no_roster'],
    ['too many length or distance symbols', 'zip_no_roster'],
    ['unexpected EOF', 'zip_corrupt'],
    ['unsupported compression method', 'zip_many_rosters'],
    ['zip64 extended information extra field does not include compressed', 'header_missing'],
    ['zip64 extended information extra field does not include relative', 'header_missing'],
    ['zip64 extended information extra field does not include uncompressed', 'header_missing'],
  ];

  it.each(readdirSync(join(folder, 'malformed')))(
    'refuses %s at once',
    async (name) => {
      const expected = malformed.filter(([start]) => name.startsWith(start)).map(([, code]) => code);
      expect([await codeOf(join(folder, 'malformed', name))]).toEqual(expected);
    },
    1_000,
  );

  it('refuses the bomb of overlapping files at once', async () => {
    expect(await codeOf(join(folder, 'overlapping-bomb.zip'))).toBe('zip_overlapping');
  }, 1_000);

  /** What the valid archives hold, by what is in them; no one holds a roster with rows. */
  const valid: Record<string, string> = {
    'NtfsTimestamp.zip': 'zip_no_roster',
    'big-compression.zip': 'zip_no_roster',
    'big-uncompressed.zip': 'zip_no_roster',
    'bogus-compression-method.zip': 'zip_no_roster',
    'cygwin-info-zip.zip': 'zip_many_rosters',
    'deflate.zip': 'zip_no_roster',
    'directories.zip': 'header_missing',
    'empty.zip': 'zip_no_roster',
    'everything.zip': 'zip_too_many_entries',
    'linux-info-zip.zip': 'zip_many_rosters',
    'sloppy-filenames.zip': 'no_rows',
    'streaming.zip': 'zip_many_rosters',
    'traditional-encryption-and-compression.zip': 'zip_no_roster',
    'traditional-encryption-and-compression_deprecated.zip': 'zip_no_roster',
    'traditional-encryption.zip': 'zip_encrypted',
    'traditional-encryption_deprecated.zip': 'zip_encrypted',
    'unicode-path-extra-field.zip': 'zip_unsafe_path',
    'unicode.zip': 'zip_no_roster',
    'unix-epoch.zip': 'header_missing',
    'windows-7-zip.zip': 'zip_many_rosters',
    'windows-compressed-folder.zip': 'zip_many_rosters',
    'zip64.zip': 'zip_many_rosters',
  };

  it.each(readdirSync(join(folder, 'valid')))('says what is in %s', async (name) => {
    expect(await codeOf(join(folder, 'valid', name))).toBe(valid[name]);
  });
});
