import { ByteReader } from './byteReader.ts';
import { S3Error } from './errors.ts';

const FIELDS_BYTES_MAX = 20 * 1024;
const PART_HEADER_BYTES_MAX = 8 * 1024;
const BOUNDARY_CHARS_MAX = 70;

/** A form up to its file: the fields by lower-case name, then the file's bytes to be streamed. */
export interface UploadForm {
  readonly fields: ReadonlyMap<string, string>;
  /** As the browser names it, without a path. */
  readonly fileName: string;
  /** Ends at the file's own boundary; an error where the form ends before. */
  readonly file: AsyncIterable<Uint8Array>;
  /** Reads what follows the file and ignores it, as S3 does. */
  finish(): Promise<void>;
}

function malformedForm(): S3Error {
  return new S3Error(
    'MalformedPOSTRequest',
    'The body of your POST request is not well-formed multipart/form-data.',
  );
}

function tooMuchBeforeFile(): S3Error {
  return new S3Error(
    'MaxPostPreDataLengthExceeded',
    'Your POST request fields preceding the upload file were too large.',
    { MaxPostPreDataLengthExceeded: String(FIELDS_BYTES_MAX) },
  );
}

function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (!boundary || boundary.length > BOUNDARY_CHARS_MAX) throw malformedForm();
  return boundary;
}

/** Browsers percent-encode quotes and line ends in names (HTML, multipart form data); older clients use a backslash. */
function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(disposition);
  const plain = match?.[1] ?? new RegExp(`;\\s*${name}=([^\\s;"]+)`, 'i').exec(disposition)?.[1];
  return plain
    ?.replace(/\\(["\\])/g, '$1')
    .replace(/%22/g, '"')
    .replace(/%0D/gi, '\r')
    .replace(/%0A/gi, '\n');
}

interface PartHead {
  name: string;
  fileName: string | undefined;
}

function parseHead(text: string): PartHead {
  const disposition = text.split('\r\n').find((line) => /^content-disposition\s*:\s*form-data\b/i.test(line));
  const name = disposition && parameter(disposition, 'name');
  if (!disposition || name === undefined) throw malformedForm();
  return { name: name.toLowerCase(), fileName: parameter(disposition, 'filename') };
}

/** After a boundary: another part follows, or the form ends. */
async function partFollows(reader: ByteReader): Promise<boolean> {
  const next = (await reader.exactly(2)).toString('latin1');
  if (next === '\r\n') return true;
  if (next === '--') return false;
  throw malformedForm();
}

async function readHead(reader: ByteReader): Promise<PartHead> {
  return parseHead((await reader.until('\r\n\r\n', PART_HEADER_BYTES_MAX, malformedForm)).toString('utf8'));
}

/** Puts the line end before the first boundary that all the others have. */
async function* withLineEnd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('\r\n');
  yield* source;
}

/**
 * Reads a multipart/form-data body (RFC 7578) up to the field `file`, holding at most 20 KB of fields and then
 * little more than a chunk of the file.
 * @throws S3Error MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument without a file
 */
export async function readForm(source: AsyncIterable<Uint8Array>, contentType: string): Promise<UploadForm> {
  const mark = `\r\n--${boundaryOf(contentType)}`;
  const reader = new ByteReader(withLineEnd(source), malformedForm);
  const fields = new Map<string, string>();
  let bytes = 0;
  await reader.until(mark, PART_HEADER_BYTES_MAX, malformedForm);
  while (await partFollows(reader)) {
    const head = await readHead(reader);
    if (head.name === 'file') {
      const fileName = head.fileName?.split(/[/\\]/).at(-1) ?? '';
      return { fields, fileName, file: reader.streamUntil(mark), finish: () => reader.drain() };
    }
    const value = await reader.until(mark, FIELDS_BYTES_MAX - bytes, tooMuchBeforeFile);
    bytes += value.length + head.name.length;
    if (bytes > FIELDS_BYTES_MAX) throw tooMuchBeforeFile();
    if (fields.has(head.name)) {
      throw new S3Error('InvalidArgument', `POST requires exactly one field '${head.name}'.`);
    }
    fields.set(head.name, value.toString('utf8'));
  }
  throw new S3Error('InvalidArgument', 'POST requires exactly one file upload per request.', {
    ArgumentName: 'file',
  });
}
