/** Every reason why a file as a whole cannot be used. A bad row is no such reason: it is data, and is rejected. */
export const fileErrorCodes = [
  /** Neither text nor .xlsx nor .zip. */
  'not_a_roster_file',
  'file_empty',
  /** The uploaded file, or an .xlsx inside a .zip, is larger than allowed. */
  'file_too_large',
  /** What the file inflates to is larger than allowed. */
  'inflated_too_large',
  /** It inflates to implausibly many times its size: a decompression bomb. */
  'ratio_too_high',
  /** The archive contradicts itself, is cut off, or its contents fail their checksum. */
  'zip_corrupt',
  /** A compression method, several disks, or another feature that is not read. */
  'zip_unsupported',
  'zip_encrypted',
  /** An entry's name leads out of the archive: absolute, a drive, `..`, or a NUL. */
  'zip_unsafe_path',
  'zip_too_many_entries',
  /** Two entries share bytes, as in a bomb of overlapping files. */
  'zip_overlapping',
  'zip_no_roster',
  'zip_many_rosters',
  'xlsx_corrupt',
  'encoding_unknown',
  'header_missing',
  'header_malformed',
  'unnamed_column',
  'duplicate_column',
  /** A column of the roster schema that the file has to have is not in its header. */
  'missing_column',
  'too_many_columns',
  'too_many_rows',
  'too_many_malformed_rows',
  /** More repeated values of unique columns than can be listed. */
  'too_many_repeats',
  /** More departments named than an organization can have. */
  'too_many_departments',
  /** More rows with unknown departments than can be listed. */
  'too_many_unknown_departments',
  /** More rows without an identifier than identifiers are made for. */
  'too_many_made_identifiers',
  'no_rows',
  /** Rejected rows that were given back for correction, to be imported as if they were the whole roster. */
  'partial_roster',
] as const;

export type FileErrorCode = (typeof fileErrorCodes)[number];

/**
 * The file as a whole cannot be used. The message is for the person who uploaded it: it names the place and the
 * cure, and holds no values of members.
 */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** A count of bytes for people: `100 MiB`, `1.5 KiB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${Math.round(value * 10) / 10} ${units[unit]}`;
}
