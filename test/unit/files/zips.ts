import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

export interface ZipContent {
  name: string;
  bytes: Buffer | string;
  options?: { compress?: boolean; forceZip64Format?: boolean };
}

/** An archive as yazl writes it. */
export async function zipOf(
  contents: readonly ZipContent[],
  end: { comment?: string; forceZip64Format?: boolean } = {},
): Promise<Buffer> {
  const archive = new ZipFile();
  for (const { name, bytes, options } of contents) {
    if (name.endsWith('/')) archive.addEmptyDirectory(name);
    else archive.addBuffer(Buffer.from(bytes), name, options);
  }
  archive.end({ forceZip64Format: false, comment: '', ...end });
  return buffer(archive.outputStream);
}
