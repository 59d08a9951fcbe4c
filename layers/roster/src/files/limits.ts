/** Bounds on what one file may cost. Bytes and counts; every one is checked while reading, not by what headers say. */
export interface FileLimits {
  /** Size of the uploaded file. */
  fileBytesMax: number;
  /** Size of the roster once inflated. */
  inflatedBytesMax: number;
  /** Inflated bytes per compressed byte; checked only above `ratioCheckedFromBytes`. */
  ratioMax: number;
  /** Entries in an archive, folders and hidden files included. */
  entriesMax: number;
  /** Rows without the header and blank lines. */
  rowsMax: number;
  columnsMax: number;
  /** One row's bytes in UTF-8, without its line end. */
  recordBytesMax: number;
}

export const defaultFileLimits: FileLimits = {
  fileBytesMax: 100 * 1024 * 1024,
  inflatedBytesMax: 1024 * 1024 * 1024,
  ratioMax: 100,
  entriesMax: 1_000,
  rowsMax: 1_000_000,
  columnsMax: 200,
  recordBytesMax: 1024 * 1024,
};

/** Below this many inflated bytes the ratio says nothing: a small file of blanks deflates 1000:1 and is no bomb. */
export const ratioCheckedFromBytes = 1024 * 1024;

/** What an .xlsx may inflate to: its XML is held in memory as a whole, unlike text. */
export const xlsxInflatedBytesMax = 64 * 1024 * 1024;

/** Malformed rows after which reading stops: each costs a second look at up to `recordBytesMax` bytes. */
export const malformedRowsMax = 1_000;
