import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import {
  type AuditAction,
  type AuditEntry,
  type AuditEvent,
  firstPreviousHash,
  nextEntry,
  verifyChain,
} from 'roster/domain/audit';
import { erasedEntry, isKept } from 'roster/domain/audit-erasure';
import { expect, it } from 'vitest';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const eventOf = (action: AuditAction, more: Partial<AuditEvent> = {}): AuditEvent => ({
  action,
  actor: { account: 'A1', login: 'ada@club.example', address: '192.0.2.7', via: '192.0.2.8' },
  subject: 'm1',
  ...more,
});
const personal = eventOf('member.add', { after: { values: { Name: 'Ada' } }, details: { note: 'x' } });

async function chainOf(events: readonly AuditEvent[], chain: AuditEntry[] = []): Promise<AuditEntry[]> {
  const made = [...chain];
  for (const event of events) {
    const now = new Date(Date.UTC(2026, 0, 1, 0, 0, made.length));
    made.push((await nextEntry(event, made.at(-1), now, sha256, `salt ${made.length}`)).entry);
  }
  return made;
}

/** The digest as the README has it: each text appended to the digest so far, from 64 zeros on; written out here anew. */
function digestOf(entries: readonly AuditEntry[]): string {
  const sorted = (value: unknown): unknown =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((name) => [name, sorted((value as Record<string, unknown>)[name])]),
        )
      : value;
  return entries.reduce((digest, entry) => sha256(digest + JSON.stringify(sorted(entry))), '0'.repeat(64));
}

/** A chain as a drop leaves it: erased, and then vouched for. */
async function droppedChain(events: readonly AuditEvent[]): Promise<AuditEntry[]> {
  const whole = await chainOf([...events, eventOf('drop.start', { subject: 'D1' })]);
  const erased = whole.map((entry) => (isKept(entry) ? entry : erasedEntry(entry)));
  const gone = erased.filter((entry) => entry.erased);
  const vouched = { entries: gone.length, sha256: digestOf(gone) };
  return chainOf([eventOf('drop.complete', { subject: 'D1', details: { erased: vouched } })], erased);
}

it('keeps what happened, when, by which account and how much, and nothing of a person', async () => {
  const counts = { added: 3 };
  const [member, file] = (await chainOf([
    personal,
    eventOf('import.complete', { subject: 'I1', details: { counts, fileName: 'ada.csv' } }),
  ])) as [AuditEntry, AuditEntry];
  const { at, sequence, previousHash, hash } = member;
  expect(erasedEntry(member)).toEqual({
    action: 'member.add',
    actor: { account: 'A1', login: 'erased' },
    subject: 'erased',
    erased: true,
    ...{ at, sequence, previousHash, hash },
  });
  expect(erasedEntry(file)).toMatchObject({ subject: 'I1', details: { counts } });
  expect(JSON.stringify(erasedEntry(file))).not.toContain('ada');
  const byItself = eventOf('member.disable', { actor: { account: 'period', login: 'period' } });
  expect(erasedEntry((await chainOf([byItself]))[0] as AuditEntry).actor.login).toBe('period');
});

it('leaves a chain that is unbroken, also after a second drop', async () => {
  const once = await droppedChain([personal, personal, eventOf('schema.update')]);
  expect(await verifyChain(once, sha256)).toMatchObject({ unbroken: true, entries: 5 });
  const more = await chainOf([personal, eventOf('drop.start', { subject: 'D2' })], once);
  const erased = more.map((entry) => (isKept(entry) ? entry : erasedEntry(entry)));
  const late = erased.slice(once.length).filter((entry) => entry.erased);
  const vouched = { entries: 1, sha256: digestOf(late) };
  const twice = await chainOf([eventOf('drop.complete', { details: { erased: vouched } })], erased);
  expect(await verifyChain(twice, sha256)).toMatchObject({ unbroken: true, entries: 8 });
});

it('is unbroken while a drop erases, and broken where none is at it', async () => {
  const dropped = await droppedChain([personal, personal]);
  expect(await verifyChain(dropped.slice(0, -1), sha256)).toMatchObject({ unbroken: true });
  const [first, second] = await chainOf([personal, personal]);
  const alone = [erasedEntry(first as AuditEntry), second as AuditEntry];
  expect(await verifyChain(alone, sha256)).toMatchObject({ fault: 'unvouched', sequence: 1 });
});

it('finds any change of an erased entry', async () => {
  const dropped = await droppedChain([
    personal,
    eventOf('import.complete', { details: { counts: { added: 3 } } }),
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 1 }),
      fc.constantFrom('action', 'subject', 'at', 'details', 'actor', 'before') as fc.Arbitrary<
        keyof AuditEntry
      >,
      fc.string({ minLength: 1 }),
      async (index, name, text) => {
        const value = ['details', 'actor', 'before'].includes(name) ? { account: text } : text;
        const forged = dropped.with(index, {
          ...(dropped[index] as AuditEntry),
          [name]: value,
        } as AuditEntry);
        if (forged[index]?.subject === dropped[index]?.subject && name === 'subject') return;
        expect(await verifyChain(forged, sha256)).toMatchObject({ unbroken: false });
      },
    ),
    { numRuns: 50 },
  );
  expect(firstPreviousHash).toBe('0'.repeat(64));
});
