import type { ImportLimits } from '../domain/import.ts';

/** Bounds on what one file may cost; every one is checked while reading, not by what headers say. */
export type FileLimits = ImportLimits;

/** Below this many inflated bytes the ratio says nothing: a small file of blanks deflates 1000:1 and is no bomb. */
export const ratioCheckedFromBytes = 1024 * 1024;

/** What an .xlsx may inflate to: its XML is held in memory as a whole, unlike text. */
export const xlsxInflatedBytesMax = 64 * 1024 * 1024;

/** Malformed rows after which reading stops: each costs a second look at up to `recordBytesMax` bytes. */
export const malformedRowsMax = 1_000;
