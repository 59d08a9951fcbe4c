import type { ExportFormat } from '../domain/export.ts';
import type { ChangeKind, ImportColumns, ImportCounts } from '../domain/import.ts';
import type { ImportRef, Objects } from '../domain/ports.ts';
import type { Column } from '../domain/schema.ts';

/** Which rows a report is about: all with what became of them, or the rejected ones to be corrected. */
export const reportRows = ['all', 'rejects'] as const;
export type ReportRows = (typeof reportRows)[number];

/** Where the files of an import lie. Every key starts with the organization that the authorizer verified. */
export const workFiles = {
  original: (ref: ImportRef) => `${ref.organization}/${ref.importId}/original`,
  /** The file's header with a few values of each column. */
  header: (ref: ImportRef) => at(ref, 'header.json'),
  /** What an admin said that the headers mean, under its hash. */
  mappingChoice: (ref: ImportRef, sha256: string) => at(ref, `mapping/${sha256}.json`),
  manifest: (ref: ImportRef) => at(ref, 'manifest.json'),
  /** Raw rows of a part, in segments (files/rows.ts). */
  segment: (ref: ImportRef, part: number, segment: number) => at(ref, `rows/${part}/${segment}`),
  /** Checked rows of a part, a line each. */
  checked: (ref: ImportRef, part: number) => at(ref, `checked/${part}`),
  rejects: (ref: ImportRef, part: number) => at(ref, `rejects/${part}.ndjson`),
  /** Rejects that only the plan as a whole shows: values that have to be unique and are not. */
  lateRejects: (ref: ImportRef) => at(ref, 'rejects/late.ndjson'),
  allRejects: (ref: ImportRef) => at(ref, 'rejects.ndjson'),
  validated: (ref: ImportRef, part: number) => at(ref, `validated/${part}.json`),
  changes: (ref: ImportRef, part: number, kind: ChangeKind) => at(ref, `changes/${part}/${kind}.ndjson`),
  /** The changes of a part once rows with values that others have were taken out. */
  settled: (ref: ImportRef, part: number, kind: ChangeKind) => at(ref, `settled/${part}/${kind}.ndjson`),
  ledger: (ref: ImportRef, part: number) => at(ref, `ledger/${part}`),
  settledLedger: (ref: ImportRef, part: number) => at(ref, `settled/${part}/ledger`),
  uniques: (ref: ImportRef, part: number, bucket: number) => at(ref, `uniques/${part}/${bucket}`),
  compared: (ref: ImportRef, part: number) => at(ref, `compared/${part}.json`),
  plan: (ref: ImportRef) => at(ref, 'plan.json'),
  /** Where the department texts of the file lead, as planned; only where the file has a column of them. */
  departmentPlan: (ref: ImportRef) => at(ref, 'departments.json'),
  /** The id of the department of each text, once the missing ones were made. */
  placements: (ref: ImportRef) => at(ref, 'placements.json'),
  conflicts: (ref: ImportRef) => at(ref, 'conflicts.json'),
  report: (ref: ImportRef, rows: ReportRows = 'all', format: ExportFormat = 'csv') =>
    at(ref, `${rows === 'all' ? 'report' : 'rejects'}.${format}`),
} as const;

/** The import whose original file has this key, if it is the key of one. */
export function importOfOriginal(key: string): ImportRef | undefined {
  const [, organization, importId] = /^([a-z0-9-]+)\/([0-9A-Z]{26})\/original$/.exec(key) ?? [];
  return organization === undefined || importId === undefined ? undefined : { organization, importId };
}

function at(ref: ImportRef, name: string): string {
  return `${ref.organization}/${ref.importId}/${name}`;
}

/** What deliverers put where, before it is an import's. */
export const feedPrefix = (organization: string) => `feeds/${organization}/`;

/** Whose delivery has this key, and its name there, if it is the key of one. */
export function deliveryOfKey(key: string): { organization: string; name: string } | undefined {
  const [, organization, name] = /^feeds\/([a-z0-9-]+)\/(.+)$/.exec(key) ?? [];
  return organization === undefined || name === undefined ? undefined : { organization, name };
}

/** What the unzip step found out about the file, and how its rows were dealt out. */
export interface Manifest {
  /** The import that is undone, in which case there is no file: the columns are those of the roster schema. */
  undoOf?: string;
  /** The header's names in the file's order; absent where a file was read before they were kept. */
  names?: readonly string[];
  columns: Column[];
  positions: number[];
  fieldCount: number;
  /** How many fields of a row the file does not have: an identifier that was made, put first. */
  fieldsAdded?: number;
  /** Lines whose identifier would be that of any of several members. */
  ambiguous?: number[];
  delimiter: string;
  complete: boolean;
  report: ImportColumns;
  schemaVersion: number;
  parts: { part: number; segments: number; rows: number }[];
}

/** What the validate step says of a part. */
export interface PartValidated {
  rows: number;
  rejected: number;
  /** Rejected rows whose identifier could not be read: their members may look absent. */
  unidentified: number;
}

/** What the diff step says of a part. */
export interface PartCompared {
  counts: ImportCounts;
  kinds: Partial<Record<ChangeKind, number>>;
  uniqueBuckets: number;
  /** The texts by which changes name departments, each once: all, or more of them than there can be departments. */
  departmentTexts: string[];
}

/** The plan's table of contents: where the changes of each part and kind are, and how many. */
export interface Plan {
  counts: ImportCounts;
  parts: PlanPart[];
}

export interface PlanPart {
  part: number;
  /** Key of the part's ledger: what became of each of its rows. */
  ledger: string;
  kinds: Partial<Record<ChangeKind, { key: string; count: number }>>;
}

/** Reads a work file of JSON that a step of this import wrote. */
export async function readJson<T>(objects: Objects, key: string): Promise<T> {
  return JSON.parse((await objects.read(key)).toString()) as T;
}
