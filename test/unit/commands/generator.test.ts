import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { checkSchema } from 'roster/domain/schema';
import { Open } from 'unzipper';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { columnNames, generatorColumns, type RosterRow } from '../../../commands/sample/columns.ts';
import { writeRosterCsv, writeRosterZip } from '../../../commands/sample/files.ts';
import { nextVersion } from '../../../commands/sample/next-version.ts';
import { shuffledPlace } from '../../../commands/sample/random.ts';
import { rosterRows } from '../../../commands/sample/rows.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-generator-'));
});
afterAll(() => rm(directory, { recursive: true }));

const seed = 7;
const rows = 3_000;
const first = [...rosterRows({ seed, rows })];

test('the same seed gives the same rows, another seed others', () => {
  expect([...rosterRows({ seed, rows })]).toEqual(first);
  expect([...rosterRows({ seed: seed + 1, rows: 5 })]).not.toEqual(first.slice(0, 5));
});

test('a smaller file is the beginning of a larger one', () => {
  expect([...rosterRows({ seed, rows: 10 })]).toEqual(first.slice(0, 10));
});

test('ids and emails are unique, whatever the case', () => {
  for (const column of ['MemberID', 'Email'] as const) {
    expect(new Set(first.map((row) => row[column].toLowerCase())).size).toBe(rows);
  }
});

test('every value is of its column’s type', () => {
  const day = z.iso.date();
  const email = z.email();
  for (const row of first) {
    expect(email.safeParse(row.Email).success, row.Email).toBe(true);
    expect(parsePhoneNumberFromString(row.Phone)?.isValid(), row.Phone).toBe(true);
    expect(day.safeParse(row.Birthday).success && day.safeParse(row.JoinedOn).success).toBe(true);
    expect(row.Fee).toMatch(/^\d+\.\d\d$/);
    expect(
      [row.FirstName, row.LastName, row.FullName, row.City, row.PostalCode].every((text) => text.length > 0),
    ).toBe(true);
  }
});

test('the roster is as varied as real ones: accents, blanks, commas, quotes, apostrophes', () => {
  const some = (test: (row: RosterRow) => boolean) => first.filter(test).length / rows;
  expect(some((row) => row.MiddleName === '')).toBeGreaterThan(0.5);
  expect(some((row) => row.MiddleName !== '')).toBeGreaterThan(0.2);
  expect(some((row) => /\P{ASCII}/u.test(row.FullName))).toBeGreaterThan(0.3);
  expect(some((row) => Object.values(row).some((value) => value.includes(',')))).toBeGreaterThan(0.1);
  expect(some((row) => Object.values(row).some((value) => value.includes('"')))).toBeGreaterThan(0.1);
});

test('the schema for it is one that Muster takes, with the file’s columns in order', () => {
  expect(() => checkSchema(generatorColumns)).not.toThrow();
  expect(generatorColumns.map(({ name }) => name)).toEqual([...columnNames]);
  expect(columnNames).toHaveLength(15);
});

test('the CSV reads back by csv-parse as the very rows', async () => {
  const path = join(directory, 'a.csv');
  await writeRosterCsv(path, first);
  const text = await readFile(path, 'utf8');
  expect(parse(text, { columns: true, record_delimiter: '\r\n' })).toEqual(first);
  expect(text.endsWith('\r\n')).toBe(true);
});

test('a zip holds the CSV, and its bytes are the same each time', async () => {
  const [a, b, csv] = ['a.zip', 'b.zip', 'c.csv'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await writeRosterZip(a, rosterRows({ seed, rows }));
  await writeRosterZip(b, rosterRows({ seed, rows }));
  await writeRosterCsv(csv, rosterRows({ seed, rows }));
  expect((await readFile(a)).equals(await readFile(b))).toBe(true);
  const { files } = await Open.file(a);
  expect(files.map(({ path }) => path)).toEqual(['roster.csv']);
  expect((await files[0]!.buffer()).equals(await readFile(csv))).toBe(true);
});

test('a failure to write the zip is told', async () => {
  await expect(
    writeRosterZip(join(directory, 'none', 'a.zip'), rosterRows({ seed, rows: 2 })),
  ).rejects.toThrow('ENOENT');
  const broken = (function* () {
    yield first[0] as RosterRow;
    throw new Error('no more rows');
  })();
  await expect(writeRosterZip(join(directory, 'broken.zip'), broken)).rejects.toThrow('no more rows');
});

test('the next version differs in exactly the shares, and says where', () => {
  const next = nextVersion({ seed, rows });
  // 1 %, 0.5 % and 0.5 % of 3,000.
  expect(next.counts).toEqual({ rows: 3_000, updated: 30, added: 15, absent: 15, unchanged: 2_955 });
  expect(compare(first, [...next.rows()])).toEqual({ updated: 30, added: 15, absent: 15, unchanged: 2_955 });
});

test('what it says of each id is what differs', () => {
  const next = nextVersion({ seed, rows, updatedShare: 0.1, addedShare: 0.02, absentShare: 0.03 });
  const after = new Map([...next.rows()].map((row) => [row.MemberID, row]));
  expect([...after.values()]).toEqual([...next.rows()]);
  for (const row of first) {
    const now = after.get(row.MemberID);
    const changed = now && columnNames.filter((name) => now[name] !== row[name]);
    const said = next.differenceOf(row.MemberID);
    expect(said).toBe(changed === undefined ? 'absent' : changed.length > 0 ? 'updated' : 'unchanged');
    expect(next.changedColumnsOf(row.MemberID).sort()).toEqual((changed ?? []).sort());
    after.delete(row.MemberID);
  }
  expect([...after.keys()].map(next.differenceOf)).toEqual(Array(60).fill('added'));
  expect(next.differenceOf('M9999999')).toBeUndefined();
  expect(next.differenceOf('x')).toBeUndefined();
});

test('shares at their ends', () => {
  const all = nextVersion({ seed, rows: 10, updatedShare: 0, addedShare: 0, absentShare: 1 });
  expect([...all.rows()]).toEqual([]);
  const none = nextVersion({ seed, rows: 10, updatedShare: 0, addedShare: 0, absentShare: 0 });
  expect([...none.rows()]).toEqual(first.slice(0, 10));
  expect(() => nextVersion({ seed, rows: 10, updatedShare: 0.6, absentShare: 0.6 })).toThrow(RangeError);
  expect(() => nextVersion({ seed, rows: 10, addedShare: 1.5 })).toThrow(RangeError);
  expect(() => [...rosterRows({ seed, rows: 1.5 })]).toThrow(RangeError);
});

test.each([1, 2, 3, 10, 255, 256, 257, 1000])(
  'a shuffle of %i gives each index a place of its own',
  (size) => {
    const places = Array.from({ length: size }, (_, index) => shuffledPlace(seed, size, index));
    expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
  },
);

function compare(before: RosterRow[], after: RosterRow[]) {
  const rest = new Map(after.map((row) => [row.MemberID, JSON.stringify(row)]));
  const found = { updated: 0, added: 0, absent: 0, unchanged: 0 };
  for (const row of before) {
    const now = rest.get(row.MemberID);
    if (now === undefined) found.absent++;
    else if (now === JSON.stringify(row)) found.unchanged++;
    else found.updated++;
    rest.delete(row.MemberID);
  }
  found.added = rest.size;
  return found;
}
