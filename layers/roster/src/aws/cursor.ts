import { createHash } from 'node:crypto';
import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';

/**
 * Cursors of lists: where the next page starts, as base64url of JSON that clients treat as opaque.
 *
 * A cursor is not signed and needs no secret, because it can reach nothing that its holder cannot ask for anyway:
 * it holds a position (a name, an identifier) and never a partition key. The adapter builds the key again from
 * the organization that the authorizer verified. It carries a digest of its scope (organization, list, filters,
 * order), so that a cursor of another organization or of another question is refused instead of misread.
 */
const Envelope = z.strictObject({ scope: z.string(), at: z.unknown() });

/** What a cursor belongs to: the verified organization first, then the list and all that narrows or orders it. */
export type CursorScope = readonly [organization: string, ...question: (string | undefined)[]];

function digest(scope: CursorScope): string {
  const text = JSON.stringify(scope.map((part) => part ?? null));
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/** Writes a cursor for a position that JSON can hold. */
export function writeCursor(scope: CursorScope, at: unknown): string {
  return Buffer.from(JSON.stringify({ scope: digest(scope), at })).toString('base64url');
}

/**
 * Reads a cursor back.
 * @throws MusterError `invalid_cursor` if it is malformed, of another scope, or not a position of this list.
 */
export function readCursor<S extends z.ZodType>(
  scope: CursorScope,
  position: S,
  cursor: string,
): z.output<S> {
  const envelope = Envelope.safeParse(parsedJson(cursor));
  if (!envelope.success || envelope.data.scope !== digest(scope)) throw invalidCursor();
  const at = position.safeParse(envelope.data.at);
  if (!at.success) throw invalidCursor();
  return at.data;
}

/** The refusal of a cursor: the list is started anew. */
export function invalidCursor(): MusterError {
  return new MusterError('invalid_cursor', 'The cursor does not belong to this list. Start without one.');
}

function parsedJson(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
