/** Reading and merging files of lines (NDJSON and the like) in bounded memory. */

/** The lines of a UTF-8 stream, in batches as they arrive; a last line needs no end. */
export async function* lineBatches(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}

/** Several streams of lines, each ascending by `order`, as one that is ascending; equal ones in stream order. */
export async function* mergeLines<R extends number | string>(
  streams: readonly AsyncIterable<string[]>[],
  order: (line: string) => R,
): AsyncIterable<string> {
  const cursors = await Promise.all(streams.map((stream) => Cursor.open(stream, order)));
  let open = cursors.filter((cursor) => !cursor.done);
  while (open.length > 0) {
    let least = open[0] as Cursor<R>;
    for (const cursor of open) if (cursor.rank < least.rank) least = cursor;
    yield least.line;
    if (least.step()) continue;
    await least.refill();
    if (least.done) open = open.filter((cursor) => cursor !== least);
  }
}

/** A place in a stream of batches; moves without a promise within a batch. */
class Cursor<R> {
  done = false;
  line = '';
  declare rank: R;
  private batch: string[] = [];
  private index = 0;
  private readonly batches: AsyncIterator<string[]>;
  private readonly order: (line: string) => R;

  private constructor(batches: AsyncIterator<string[]>, order: (line: string) => R) {
    this.batches = batches;
    this.order = order;
  }

  static async open<R>(stream: AsyncIterable<string[]>, order: (line: string) => R): Promise<Cursor<R>> {
    const cursor = new Cursor(stream[Symbol.asyncIterator](), order);
    await cursor.refill();
    return cursor;
  }

  /** Moves on within the batch; false at its end. */
  step(): boolean {
    this.index += 1;
    return this.show();
  }

  async refill(): Promise<void> {
    do {
      const next = await this.batches.next();
      if (next.done) {
        this.done = true;
        return;
      }
      this.batch = next.value;
      this.index = 0;
    } while (!this.show());
  }

  private show(): boolean {
    const line = this.batch[this.index];
    if (line === undefined) return false;
    this.line = line;
    this.rank = this.order(line);
    return true;
  }
}
