import { type Column, columnValueLengthMax, externalIdLengthMax } from '../domain/schema.ts';

/**
 * Whether the value at `[start, end)` is good and in its canonical form as it stands. False says nothing: the
 * column's own check (compileColumn) decides then. The bytes hold no control character and are trimmed.
 */
export type ByteCheck = (bytes: Buffer, start: number, end: number) => boolean;

/** Compiles the check of a column for the forms that nearly all of its values have. */
export function byteCheckOf(column: Column): ByteCheck {
  const lengthMax = column.maxLength ?? columnValueLengthMax;
  const mayBeBlank = column.required !== true && column.role !== 'externalId';
  const ofType = column.pattern === undefined ? typeCheck(column) : never;
  // A text has at most as many characters as bytes.
  return (bytes, start, end) =>
    start === end ? mayBeBlank : end - start <= lengthMax && ofType(bytes, start, end);
}

const never: ByteCheck = () => false;

function typeCheck(column: Column): ByteCheck {
  if (column.role === 'externalId') return column.type === 'text' ? isShortId : never;
  switch (column.type) {
    case 'text':
      return () => true;
    case 'integer':
      return isPlainInteger;
    case 'date':
      return column.dateFormat === undefined || column.dateFormat === 'YYYY-MM-DD' ? isIsoDate : never;
    case 'email':
      return isPlainEmail;
    case 'phone':
      return isPlainPhone;
    default:
      return never;
  }
}

const isShortId: ByteCheck = (_, start, end) => end - start <= externalIdLengthMax;

const [zero, nine, plus, dash, dot, at] = [0x30, 0x39, 0x2b, 0x2d, 0x2e, 0x40];

function areDigits(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index] as number;
    if (byte < zero || byte > nine) return false;
  }
  return true;
}

const isPlainInteger: ByteCheck = (bytes, start, end) =>
  end - start <= 30 && areDigits(bytes, start, end) && (bytes[start] !== zero || end - start === 1);

const isPlainPhone: ByteCheck = (bytes, start, end) => {
  const from = bytes[start] === plus ? start + 1 : start;
  return end - from >= 3 && end - from <= 24 && areDigits(bytes, from, end);
};

function number(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) value = value * 10 + (bytes[index] as number) - zero;
  return value;
}

/**
 * Ranges of characters from U+0300 on that have no white space, are in NFC as they are and join with no character
 * of these ranges or below them (UAX 15: NFC_Quick_Check is Yes, and the combining class 0): Cyrillic, Latin with
 * two marks, dashes and quotation marks, kana, ideographs, Hangul.
 */
const normalRanges = [
  [0x0400, 0x047f],
  [0x1e00, 0x1eff],
  [0x2010, 0x2027],
  [0x3041, 0x3096],
  [0x30a1, 0x30ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
] as const;
/** By character, whether it is in one of the ranges. */
const isNormalCharacter = new Uint8Array(0x10000);
for (const [first, last] of normalRanges) isNormalCharacter.fill(1, first, last + 1);
isNormalCharacter.fill(1, 0x00, 0x0300);
isNormalCharacter[0xa0] = 0;

/**
 * Whether a text plainly is in NFC and has no white space beyond ASCII, neither inside nor around it. False says
 * nothing. The bytes are UTF-8.
 */
export function isPlainlyClean(bytes: Buffer, start: number, end: number): boolean {
  let index = start;
  while (index < end) {
    const lead = bytes[index] as number;
    let character = lead;
    if (lead < 0x80) index += 1;
    else if (lead < 0xe0) {
      character = ((lead & 0x1f) << 6) | ((bytes[index + 1] as number) & 0x3f);
      index += 2;
    } else if (lead < 0xf0) {
      const middle = (bytes[index + 1] as number) & 0x3f;
      character = ((lead & 0x0f) << 12) | (middle << 6) | ((bytes[index + 2] as number) & 0x3f);
      index += 3;
    } else return false;
    if (isNormalCharacter[character] === 0) return false;
  }
  return true;
}

/** Days that every such month has; the 29th to the 31st are left to the calendar of the column's own check. */
const isIsoDate: ByteCheck = (bytes, start, end) => {
  const isShaped =
    end - start === 10 &&
    bytes[start + 4] === dash &&
    bytes[start + 7] === dash &&
    areDigits(bytes, start, start + 4) &&
    areDigits(bytes, start + 5, start + 7) &&
    areDigits(bytes, start + 8, end);
  if (!isShaped) return false;
  const month = number(bytes, start + 5, start + 7);
  const day = number(bytes, start + 8, end);
  return month >= 1 && month <= 12 && day >= 1 && day <= 28;
};

const [localByte, hostByte] = [1, 2];
const emailBytes = new Uint8Array(256);
for (const byte of Buffer.from("abcdefghijklmnopqrstuvwxyz0123456789_.!#$%&'*+/=?^`{|}~-"))
  emailBytes[byte] = localByte;
for (const byte of Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789'))
  emailBytes[byte] = localByte | hostByte;

/** An address in small ASCII letters with no hyphen in its domain. */
const isPlainEmail: ByteCheck = (bytes, start, end) => {
  if (end - start > 254) return false;
  let index = start;
  while (index < end && ((emailBytes[bytes[index] as number] as number) & localByte) !== 0) index += 1;
  if (index === start || bytes[index] !== at) return false;
  let labels = 0;
  while (index < end) {
    const labelStart = index + 1;
    index = labelStart;
    while (index < end && ((emailBytes[bytes[index] as number] as number) & hostByte) !== 0) index += 1;
    const length = index - labelStart;
    if (length < 1 || length > 63 || (index < end && bytes[index] !== dot)) return false;
    labels += 1;
  }
  return labels >= 2;
};
