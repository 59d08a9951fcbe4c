import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** A file of an archive; its contents are read when its turn comes. */
export interface ZipContent {
  name: string;
  content: AsyncIterable<string | Uint8Array>;
  /** How hard to press, 0 to 9; that of zlib by default. */
  level?: number;
}

/**
 * An archive as it comes about, file after file, in bounded memory. The next file is asked for when the one before has
 * been read, so that it may depend on it.
 * @param mtime when the files say they were changed
 */
export async function* zipped(
  files: Iterable<ZipContent> | AsyncIterable<ZipContent>,
  mtime: Date,
): AsyncIterable<Uint8Array> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let reading: Readable | undefined;
  zip.on('error', (error: Error) => output.destroy(error));

  const fill = async () => {
    for await (const { name, content, level } of files) {
      reading = Readable.from(content, { objectMode: false });
      const done = finished(reading);
      zip.addReadStream(reading, name, {
        mtime,
        mode: 0o100644,
        ...(level !== undefined && { compressionLevel: level }),
      });
      await done;
    }
    zip.end();
  };
  const filling = fill().catch((error: Error) => void output.destroy(error));
  try {
    yield* output as AsyncIterable<Uint8Array>;
  } finally {
    reading?.destroy();
    await filling;
  }
}
