/** The step of an import at which an admin says what the headers of the file mean. */
import { createHash } from 'node:crypto';
import { type AuditActor, type AuditEvent, canonicalJson } from '../domain/audit.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import { type Delimiter, delimiters, type Encoding, encodings } from '../domain/file-format.ts';
import { type HeaderMatch, isNeeded, matchHeader } from '../domain/header.ts';
import type { Import } from '../domain/import.ts';
import { likelyMatches } from '../domain/likeness.ts';
import { type HeaderChoices, type SavedMapping, settleChoices } from '../domain/mapping.ts';
import type { Organization } from '../domain/organization.ts';
import { isPasswordLabel } from '../domain/passwords.ts';
import type { ImportRef } from '../domain/ports.ts';
import { type PresetId, presetOf } from '../domain/presets.ts';
import type { Column, RosterSchema } from '../domain/schema.ts';
import { FileError } from '../files/errors.ts';
import type { HeaderInfo, RecordBatch } from '../files/read.ts';
import { HeaderSurvey, type SurveyedHeader } from './header-survey.ts';
import { hintsOf, mappingIdOf, type SavedMappings } from './read-mapping.ts';
import type { UnzipDeps } from './unzip.ts';
import { readJson, workFiles } from './work-files.ts';

export interface MappingStepDeps extends Omit<UnzipDeps, 'members' | 'organizations' | 'savedMappings'> {
  organizations: {
    get(organization: string): Promise<Organization>;
    schema(organization: string): Promise<RosterSchema>;
    putSchema(current: Organization, columns: Column[], event: AuditEvent): Promise<RosterSchema>;
  };
  savedMappings: SavedMappings & {
    save(organization: string, mapping: SavedMapping, event: AuditEvent): Promise<void>;
  };
}

/** How a text file is to be read, where it is not left to be found out. */
export interface ReadAs {
  encoding?: Encoding | undefined;
  delimiter?: Delimiter | undefined;
}

/** What the headers of a file seem to mean, and all that they could mean. */
export interface ProposedMapping {
  headers: (HeaderMatch & { samples: string[]; password?: true })[];
  columns: { name: string; required: boolean; role?: Column['role'] }[];
  encoding: string;
  delimiter: string;
  format: string;
  encodings: string[];
  delimiters: string[];
  preset?: PresetId;
}

/**
 * What the headers of an import's file mean, as far as can be told. `as` reads the beginning of the file in another way
 * and changes nothing; a workbook is read in one way only.
 * @throws MusterError `mapping_not_ready` before the file was read; `invalid_mapping` if it cannot be read that way
 */
export async function proposeMapping(
  deps: MappingStepDeps,
  ref: ImportRef,
  as: ReadAs = {},
): Promise<ProposedMapping> {
  const job = await deps.imports.get(ref);
  const { columns, ...schema } = await deps.organizations.schema(ref.organization);
  const { headers, ...read } = await headerOf(deps, ref, job, { columns, ...schema }, as);
  const names = headers.map(({ name }) => name);
  const saved = await deps.savedMappings.find(ref.organization, mappingIdOf(names));
  const samples = Object.fromEntries(headers.map(({ name, samples }) => [name, samples]));
  const matches = likelyMatches(matchHeader(names, columns, saved?.headers), columns, samples);
  const preset = presetOf(names)?.id;
  return {
    headers: matches.map((match, at) => ({
      ...match,
      samples: headers[at]?.samples ?? [],
      ...(isPasswordLabel(match.name) && match.column === undefined && { password: true as const }),
    })),
    columns: columns.map((column) => ({
      name: column.name,
      required: isNeeded(column),
      ...(column.role && { role: column.role }),
    })),
    ...read,
    encodings: [...encodings],
    delimiters: [...delimiters],
    ...(preset && { preset }),
  };
}

async function headerOf(
  deps: MappingStepDeps,
  ref: ImportRef,
  job: Import,
  schema: RosterSchema,
  { encoding, delimiter }: ReadAs,
): Promise<SurveyedHeader> {
  const read = await surveyed(deps, ref, job);
  const isReadSo =
    read.format === 'xlsx' ||
    ((encoding ?? read.encoding) === read.encoding && (delimiter ?? read.delimiter) === read.delimiter);
  if (isReadSo) return read;
  const chosen = { encoding: encoding ?? job.encoding, delimiter: delimiter ?? job.delimiter };
  return peekHeader(deps, ref, chosen, schema);
}

async function surveyed({ work }: MappingStepDeps, ref: ImportRef, job: Import): Promise<SurveyedHeader> {
  try {
    return await readJson<SurveyedHeader>(work, workFiles.header(ref));
  } catch (error) {
    if (!isMusterError(error, 'not_found')) throw error;
    const message = `The file has not been read: the import is ${job.status} at ${job.step}.`;
    throw new MusterError('mapping_not_ready', message, { cause: error });
  }
}

/** Ends the reading of a file once its first rows were seen. */
class Seen extends Error {}

async function peekHeader(
  deps: MappingStepDeps,
  ref: ImportRef,
  as: Pick<Import, 'encoding' | 'delimiter'>,
  schema: RosterSchema,
): Promise<SurveyedHeader> {
  // Most calls need none of the parsers.
  const { readRoster } = await import('../files/read.ts');
  const { source } = await deps.upload(ref);
  let survey: HeaderSurvey | undefined;
  try {
    await readRoster(
      source,
      deps.limits,
      {
        header(info: HeaderInfo) {
          survey = new HeaderSurvey(info);
        },
        records(batch: RecordBatch) {
          survey?.take(batch);
          if (survey?.isDone) throw new Seen();
        },
        restart() {},
      },
      hintsOf(as, schema),
    );
  } catch (error) {
    if (error instanceof FileError) {
      const places = [{ path: 'encoding', message: error.message }];
      throw new MusterError('invalid_mapping', 'The file cannot be read in that way.', {
        cause: error,
        places,
      });
    }
    if (!(error instanceof Seen)) throw error;
  }
  return (survey as HeaderSurvey).result;
}

/** What an admin says of the headers, how the file is to be read, and whether it holds for the next file too. */
export interface MappingRequest extends ReadAs {
  columns: HeaderChoices;
  save: boolean;
}

/**
 * Takes an admin's word on what the headers of an import mean. Columns that are kept are added to the roster schema
 * first, the mapping is saved next, and the import goes on last: each with its audit entry, and each done again
 * changes nothing. Saying the same twice is saying it once. The caller starts the state machine, and may do so again
 * if the word was lost.
 * @throws MusterError `import_not_in_mapping`; `invalid_mapping` with a place for each fault; `too_many_mappings`
 */
export async function chooseMapping(
  deps: MappingStepDeps,
  ref: ImportRef,
  actor: AuditActor,
  request: MappingRequest,
): Promise<Import> {
  const job = await deps.imports.get(ref);
  const schema = await deps.organizations.schema(ref.organization);
  const isWaiting = job.status === 'in_progress' && job.step === 'mapping';
  const wasSaid = job.mappingChoice !== undefined && job.status === 'in_progress';
  if (!isWaiting && !wasSaid) throw notInMapping(job);
  const { encoding, delimiter, columns } = request;
  const header = await headerOf(deps, ref, job, schema, request);
  const names = header.headers.map(({ name }) => name);
  const { meanings, added } = settleChoices(names, schema.columns, columns);
  const said = canonicalJson(meanings);
  const sha256 = createHash('sha256').update(said).digest('hex');
  if (wasSaid) {
    if (job.mappingChoice?.sha256 === sha256) return job;
    throw notInMapping(job);
  }
  if (added.length > 0) await addColumns(deps, ref, actor, added);
  const at = deps.clock().toISOString();
  if (request.save) {
    const { fileName } = job;
    const saved = {
      mappingId: mappingIdOf(names),
      headers: meanings,
      fileName,
      savedBy: actor.login,
      savedAt: at,
    };
    await saveMapping(deps, ref, actor, saved);
  }
  await deps.work.write(workFiles.mappingChoice(ref, sha256), said);
  const isText = header.format === 'csv';
  const decided = Object.values(meanings);
  return deps.imports.update(
    ref.organization,
    job,
    {
      mappingChoice: { by: actor.login, at, sha256 },
      ...(isText && encoding !== undefined && { encoding }),
      ...(isText && delimiter !== undefined && { delimiter }),
      updatedAt: at,
    },
    {
      action: 'import.map',
      actor,
      subject: ref.importId,
      details: {
        columns: decided.flatMap((meaning) => ('column' in meaning ? meaning.column : [])),
        dropped: decided.filter((meaning) => 'drop' in meaning).length,
        ...(encoding !== undefined && { encoding }),
        ...(delimiter !== undefined && { delimiter }),
        sha256,
      },
    },
  );
}

function notInMapping({ status, step }: Import): MusterError {
  const message = `Only an import that waits at mapping takes one; this one is ${status} at ${step}.`;
  return new MusterError('import_not_in_mapping', message);
}

async function addColumns(
  { organizations }: MappingStepDeps,
  { organization, importId }: ImportRef,
  actor: AuditActor,
  added: readonly Column[],
): Promise<void> {
  const current = await organizations.get(organization);
  const before = await organizations.schema(organization);
  const columns = [...before.columns, ...added];
  await organizations.putSchema(current, columns, {
    action: 'schema.update',
    actor,
    subject: organization,
    before: { ...before },
    after: { version: before.version + 1, columns },
    details: { importId, added: added.map(({ name }) => name) },
  });
}

async function saveMapping(
  { savedMappings }: MappingStepDeps,
  { organization }: ImportRef,
  actor: AuditActor,
  mapping: SavedMapping,
): Promise<void> {
  const earlier = await savedMappings.find(organization, mapping.mappingId);
  if (earlier !== undefined && canonicalJson(earlier.headers) === canonicalJson(mapping.headers)) return;
  await savedMappings.save(organization, mapping, {
    action: 'mapping.save',
    actor,
    subject: mapping.mappingId,
    ...(earlier && { before: { headers: earlier.headers } }),
    after: { headers: mapping.headers },
  });
}
