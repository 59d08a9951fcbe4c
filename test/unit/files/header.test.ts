import { describe, expect, it } from 'vitest';
import { findHeader, headerNames } from '../../../layers/roster/src/files/header.ts';

const find = (text: string, isLast = true, known?: string[]) => findHeader(Buffer.from(text), isLast, known);

describe('finding the header', () => {
  it.each([
    ['ID,Name\n', ','],
    ['ID;Name\n', ';'],
    ['ID\tName\n', '\t'],
    ['ID|Name\n', '|'],
    ['ID\n', ','],
    ['ID;"Name, first, last, other"\n', ';'],
    ['a,b;c\n', ','],
  ])('tells the delimiter of %j', (text, delimiter) => {
    expect(find(text)?.delimiter).toBe(delimiter);
  });

  it('prefers the delimiter that cuts out known names', () => {
    const header = 'Member ID;Last name, first name, title\n';
    expect(find(header)?.delimiter).toBe(',');
    expect(find(header, true, ['member id'])?.delimiter).toBe(';');
  });

  it.each([
    ['a\n', 'lf'],
    ['a\r\n', 'lf'],
    ['a\rb\n', 'cr'],
    ['"a\rb"\n', 'lf'],
    ['a', 'lf'],
  ])('tells the line ends of %j', (text, lineEnd) => {
    expect(find(text)?.lineEnd).toBe(lineEnd);
  });

  it('skips blank lines and obeys the line that Excel understands', () => {
    expect(find('\r\n ;;\r\nsep=|\r\nID;x|Name\r\n')).toEqual({
      delimiter: '|',
      lineEnd: 'lf',
      offset: 14,
      line: 4,
    });
  });

  it('waits for the line to end', () => {
    expect(find('ID,Na', false)).toBeUndefined();
    expect(find('ID,Name\r', false)).toBeUndefined();
    expect(find('"ID\n', false)).toBeUndefined();
    expect(find('ID,Name\r\n', false)).toMatchObject({ offset: 0, line: 1 });
  });

  it('refuses a file of blank lines', () => {
    expect(() => find('\n,,\n \n')).toThrow(expect.objectContaining({ code: 'header_missing' }));
  });
});

describe('names of the header', () => {
  it('are trimmed, and trailing delimiters make none', () => {
    expect(headerNames([' ID', 'Name ', '', ' '], 1, 200)).toEqual(['ID', 'Name']);
  });

  it.each([
    [['ID', '', 'Name'], 'unnamed_column', 'column 2'],
    [['ID', 'Name', ' ID '], 'duplicate_column', 'columns 1 and 3'],
    [['a', 'b', 'c', 'd'], 'too_many_columns', '4 columns'],
  ])('refuses %j as %s', (fields, code, place) => {
    expect(() => headerNames(fields, 3, 3)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(new RegExp(`^Line 3: .*${place}`)) }),
    );
  });
});
