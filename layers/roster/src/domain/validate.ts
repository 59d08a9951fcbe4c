/**
 * Checks a row's values against the roster schema. The checks are compiled once per import into closures, one a
 * column: a row costs no allocation beyond its values, which is what makes a million rows affordable.
 */
import type { dateFormats } from './column-kinds.ts';
import { foldLabel } from './fold-label.ts';
import type { Reject, RejectCode } from './import.ts';
import { type Column, columnValueLengthMax, columnWithRole, externalIdLengthMax } from './schema.ts';

/** A good value's canonical form (what is compared), or what is wrong with it. */
export type Checked = string | Fault;

export interface Fault {
  code: RejectCode;
  message: string;
}

type Check = (value: string) => Checked;

const fault = (code: RejectCode, message: string): Fault => ({ code, message });

/** Checks one trimmed value of a column; a blank is the empty string. Never throws. */
export function compileColumn(column: Column): Check {
  const byType = column.role === 'externalId' ? externalIdCheck(typeCheck(column)) : typeCheck(column);
  const lengthMax = column.maxLength ?? columnValueLengthMax;
  const pattern = column.pattern === undefined ? undefined : new RegExp(`^(?:${column.pattern})$`, 'u');
  const required = column.required === true || column.role === 'externalId';
  const missing = fault('required', `“${column.name}” is blank, and every row needs it.`);
  const tooLong = fault('too_long', `“${column.name}” is longer than ${lengthMax} characters.`);
  const mismatch = fault(
    'pattern_mismatch',
    `“${column.name}” does not match the pattern ${column.pattern}.`,
  );
  return (value) => {
    if (value === '') return required ? missing : '';
    if (value.length > lengthMax) return tooLong;
    if (pattern !== undefined && !pattern.test(value)) return mismatch;
    return byType(value);
  };
}

const rememberedMax = 1_000;

/** A check that remembers its first answers: columns of few values, such as fees, ask the same all the time. */
function remembering(check: Check): Check {
  const known = new Map<string, Checked>();
  return (value) => {
    const earlier = known.get(value);
    if (earlier !== undefined) return earlier;
    const checked = check(value);
    if (known.size < rememberedMax) known.set(value, checked);
    return checked;
  };
}

/** Whether all characters from `from` on are ASCII digits. A loop: on short texts a regular expression is slower. */
function isDigits(text: string, from: number, end = text.length): boolean {
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function typeCheck(column: Column): Check {
  switch (column.type) {
    case 'text':
      return (value) => value;
    case 'integer':
      return matching(
        /^[+-]?\d{1,30}$/,
        fault('not_an_integer', `“${column.name}” is not a whole number.`),
        canonicalInteger,
      );
    case 'decimal':
      return remembering(decimalCheck(column));
    case 'boolean':
      return remembering(booleanCheck(column));
    case 'date':
      return dateCheck(column);
    case 'email':
      return emailCheck(column);
    case 'phone':
      return phoneCheck(column);
    case 'enum':
      return remembering(enumCheck(column));
  }
}

function matching(pattern: RegExp, wrong: Fault, canonical: (value: string) => string): Check {
  return (value) => (pattern.test(value) ? canonical(value) : wrong);
}

function canonicalInteger(value: string): string {
  const negative = value.startsWith('-');
  const digits = value.replace(/^[+-]?0*(?=\d)/, '');
  return negative && digits !== '0' ? `-${digits}` : digits;
}

function decimalCheck(column: Column): Check {
  const wrong = fault('not_a_decimal', `“${column.name}” is not a number such as 1234.50 or 1234,50.`);
  return matching(/^[+-]?\d{1,30}(?:[.,]\d{1,30})?$/, wrong, (value) => {
    const [whole = '', part = ''] = value.split(/[.,]/);
    const digits = part.replace(/0+$/, '');
    const integer = canonicalInteger(whole);
    const signed = value.startsWith('-') && integer === '0' && digits !== '' ? '-0' : integer;
    return digits === '' ? integer : `${signed}.${digits}`;
  });
}

/** As they are once case, accents and punctuation are put aside (S2.13). */
const trueWords = 'true yes y 1 on oui o vrai active activated enabled actif activee'.split(' ');
const falseWords =
  'false no n 0 off non faux inactive inactivated disabled deactivated desactive desactivee inactif inactivee'.split(
    ' ',
  );
const booleanWords = new Map<string, string>([
  ...trueWords.map((word) => [word, 'true'] as const),
  ...falseWords.map((word) => [word, 'false'] as const),
]);

/** `true` or `false` for a word of either; undefined for any other text. */
function booleanWord(text: string): string | undefined {
  const known = booleanWords.get(text);
  // Of digits the sign counts: -1 is not 1.
  return known ?? (/\d/.test(text) ? undefined : booleanWords.get(foldLabel(text)));
}

function booleanCheck(column: Column): Check {
  const wrong = fault(
    'not_a_boolean',
    `“${column.name}” is neither true nor false (yes/no, activé/désactivé).`,
  );
  return (value) => booleanWord(value) ?? wrong;
}

const otherDates: Record<
  Exclude<(typeof dateFormats)[number], 'YYYY-MM-DD'>,
  { pattern: RegExp; dayAt: 1 | 2; monthAt: 1 | 2 }
> = {
  'DD/MM/YYYY': { pattern: /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, dayAt: 1, monthAt: 2 },
  'MM/DD/YYYY': { pattern: /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, dayAt: 2, monthAt: 1 },
  'DD.MM.YYYY': { pattern: /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, dayAt: 1, monthAt: 2 },
};

function dateCheck(column: Column): Check {
  const format = column.dateFormat ?? 'YYYY-MM-DD';
  const wrong = fault('not_a_date', `“${column.name}” is not a date written as ${format}.`);
  const isoCheck = (value: string) => (isIsoDate(value) ? value : wrong);
  if (format === 'YYYY-MM-DD') return isoCheck;
  const { pattern, dayAt, monthAt } = otherDates[format];
  return remembering((value) => {
    const own = pattern.exec(value);
    // A spreadsheet's dates arrive as ISO whatever the column's format is.
    if (own === null) return isoCheck(value);
    return isoCheck(`${own[3]}-${own[monthAt]?.padStart(2, '0')}-${own[dayAt]?.padStart(2, '0')}`);
  });
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const dash = 0x2d;

/** Whether a text is a day of the calendar as YYYY-MM-DD. Read by hand: a roster has several dates a row. */
function isIsoDate(text: string): boolean {
  const isShaped =
    text.length === 10 &&
    text.charCodeAt(4) === dash &&
    text.charCodeAt(7) === dash &&
    isDigits(text, 0, 4) &&
    isDigits(text, 5, 7) &&
    isDigits(text, 8);
  if (!isShaped) return false;
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (month === 2 && day === 29) return isLeapYear(twoDigits(text, 0) * 100 + twoDigits(text, 2));
  return day >= 1 && day <= (monthDays[month - 1] ?? 0);
}

function twoDigits(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * 0x30;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

// The address syntax that browsers check (WHATWG HTML, "valid e-mail address"), with letters beyond ASCII
// allowed (RFC 6531) and a dot demanded in the domain: an address without one is a typing error on a roster.
const email =
  /^[\w.!#$%&'*+/=?^`{|}~\u0080-\uffff-]+@[a-z\d\u0080-\uffff](?:[a-z\d\u0080-\uffff-]{0,61}[a-z\d\u0080-\uffff])?(?:\.[a-z\d\u0080-\uffff](?:[a-z\d\u0080-\uffff-]{0,61}[a-z\d\u0080-\uffff])?)+$/i;

function emailCheck(column: Column): Check {
  const wrong = fault('not_an_email', `“${column.name}” is not an email address such as name@example.org.`);
  return (value) => (value.length <= 254 && email.test(value) ? value.toLowerCase() : wrong);
}

const plus = 0x2b;
const phone = /^\+?[\d\s().\-/\u00a0\u2010-\u2015]{3,40}(?:(?:x|ext\.?|poste)\s*\d{1,8})?$/i;

function phoneCheck(column: Column): Check {
  const wrong = fault('not_a_phone', `“${column.name}” is not a phone number such as +1 202 555 0143.`);
  return (value) => {
    const isCanonical =
      value.length >= 4 && value.length <= 24 && isDigits(value, value.charCodeAt(0) === plus ? 1 : 0);
    if (isCanonical) return value;
    if (!phone.test(value)) return wrong;
    const digits = value.replace(/\D/g, '');
    return digits.length >= 3 && digits.length <= 24
      ? value.startsWith('+')
        ? `+${digits}`
        : digits
      : wrong;
  };
}

function enumCheck(column: Column): Check {
  const values = column.values ?? [];
  const known = new Map(values.map((value) => [value.toLowerCase(), value]));
  const wrong = fault('not_in_list', `“${column.name}” is none of: ${values.slice(0, 20).join(', ')}.`);
  const byWord = column.role === 'state' ? valuesByWord(values) : undefined;
  return (value) =>
    known.get(value) ?? known.get(value.toLowerCase()) ?? byWord?.get(booleanWord(value) ?? '') ?? wrong;
}

/** The value that says active and the one that says inactive, where there is one of each word only. */
function valuesByWord(values: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const word of ['true', 'false']) {
    const saying = values.filter((value) => booleanWord(value) === word);
    if (saying.length === 1) found.set(word, saying[0] as string);
  }
  return found;
}

/** Whether a text holds a character below U+0020, or U+007F. */
export function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function externalIdCheck(byType: Check): Check {
  const wrong = fault(
    'bad_identifier',
    `The identifier has a control character or more than ${externalIdLengthMax} characters.`,
  );
  return (value) => {
    if (value.length > externalIdLengthMax || hasControlCharacter(value)) return wrong;
    const checked = byType(value);
    // Identifiers stay as they are written: 007 is not 7 (B10).
    return typeof checked === 'string' ? value : checked;
  };
}

/** The text of a field as it is kept: surrounding white space gone, and one Unicode form (NFC). */
export function cleanValue(field: string): string {
  return isNormalized(field) ? trimmed(field) : field.trim().normalize('NFC');
}

const fromFirstCombiningMark = /[\u0300-\uffff]/;

/**
 * Whether a text is in NFC at a glance: below U+0300, the first combining mark, every text is (UAX 15, quick check).
 * Asked of a whole row it answers for all of its fields.
 */
export function isNormalized(text: string): boolean {
  return !fromFirstCombiningMark.test(text);
}

/** Spares the call of `trim` where a text plainly begins and ends without white space. */
function trimmed(field: string): string {
  const isBare = isInk(field.charCodeAt(0)) && isInk(field.charCodeAt(field.length - 1));
  return isBare || field === '' ? field : field.trim();
}

/** Up to U+1680, white space is U+0020, what is below it, and U+00A0 (ECMA-262, WhiteSpace and LineTerminator). */
function isInk(code: number): boolean {
  return code > 0x20 && code < 0x1680 && code !== 0xa0;
}

/** A row that passed, its values in the order of the mapped columns. `active` is absent without a state column. */
export interface ValidRow {
  externalId: string;
  active: boolean | undefined;
  values: string[];
  canonical: string[];
}

export interface RowFaults {
  externalId: string | undefined;
  faults: Omit<Reject, 'line'>[];
}

/**
 * Checks the fields of one row. Arrays of a {@link ValidRow} are new for each row. `isNormal` tells that {@link isNormalized}
 * was asked of the whole row and said yes, which spares asking value by value.
 */
export type RowValidator = (fields: readonly string[], isNormal?: boolean) => ValidRow | RowFaults;

/** Whether a validator's answer is a good row. */
export function isValid(row: ValidRow | RowFaults): row is ValidRow {
  return 'values' in row;
}

/**
 * Compiles the checks of an import: `columns[i]` is read from field `positions[i]` of a row that has
 * `fieldCount` fields. More fields are taken only if they are blank (trailing delimiters); a row that is too
 * short or too long is refused whole, its values never shifted (S0.9). `fieldsAdded` of them the file does not have.
 */
export function compileRow(
  columns: readonly Column[],
  positions: readonly number[],
  fieldCount: number,
  fieldsAdded = 0,
): RowValidator {
  const checks = columns.map(compileColumn);
  const idAt = columns.findIndex((column) => column.role === 'externalId');
  const stateAt = columns.findIndex((column) => column.role === 'state');
  const active = stateAt < 0 ? undefined : activeReader(columns[stateAt] as Column);

  return (fields, isNormal = false) => {
    if (!isAligned(fields, fieldCount)) {
      return wrongFieldCount(fields, fieldCount, fieldsAdded, positions[idAt]);
    }
    const values = new Array<string>(checks.length);
    const canonical = new Array<string>(checks.length);
    let faults: Omit<Reject, 'line'>[] | undefined;
    for (let index = 0; index < checks.length; index++) {
      const field = fields[positions[index] as number] as string;
      const value = isNormal ? trimmed(field) : cleanValue(field);
      const checked = (checks[index] as Check)(value);
      values[index] = value;
      if (typeof checked === 'string') canonical[index] = checked;
      else {
        faults ??= [];
        faults.push({ column: (columns[index] as Column).name, ...checked, value: value.slice(0, 200) });
      }
    }
    const externalId = values[idAt] as string;
    if (faults !== undefined) return { externalId: externalId === '' ? undefined : externalId, faults };
    return { externalId, active: active?.(canonical[stateAt] as string), values, canonical };
  };
}

/** Whether a row's fields stand under the headers: as many of them, or more that are blank (trailing delimiters). */
export function isAligned(fields: readonly string[], fieldCount: number): boolean {
  if (fields.length === fieldCount) return true;
  return fields.length > fieldCount && fields.slice(fieldCount).every((field) => field.trim() === '');
}

function wrongFieldCount(
  fields: readonly string[],
  fieldCount: number,
  fieldsAdded: number,
  idAt: number | undefined,
): RowFaults {
  const id = idAt === undefined ? '' : cleanValue(fields[idAt] ?? '');
  const message = `The row has ${fields.length - fieldsAdded} values and the header ${fieldCount - fieldsAdded} columns. Quote values that contain the delimiter, and leave missing ones blank.`;
  return { externalId: id === '' ? undefined : id, faults: [{ code: 'wrong_field_count', message }] };
}

/** Reads a state column: a boolean, or an enumeration of words such as Activé and Désactivé. A blank says nothing. */
export function activeReader(column: Column): (canonical: string) => boolean | undefined {
  const word = column.type === 'boolean' ? (text: string) => text : booleanWord;
  return (canonical) => (canonical === '' ? undefined : word(canonical) !== 'false');
}

/** The canonical forms of stored values, for comparing them with a row's. An unreadable value stands for itself. */
export function canonicalOf(columns: readonly Column[]): (values: Record<string, string>) => string[] {
  const checks = columns.map((column) => compileColumn({ ...column, required: false }));
  return (values) =>
    columns.map((column, index) => {
      const value = values[column.name] ?? '';
      const checked = value === '' ? '' : (checks[index] as Check)(value);
      return typeof checked === 'string' ? checked : value;
    });
}

/** Where the external id stands in a file with this mapping. */
export function externalIdPosition(columns: readonly Column[], positions: readonly number[]): number {
  const column = columnWithRole(columns, 'externalId');
  return positions[columns.indexOf(column as Column)] as number;
}
