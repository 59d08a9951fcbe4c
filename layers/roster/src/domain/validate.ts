/**
 * Checks a row's values against the roster schema. The checks are compiled once per import into closures, one a
 * column: a row costs no allocation beyond its values, which is what makes a million rows affordable.
 */
import type { Reject, RejectCode } from './import.ts';
import {
  type Column,
  columnValueLengthMax,
  columnWithRole,
  type dateFormats,
  externalIdLengthMax,
} from './schema.ts';

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

const trueWords = [
  'true',
  'yes',
  'y',
  '1',
  'oui',
  'vrai',
  'active',
  'activated',
  'enabled',
  'activé',
  'actif',
];
const falseWords = ['false', 'no', 'n', '0', 'non', 'faux', 'inactive', 'disabled', 'désactivé', 'inactif'];
const booleanWords = new Map<string, string>([
  ...trueWords.map((word) => [word, 'true'] as const),
  ...falseWords.map((word) => [word, 'false'] as const),
  ['True', 'true'],
  ['False', 'false'],
]);

function booleanCheck(column: Column): Check {
  const wrong = fault(
    'not_a_boolean',
    `“${column.name}” is neither true nor false (yes/no, activé/désactivé).`,
  );
  return (value) => booleanWords.get(value) ?? booleanWords.get(value.toLowerCase()) ?? wrong;
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
  return (value) => known.get(value) ?? known.get(value.toLowerCase()) ?? wrong;
}

const controlCharacter = /[\u0000-\u001f\u007f]/;

function externalIdCheck(byType: Check): Check {
  const wrong = fault(
    'bad_identifier',
    `The identifier has a control character or more than ${externalIdLengthMax} characters.`,
  );
  return (value) => {
    if (value.length > externalIdLengthMax || controlCharacter.test(value)) return wrong;
    const checked = byType(value);
    // Identifiers stay as they are written: 007 is not 7 (B10).
    return typeof checked === 'string' ? value : checked;
  };
}

/** The text of a field as it is kept: surrounding white space gone, and one Unicode form (NFC). */
export function cleanValue(field: string): string {
  return isNormalized(field) ? trimmed(field) : field.trim().normalize('NFC');
}

/** Below U+0300, the first combining mark, every text is NFC (Unicode Standard Annex 15, quick check). */
function isNormalized(field: string): boolean {
  for (let at = 0; at < field.length; at++) if (field.charCodeAt(at) >= 0x300) return false;
  return true;
}

/** White space is at most U+0020 or beyond ASCII: between, there is nothing to trim and the call is spared. */
function trimmed(field: string): string {
  const first = field.charCodeAt(0);
  const last = field.charCodeAt(field.length - 1);
  const isBare = first > 0x20 && first < 0x7f && last > 0x20 && last < 0x7f;
  return isBare || field === '' ? field : field.trim();
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
 * Checks the fields of one row. Arrays of a {@link ValidRow} are new for each row. `isAscii` tells that the whole
 * row is, which spares looking for combining marks value by value.
 */
export type RowValidator = (fields: readonly string[], isAscii?: boolean) => ValidRow | RowFaults;

/** Whether a validator's answer is a good row. */
export function isValid(row: ValidRow | RowFaults): row is ValidRow {
  return 'values' in row;
}

/**
 * Compiles the checks of an import: `columns[i]` is read from field `positions[i]` of a row that has
 * `fieldCount` fields. More fields are taken only if they are blank (trailing delimiters); a row that is too
 * short or too long is refused whole, its values never shifted (S0.9).
 */
export function compileRow(
  columns: readonly Column[],
  positions: readonly number[],
  fieldCount: number,
): RowValidator {
  const checks = columns.map(compileColumn);
  const idAt = columns.findIndex((column) => column.role === 'externalId');
  const stateAt = columns.findIndex((column) => column.role === 'state');
  const active = stateAt < 0 ? undefined : activeReader(columns[stateAt] as Column);

  return (fields, isAscii = false) => {
    if (fields.length !== fieldCount && !hasBlankTail(fields, fieldCount)) {
      return wrongFieldCount(fields, fieldCount, positions[idAt]);
    }
    const values = new Array<string>(checks.length);
    const canonical = new Array<string>(checks.length);
    let faults: Omit<Reject, 'line'>[] | undefined;
    for (let index = 0; index < checks.length; index++) {
      const field = fields[positions[index] as number] as string;
      const value = isAscii ? trimmed(field) : cleanValue(field);
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

function hasBlankTail(fields: readonly string[], fieldCount: number): boolean {
  return fields.length > fieldCount && fields.slice(fieldCount).every((field) => field.trim() === '');
}

function wrongFieldCount(fields: readonly string[], fieldCount: number, idAt: number | undefined): RowFaults {
  const id = idAt === undefined ? '' : cleanValue(fields[idAt] ?? '');
  const message = `The row has ${fields.length} values and the header ${fieldCount} columns. Quote values that contain the delimiter, and leave missing ones blank.`;
  return { externalId: id === '' ? undefined : id, faults: [{ code: 'wrong_field_count', message }] };
}

/** Reads a state column: a boolean, or an enumeration of words such as Activé and Désactivé. A blank says nothing. */
export function activeReader(column: Column): (canonical: string) => boolean | undefined {
  const word =
    column.type === 'boolean'
      ? (text: string) => text
      : (text: string) => booleanWords.get(text.toLowerCase());
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
