import { createHash } from 'node:crypto';
import {
  type AuditEntry,
  type AuditEvent,
  canonicalJson,
  entryTextMax,
  firstPreviousHash,
  fittedEvent,
  nextEntry,
  verifyChain,
} from 'roster/domain/audit';
import { expect, test } from 'vitest';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const event = (subject: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  action: 'member.update',
  actor: { account: 'A1', login: 'ada', address: '192.0.2.7' },
  subject,
  ...more,
});

async function chainOf(length: number): Promise<AuditEntry[]> {
  const chain: AuditEntry[] = [];
  for (let index = 0; index < length; index++) {
    const now = new Date(Date.UTC(2026, 0, 1, 0, 0, index));
    const after = { name: `Name ${index}` };
    chain.push((await nextEntry(event(`m${index}`, { after }), chain.at(-1), now, sha256)).entry);
  }
  return chain;
}

test('canonical JSON is that of RFC 8785', () => {
  // The sample of section 3.2.2 and 3.2.3, without its literal of more digits than a double holds.
  const sample = {
    numbers: [1e30, 4.5, 6, 2e-3, 1e-27],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(sample)).toBe(
    '{"literals":[null,true,false],"numbers":[1e+30,4.5,6,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  // Section 3.2.3 sorts by UTF-16 code units: the emoji's surrogates come before U+FB33.
  const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
  expect(
    Object.values(
      JSON.parse(
        `[${canonicalJson(names)
          .match(/:(\d)/g)
          ?.map((m) => m[1])}]`,
      ),
    ),
  ).toEqual([2, 4, 6, 7, 1, 5, 3]);
});

test('the hash of an entry is SHA-256 over all of it but the hash, the one before it included', async () => {
  const { text, entry } = await nextEntry(
    event('m1'),
    undefined,
    new Date('2026-02-03T04:05:06.007Z'),
    sha256,
  );
  expect(text).toBe(
    '{"action":"member.update","actor":{"account":"A1","address":"192.0.2.7","login":"ada"},' +
      `"at":"2026-02-03T04:05:06.007Z","previousHash":"${'0'.repeat(64)}","sequence":1,"subject":"m1"}`,
  );
  // printf '%s' TEXT | sha256sum
  expect(entry.hash).toBe('29f112ab8c035bedb50076bfef6db1d27af4e06f4be89b6bd20e88843ea9ef23');
  const second = await nextEntry(event('m2'), entry, new Date('2026-02-03T04:05:07.000Z'), sha256);
  expect(second.entry).toMatchObject({ sequence: 2, previousHash: entry.hash });
});

test('a clock that goes back does not turn the order around', async () => {
  const [first] = await chainOf(1);
  const { entry } = await nextEntry(event('m2'), first, new Date('2020-01-01T00:00:00Z'), sha256);
  expect(entry.at).toBe('2026-01-01T00:00:00.000Z');
});

test('what is too long for an item is kept as its hash and length', async () => {
  const before = { text: 'é'.repeat(entryTextMax) };
  const fitted = await fittedEvent(event('m1', { before, after: { text: 'short' } }), sha256);
  const text = JSON.stringify(before);
  expect(fitted.before).toEqual({ tooLong: true, sha256: sha256(text), length: text.length });
  expect(fitted.subject).toBe('m1');
});

test('an unbroken chain, whatever its length', async () => {
  const chain = await chainOf(4);
  expect(await verifyChain([], sha256)).toEqual({ unbroken: true, entries: 0 });
  const head = { sequence: 4, hash: chain[3]?.hash };
  expect(await verifyChain(chain, sha256)).toEqual({ unbroken: true, entries: 4, head });
  // What the table holds comes back with other orders of names and no absent ones.
  const read = chain.map((entry) => JSON.parse(canonicalJson(entry)) as AuditEntry);
  expect(await verifyChain(read, sha256)).toMatchObject({ unbroken: true, entries: 4 });
});

const rehashed = (entry: AuditEntry): AuditEntry => {
  const { hash: _, ...content } = entry;
  return { ...entry, hash: sha256(canonicalJson(content)) };
};

test.each<[string, (chain: AuditEntry[]) => AuditEntry[], string, number]>([
  ['the first one deleted', (c) => c.slice(1), 'missing', 1],
  ['one in the middle deleted', (c) => c.toSpliced(2, 1), 'missing', 3],
  ['two that changed places', ([a, b, c, d]) => [a, c, b, d] as AuditEntry[], 'missing', 2],
  ['one doubled', (c) => c.toSpliced(2, 0, c[1] as AuditEntry), 'unexpected', 2],
  ['one edited', (c) => c.with(1, { ...(c[1] as AuditEntry), subject: 'other' }), 'edited', 2],
  [
    'a time edited',
    (c) => c.with(3, { ...(c[3] as AuditEntry), at: '2020-01-01T00:00:00.000Z' }),
    'edited',
    4,
  ],
  ['a field added', (c) => c.with(0, { ...(c[0] as AuditEntry), details: {} }), 'edited', 1],
  [
    'one rewritten with a right hash',
    (c) => c.with(1, rehashed({ ...(c[1] as AuditEntry), subject: 'x' })),
    'rewritten',
    2,
  ],
  [
    'the first rewritten as if not the first',
    (c) => [rehashed({ ...(c[0] as AuditEntry), previousHash: sha256('') })],
    'rewritten',
    1,
  ],
  [
    'one deleted and the rest renumbered',
    (c) => [c[0], rehashed({ ...(c[2] as AuditEntry), sequence: 2 })] as AuditEntry[],
    'rewritten',
    1,
  ],
])('verification finds %s', async (_, tamper, fault, sequence) => {
  const verdict = await verifyChain(tamper(await chainOf(4)), sha256);
  expect(verdict).toMatchObject({ unbroken: false, fault, sequence });
});

test('the head shows that the newest entries are gone or another', async () => {
  const chain = await chainOf(3);
  const head = { sequence: 3, hash: chain[2]?.hash ?? '' };
  expect(await verifyChain(chain.slice(0, 2), sha256, { head })).toMatchObject({
    fault: 'tail_missing',
    sequence: 3,
  });
  const other = chain.with(2, rehashed({ ...(chain[2] as AuditEntry), subject: 'x' }));
  expect(await verifyChain(other, sha256, { head })).toMatchObject({ fault: 'rewritten', sequence: 3 });
  expect(await verifyChain(await chainOf(5), sha256, { head })).toMatchObject({ unbroken: true, entries: 5 });
});

test('an anchor finds a chain that was written anew as a whole', async () => {
  const chain = await chainOf(3);
  const anchor = chain[1]?.hash;
  expect(await verifyChain(chain, sha256, { anchor })).toMatchObject({ unbroken: true });
  const anew = await nextEntry(event('other'), undefined, new Date(0), sha256);
  expect(await verifyChain([anew.entry], sha256)).toMatchObject({ unbroken: true });
  expect(await verifyChain([anew.entry], sha256, { anchor })).toMatchObject({ fault: 'anchor_missing' });
  expect(await verifyChain([], sha256, { anchor: firstPreviousHash })).toMatchObject({ unbroken: true });
});
