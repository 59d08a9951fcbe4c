/** How the header of an import's file is mapped: by an admin's word, by itself, or not before an admin looked at it. */
import { createHash } from 'node:crypto';
import type { Delimiter, Encoding } from '../domain/file-format.ts';
import {
  type HeaderFault,
  type HeaderMapping,
  type HeaderMeanings,
  isHeaderFault,
  mapHeader,
  matchHeader,
} from '../domain/header.ts';
import type { Import } from '../domain/import.ts';
import { likelyMatches } from '../domain/likeness.ts';
import { headerText, type SavedMapping } from '../domain/mapping.ts';
import { isOwnColumn } from '../domain/own-columns.ts';
import type { ImportRef, Objects } from '../domain/ports.ts';
import type { Column, RosterSchema } from '../domain/schema.ts';
import type { ReadHints } from '../files/read.ts';
import { readJson, workFiles } from './work-files.ts';

/** The mappings that an organization saved, as reading a file needs them. */
export interface SavedMappings {
  find(organization: string, mappingId: string): Promise<SavedMapping | undefined>;
}

export interface MappingDeps {
  work: Objects;
  savedMappings: SavedMappings;
}

/** Maps a header; `wait` where an admin has to say what it means. */
export type MappingDecision = (names: readonly string[]) => Promise<HeaderMapping | HeaderFault | 'wait'>;

/** Under which id a header's mapping is saved. */
export function mappingIdOf(names: readonly string[]): string {
  return createHash('sha256').update(headerText(names)).digest('hex').slice(0, 32);
}

/** What is known of a file before it is read: what a person said of it, and the names it may have. */
export function hintsOf(
  { encoding, delimiter }: Pick<Import, 'encoding' | 'delimiter'>,
  { columns }: RosterSchema,
): ReadHints {
  const knownNames = columns.flatMap((column) => [column.name, ...(column.aliases ?? [])]);
  return {
    knownNames,
    encoding: encoding as Encoding | undefined,
    delimiter: delimiter as Delimiter | undefined,
  };
}

/** Reads what an admin has said of an import, if anything, and decides by it. */
export async function mappingDecider(
  deps: MappingDeps,
  ref: ImportRef,
  job: Pick<Import, 'mapping' | 'mappingChoice' | 'mode'>,
  schema: RosterSchema,
): Promise<MappingDecision> {
  const decide = await decider(deps, ref, job, schema);
  return async (names) => (job.mode === 'full' && names.some(isOwnColumn) ? partial : decide(names));
}

const partial: HeaderFault = {
  code: 'partial_roster',
  message:
    'The file holds rows that an earlier import rejected, and not the whole roster: taken as the whole, it would disable everybody else. Import it with the mode upsert.',
};

async function decider(
  deps: MappingDeps,
  ref: ImportRef,
  job: Pick<Import, 'mapping' | 'mappingChoice'>,
  { columns }: RosterSchema,
): Promise<MappingDecision> {
  if (job.mappingChoice !== undefined) {
    const said = await readJson<HeaderMeanings>(
      deps.work,
      workFiles.mappingChoice(ref, job.mappingChoice.sha256),
    );
    return async (names) => mapHeader(names, columns, matchHeader(names, columns, said));
  }
  return async (names) => {
    const saved = await deps.savedMappings.find(ref.organization, mappingIdOf(names));
    const matches = matchHeader(names, columns, saved?.headers);
    const mapped = mapHeader(names, columns, matches);
    if (job.mapping === 'confirm') {
      const isKnown = saved !== undefined && isUpToDate(saved.headers, columns) && !isHeaderFault(mapped);
      return isKnown ? mapped : 'wait';
    }
    if (!isHeaderFault(mapped) || mapped.absent === undefined) return mapped;
    const likely = new Set(likelyMatches(matches, columns).map(({ column }) => column));
    return mapped.absent.every((name) => likely.has(name)) ? 'wait' : mapped;
  };
}

/** Whether the roster still has every column that a saved mapping names. */
function isUpToDate(headers: HeaderMeanings, columns: readonly Column[]): boolean {
  const names = new Set(columns.map(({ name }) => name));
  return Object.values(headers).every((meaning) => 'drop' in meaning || names.has(meaning.column));
}
