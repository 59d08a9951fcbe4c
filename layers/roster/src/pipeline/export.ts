/**
 * Gathering members for an export and putting them together, over objects. Gathered members are lines, each part's in
 * the order of the UTF-8 bytes of the external ids, so that merging the parts gives the whole file that order:
 *
 *     external id ⇥ the cells as JSON
 */
import type { Member } from '../domain/member.ts';
import type { Objects } from '../domain/ports.ts';
import { lineBatches, mergeLines } from './lines.ts';

/** Names one export of one organization. */
export interface ExportRef {
  organization: string;
  exportId: string;
}

/** Where the objects of an export lie. Every key starts with the organization that the authorizer verified. */
export const exportFiles = {
  part: ({ organization, exportId }: ExportRef, part: number) => `${organization}/${exportId}/part-${part}`,
  file: ({ organization, exportId }: ExportRef) => `${organization}/${exportId}/file.zip`,
} as const;

/** Which members are gathered, and what of each. */
export interface Gathering {
  matches: (member: Member) => boolean;
  cells: (member: Member) => string[];
}

const linesPerText = 500;

/**
 * Gathers one part from its shards, each in the order of the external ids; replaces what was gathered before.
 * @returns how many members were looked at
 */
export async function gatherPart(
  objects: Pick<Objects, 'writeStream'>,
  key: string,
  shards: readonly AsyncIterable<Member[]>[],
  { matches, cells }: Gathering,
): Promise<number> {
  let seen = 0;
  const lines = shards.map(async function* (batches) {
    for await (const members of batches) {
      seen += members.length;
      yield members.filter(matches).map((member) => `${member.externalId}\t${JSON.stringify(cells(member))}`);
    }
  });
  await objects.writeStream(key, inTexts(mergeLines(lines, rankOf)));
  return seen;
}

async function* inTexts(lines: AsyncIterable<string>): AsyncIterable<string> {
  let batch: string[] = [];
  for await (const line of lines) {
    batch.push(line);
    if (batch.length < linesPerText) continue;
    yield `${batch.join('\n')}\n`;
    batch = [];
  }
  if (batch.length > 0) yield `${batch.join('\n')}\n`;
}

/** The rows of all parts, in the order of the external ids. */
export async function* gatheredRows(
  objects: Pick<Objects, 'stream'>,
  ref: ExportRef,
  parts: number,
): AsyncIterable<string[]> {
  const streams = Array.from({ length: parts }, (_, part) =>
    lineBatches(objects.stream(exportFiles.part(ref, part))),
  );
  for await (const line of mergeLines(streams, rankOf)) {
    yield JSON.parse(line.slice(line.indexOf('\t') + 1)) as string[];
  }
}

const isAscii = /^[\0-\x7f]*$/;

/** The external id as a text whose code units are its UTF-8 bytes: DynamoDB sorts by those, and JavaScript does not. */
function rankOf(line: string): string {
  const externalId = line.slice(0, line.indexOf('\t'));
  return isAscii.test(externalId) ? externalId : Buffer.from(externalId).toString('latin1');
}
