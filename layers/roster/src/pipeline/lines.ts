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
export async function* mergeLines(
  streams: readonly AsyncIterable<string[]>[],
  order: (line: string) => number,
): AsyncIterable<string> {
  const cursors = await Promise.all(streams.map((stream) => Cursor.open(stream, order)));
  let open = cursors.filter((cursor) => !cursor.done);
  while (open.length > 0) {
    let least = open[0] as Cursor;
    for (const cursor of open) if (cursor.rank < least.rank) least = cursor;
    yield least.line;
    if (least.step()) continue;
    await least.refill();
    if (least.done) open = open.filter((cursor) => cursor !== least);
  }
}

/** A place in a stream of batches; moves without a promise within a batch. */
class Cursor {
  done = false;
  line = '';
  rank = 0;
  private batch: string[] = [];
  private index = 0;
  private readonly batches: AsyncIterator<string[]>;
  private readonly order: (line: string) => number;

  private constructor(batches: AsyncIterator<string[]>, order: (line: string) => number) {
    this.batches = batches;
    this.order = order;
  }

  static async open(stream: AsyncIterable<string[]>, order: (line: string) => number): Promise<Cursor> {
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
