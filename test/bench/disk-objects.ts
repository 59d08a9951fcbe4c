import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Objects } from 'roster/domain/ports';

/** The work bucket as files in a folder, so that a bench measures the steps and not a storage service. */
export function diskObjects(folder: string): Objects {
  const pathOf = (key: string) => join(folder, key);
  const write = async (key: string, body: string | Uint8Array) => {
    await mkdir(dirname(pathOf(key)), { recursive: true });
    await writeFile(pathOf(key), body);
  };
  return {
    write,
    read: (key) => readFile(pathOf(key)),
    async readRange(key, start, end) {
      const file = await open(pathOf(key));
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async *stream(key) {
      yield* createReadStream(pathOf(key), { highWaterMark: 256 * 1024 });
    },
    async writeStream(key, body) {
      await mkdir(dirname(pathOf(key)), { recursive: true });
      await writeFile(`${pathOf(key)}.part`, body);
      await rename(`${pathOf(key)}.part`, pathOf(key));
    },
  };
}
