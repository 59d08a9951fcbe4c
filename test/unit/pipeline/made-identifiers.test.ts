import fc from 'fast-check';
import { ImportLimits } from 'roster/domain/import';
import { identifierOf } from 'roster/domain/made-identifiers';
import type { ImportRef } from 'roster/domain/ports';
import type { Column } from 'roster/domain/schema';
import { ChangeReader } from 'roster/pipeline/change-reader';
import { diffPart } from 'roster/pipeline/diff';
import { plan } from 'roster/pipeline/plan';
import { unzip } from 'roster/pipeline/unzip';
import { validatePart } from 'roster/pipeline/validate';
import { type Manifest, type Plan, readJson, workFiles } from 'roster/pipeline/work-files';
import { describe, expect, it } from 'vitest';
import {
  memoryDepartments,
  memoryImports,
  memoryMembers,
  memoryObjects,
  memoryOrganizations,
  noRosterChanges,
} from '../../support/memory.ts';

describe('an identifier of a name (S2.10)', () => {
  it.each([
    [['Jean', 'Dupont'], 'jean.dupont'],
    [['Zoé', 'Lefèvre'], 'zoe.lefevre'],
    [['Łukasz', 'Żółć'], 'lukasz.zolc'],
    [['Jean-Marc', 'de La Tour'], 'jean-marc.de-la-tour'],
    [['  Anne  Marie ', 'O’Neil'], 'anne-marie.oneil'],
    [['Œdipe', 'Straße'], 'oedipe.strasse'],
    [['Jean', 'D\u2019Août'], 'jean.daout'],
    [['E\u0301lise', 'Noe\u0308l'], 'elise.noel'],
    [['东', '京'], 'dong.jing'],
    [['J.', 'R.'], 'j.r'],
    [['', 'Dupont'], undefined],
    [['Jean', '---'], undefined],
    [['🙂', ''], undefined],
  ])('%j makes %s', (names, identifier) => {
    expect(identifierOf(...names)).toBe(identifier);
  });
});

const columns: Column[] = [
  { name: 'Key', type: 'text', role: 'externalId', madeFromName: true },
  { name: 'First', type: 'text', role: 'firstName', required: true },
  { name: 'Last', type: 'text', role: 'lastName', required: true },
  { name: 'Mail', type: 'email', role: 'email' },
  { name: 'Town', type: 'text' },
];

interface Person {
  key: string;
  first: string;
  last: string;
  mail: string;
  town: string;
}
type Roster = ReadonlyMap<string, Record<string, string>>;

const ref: ImportRef = { organization: 'club', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Reads a file and plans it against members of these values; what the roster would be. */
async function planned(file: string, roster: Roster = new Map()) {
  const imports = memoryImports({ approve: 'review' });
  const members = memoryMembers(imports);
  for (const [externalId, values] of roster) {
    members.members.set(externalId, {
      ...{ externalId, values, valuesHash: '', state: 'not_joined', name: externalId },
      ...{ departments: [], roles: [], version: 1, createdAt: '', updatedAt: '' },
    });
  }
  const work = memoryObjects();
  const source = {
    size: Buffer.byteLength(file),
    async *read(start: number, end: number) {
      yield Buffer.from(file).subarray(start, end);
    },
  };
  const at = new Date('2026-02-01T00:00:00Z');
  const deps = {
    ...{ imports, members, work, reports: memoryObjects(), departments: memoryDepartments() },
    organizations: memoryOrganizations(columns),
    approvers: { mayApprove: async () => true },
    rosterChanges: noRosterChanges,
    savedMappings: { find: async () => undefined },
    limits: ImportLimits.parse({}),
    clock: () => at,
    upload: async () => ({ source, uploadedAt: at }),
  };
  const { parts } = await unzip(deps, ref);
  for (const part of parts) await validatePart(deps, { ...ref, part });
  for (const part of parts) await diffPart(deps, { ...ref, part });
  await plan(deps, ref);
  const manifest = await readJson<Manifest>(work, workFiles.manifest(ref));
  const { parts: planParts } = await readJson<Plan>(work, workFiles.plan(ref));
  const reader = new ChangeReader(work, ref, manifest);
  const after = new Map(roster);
  const changes: { kind: string; externalId: string; line?: number | undefined }[] = [];
  for (const part of planParts) {
    for (const kind of ['add', 'update', 'reactivate', 'disable'] as const) {
      for await (const some of reader.all(part, kind)) {
        for (const { externalId, line, values } of some) {
          changes.push({ kind, externalId, line });
          if (values !== undefined) after.set(externalId, values);
        }
      }
    }
  }
  const rejects = parts.flatMap((part) =>
    String(work.files.get(workFiles.rejects(ref, part)))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { line: number; code: string }),
  );
  return { changes, after, rejects, job: imports.job };
}

function fileOf(people: readonly Person[], header = ['Key', 'First', 'Last', 'Mail', 'Town']) {
  const lines = people.map(({ key, first, last, mail, town }) => {
    const values: Record<string, string> = { Key: key, First: first, Last: last, Mail: mail, Town: town };
    return header.map((name) => quoted(values[name] ?? '')).join(';');
  });
  return `${header.join(';')}\n${lines.join('\n')}\n`;
}
const person = (first: string, last: string, mail = '', town = '', key = ''): Person => ({
  ...{ key, first, last, mail, town },
});
const idsOf = ({ after }: { after: Roster }) => [...after.keys()].sort();

describe('rows without an identifier', () => {
  it('get one of their name, the next number where somebody else has it', async () => {
    const { after, job } = await planned(
      fileOf([
        person('Jean', 'Dupont', 'a@x.org'),
        person('Jéan', 'DUPONT', 'b@x.org'),
        person('Zoé', 'Lefèvre'),
        person('Ann', 'Able', '', '', '007'),
      ]),
    );
    expect(Object.fromEntries([...after].map(([id, { Mail = '' }]) => [id, Mail]))).toEqual({
      'jean.dupont': 'a@x.org',
      'jean.dupont2': 'b@x.org',
      'zoe.lefevre': '',
      '007': '',
    });
    expect(job.notices).toMatchObject([{ code: 'identifiers_made', rows: 3 }]);
  });

  it('leave an identifier to who has it in the file or on the roster under another name', async () => {
    const roster = new Map([['zoe.lefevre', { Key: 'zoe.lefevre', First: 'Other', Last: 'Person' }]]);
    const { after, changes } = await planned(
      fileOf([
        person('Jean', 'Dupont', 'a@x.org'),
        person('Marie', 'Curie', '', '', 'jean.dupont'),
        person('Zoé', 'Lefèvre'),
        person('Other', 'Person', '', '', 'zoe.lefevre'),
      ]),
      roster,
    );
    expect(idsOf({ after })).toEqual(['jean.dupont', 'jean.dupont2', 'zoe.lefevre', 'zoe.lefevre2']);
    expect(after.get('jean.dupont')).toMatchObject({ Last: 'Curie' });
    expect(changes.map(({ kind }) => kind)).toEqual(['add', 'add', 'add']);
  });

  it('find the member that got a number, when its namesake left, came first, moved or changed its address', async () => {
    const two = [person('Jean', 'Dupont', 'a@x.org', 'A'), person('Jean', 'Dupont', 'b@x.org', 'B')];
    const { after: roster } = await planned(fileOf(two));
    expect(roster.get('jean.dupont2')).toMatchObject({ Mail: 'b@x.org' });
    const left = await planned(fileOf([person('Jean', 'Dupont', 'B@x.org', 'B')]), roster);
    expect(left.changes).toEqual([{ kind: 'disable', externalId: 'jean.dupont', line: undefined }]);
    const moved = await planned(fileOf([person('Jean', 'Dupont', 'b@x.org', 'C'), two[0] as Person]), roster);
    expect(moved.changes).toEqual([{ kind: 'update', externalId: 'jean.dupont2', line: 2 }]);
    const third = await planned(fileOf([person('Jean', 'Dupont', '0@x.org', 'Z'), ...two]), roster);
    expect(third.changes).toEqual([{ kind: 'add', externalId: 'jean.dupont3', line: 2 }]);
    const removed = await planned(fileOf(two), new Map([...roster].slice(1)));
    expect(removed.changes).toEqual([{ kind: 'add', externalId: 'jean.dupont', line: 2 }]);
    const one = new Map([...roster].slice(0, 1));
    const renewed = await planned(fileOf([person('Jean', 'Dupont', 'new@x.org', 'N')]), one);
    expect(renewed.changes).toEqual([{ kind: 'update', externalId: 'jean.dupont', line: 2 }]);
  });

  it('are refused where they may be any of several members, and those are not disabled by themselves', async () => {
    const { after: roster } = await planned(
      fileOf([person('Jean', 'Dupont', 'a@x.org'), person('Jean', 'Dupont', 'b@x.org')]),
    );
    const { changes, rejects, job } = await planned(
      fileOf([person('Jean', 'Dupont', 'c@x.org'), person('Ann', 'Able')]),
      roster,
    );
    expect(rejects).toMatchObject([{ line: 2, code: 'ambiguous_identifier' }]);
    expect(changes.filter(({ kind }) => kind !== 'disable')).toMatchObject([{ kind: 'add' }]);
    expect(job).toMatchObject({ step: 'review', hold: { reason: 'unreadable_rows' } });
  });

  it('are one person where they are the same in all columns, and rejects where they have no name', async () => {
    const twin = person('Jean', 'Dupont', '', 'A');
    const { after, rejects } = await planned(fileOf([twin, twin, person('', 'Dupont'), person('🙂', '!')]));
    expect(idsOf({ after })).toEqual(['jean.dupont']);
    expect(rejects.map(({ line, code }) => [line, code]).sort()).toEqual([
      [3, 'duplicate_identifier'],
      [4, 'required'],
      [4, 'required'],
      [5, 'required'],
    ]);
  });

  it('are all of a file without the column, ragged rows included', async () => {
    const people = [person('Jean', 'Dupont', 'a@x.org', 'A'), person('Zoé', 'Lefèvre', '', 'B;"C"')];
    const file = fileOf(people, ['Last', 'First', 'Mail', 'Town']);
    const { after, job, rejects } = await planned(`${file}"too";"few"\nx;y;;;"too many"\n`);
    expect([...after]).toEqual([
      ['jean.dupont', { Key: 'jean.dupont', First: 'Jean', Last: 'Dupont', Mail: 'a@x.org', Town: 'A' }],
      ['zoe.lefevre', { Key: 'zoe.lefevre', First: 'Zoé', Last: 'Lefèvre', Town: 'B;"C"' }],
    ]);
    expect(rejects).toMatchObject([
      { line: 4, code: 'wrong_field_count', message: expect.stringContaining('2 values and the header 4') },
      { line: 5, code: 'wrong_field_count', message: expect.stringContaining('5 values and the header 4') },
    ]);
    expect(job.counts).toMatchObject({ rows: 4, added: 2, rejected: 2 });
  });
});

const name = fc.constantFrom(
  'Jean',
  'JEAN',
  'Jéan',
  'Zoé',
  'Anne-Marie',
  'Dupont',
  'Dupont2',
  'Du Pont',
  'O’Neil',
);
const people = fc.array(
  fc.record({
    key: fc.oneof(
      { arbitrary: fc.constant(''), weight: 4 },
      fc.constantFrom('jean.dupont', 'jean.dupont2', 'zoe.oneil', '7'),
    ),
    first: name,
    last: name,
    mail: fc.constantFrom('', 'a@x.org', 'A@x.org', 'b@x.org', 'c@x.org'),
    town: fc.constantFrom('', 'A', 'B', 'two\nlines', ';"'),
  }),
  { minLength: 1, maxLength: 12 },
);
/** Who a row is about, as far as the file tells: its key, or all of it. */
const who = ({ key, first, last, mail, town }: Person) =>
  key === '' ? JSON.stringify([first, last, mail.toLowerCase(), town]) : key;

describe('laws', () => {
  it('no two people share an identifier, and everybody has one', async () => {
    const law = async (rows: Person[]) => {
      const { changes, rejects } = await planned(fileOf(rows));
      expect(new Set(changes.map(({ externalId }) => externalId)).size).toBe(changes.length);
      // Of the rows of a key the first is taken, and of rows that are the same throughout.
      expect(changes.length + rejects.length).toBe(rows.length);
      expect(rejects.every(({ code }) => code === 'duplicate_identifier')).toBe(true);
      expect(changes.length).toBe(new Set(rows.map(who)).size);
    };
    await fc.assert(fc.asyncProperty(people, law), { numRuns: 150 });
  });

  it('the same file again plans nothing', async () => {
    const law = async (rows: Person[]) => {
      const first = await planned(fileOf(rows));
      const again = await planned(fileOf(rows), first.after);
      expect(again.changes).toEqual([]);
      expect(again.rejects).toEqual(first.rejects);
    };
    await fc.assert(fc.asyncProperty(people, law), { numRuns: 150 });
  });

  it('nothing depends on the order of rows without a key', async () => {
    const nameless = people.map((rows) => rows.map((row) => ({ ...row, key: '' })));
    const law = async (rows: Person[], before: Person[], seed: number[]) => {
      const { after: roster } = await planned(fileOf(before));
      const shuffled = rows
        .map((row, at) => [seed[at % seed.length] ?? 0, row] as const)
        .sort(([one], [other]) => one - other)
        .map(([, row]) => row);
      const byId = ({ after }: { after: Roster }) =>
        [...after].map(([id, { First: _, Last: __, ...values }]) => JSON.stringify([id, values])).sort();
      const said = ({ changes }: { changes: { kind: string; externalId: string }[] }) =>
        changes.map(({ kind, externalId }) => `${kind} ${externalId}`).sort();
      const [one, other] = [await planned(fileOf(rows), roster), await planned(fileOf(shuffled), roster)];
      expect(said(other)).toEqual(said(one));
      // Of twins that differ in the spelling of a canonical value only, the first one's spelling is taken.
      expect(byId(other).join().toLowerCase()).toEqual(byId(one).join().toLowerCase());
    };
    const seeds = fc.array(fc.integer(), { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(nameless, nameless, seeds, law), { numRuns: 100 });
  });
});
