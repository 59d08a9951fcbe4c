/**
 * Joins small chunks until they hold at least `bytesMin`: what follows works per chunk, and an S3 body arrives in
 * pieces of 16 KiB.
 */
export async function* coalesce(chunks: AsyncIterable<Uint8Array>, bytesMin: number): AsyncIterable<Buffer> {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    gathered.push(chunk);
    bytes += chunk.length;
    if (bytes < bytesMin) continue;
    yield joined(gathered);
    gathered = [];
    bytes = 0;
  }
  if (bytes > 0) yield joined(gathered);
}

/** Chunks as one buffer; a single one is not copied. */
export function joined(chunks: readonly Uint8Array[]): Buffer {
  const only = chunks.length === 1 ? chunks[0] : undefined;
  if (only === undefined) return Buffer.concat(chunks);
  return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
}
