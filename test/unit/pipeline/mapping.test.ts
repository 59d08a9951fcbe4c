import { ImportLimits } from 'roster/domain/import';
import type { SavedMapping } from 'roster/domain/mapping';
import type { ImportRef } from 'roster/domain/ports';
import type { Column } from 'roster/domain/schema';
import { chooseMapping, proposeMapping } from 'roster/pipeline/mapping';
import { unzip } from 'roster/pipeline/unzip';
import { type Manifest, readJson, workFiles } from 'roster/pipeline/work-files';
import { describe, expect, it } from 'vitest';
import { memoryImports, memoryMembers, memoryObjects } from '../../support/memory.ts';
import { storedOrganization } from '../../support/organization.ts';

const first: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId' },
  { name: 'Name', type: 'text', role: 'fullName', required: true },
];
const ref: ImportRef = { organization: 'club', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const actor = { account: 'owner', login: 'owner' };
const at = new Date('2026-02-01T00:00:00Z');

function start(file: string, options: { mapping?: 'auto' | 'confirm' } = {}) {
  const imports = memoryImports(options);
  const saved = new Map<string, SavedMapping>();
  const events: string[] = [];
  let schema = { version: 1, columns: first };
  const bytes = Buffer.from(file);
  const source = {
    size: bytes.length,
    async *read(from: number, to: number) {
      yield bytes.subarray(from, to);
    },
  };
  const deps = {
    imports: {
      ...imports,
      get job() {
        return imports.job;
      },
      takeFloor: async (...args: Parameters<typeof imports.takeFloor>) =>
        imports.job.step === 'awaiting_upload' ? imports.takeFloor(...args) : imports.job,
      update: async (...[org, job, patch, event]: Parameters<typeof imports.update>) => {
        const next = await imports.update(org, job, patch);
        if (event !== undefined) events.push(event.action);
        return next;
      },
    },
    members: memoryMembers(imports),
    work: memoryObjects(),
    organizations: {
      get: async () => storedOrganization('club', { schemaVersion: schema.version }),
      update: async () => storedOrganization('club'),
      schema: async () => schema,
      async putSchema(_: unknown, columns: Column[], event: { action: string }) {
        events.push(event.action);
        schema = { version: schema.version + 1, columns };
        return schema;
      },
    },
    savedMappings: {
      find: async (_: string, id: string) => saved.get(id),
      async save(_: string, mapping: SavedMapping, event: { action: string }) {
        events.push(event.action);
        saved.set(mapping.mappingId, mapping);
      },
    },
    limits: ImportLimits.parse({}),
    clock: () => at,
    upload: async () => ({ source, uploadedAt: at }),
  };
  return { deps, events, saved };
}

const file = 'Matricule,Nom complet,Taille\n1,Ann Able,XL\n';
const word = {
  columns: {
    Matricule: { column: 'ID' },
    'Nom complet': { column: 'Name' },
    Taille: { keep: true as const },
  },
  save: true,
};

describe('the step mapping, its executions delivered twice and in any order', () => {
  it('reads the file once it is mapped, and only for whom that started', async () => {
    const { deps, events } = start(file);
    const waiting = { next: 'mapping', parts: [] };
    expect(await unzip(deps, ref)).toEqual(waiting);
    expect(await unzip(deps, { ...ref, from: 'upload' })).toEqual(waiting);
    // Started before its word was there: a lost race, which goes nowhere.
    expect(await unzip(deps, { ...ref, from: 'mapping' })).toEqual(waiting);
    const said = await chooseMapping(deps, ref, actor, word);
    expect(await chooseMapping(deps, ref, actor, word)).toEqual(said);
    expect(events).toEqual(['schema.update', 'mapping.save', 'import.map']);
    expect(await unzip(deps, { ...ref, from: 'upload' })).toEqual(waiting);
    expect(deps.imports.job.step).toBe('mapping');
    const validate = { next: 'validate', parts: [0] };
    expect(await unzip(deps, { ...ref, from: 'mapping' })).toEqual(validate);
    expect(await unzip(deps, { ...ref, from: 'mapping' })).toEqual(validate);
    expect(await unzip(deps, { ...ref, from: 'upload' })).toEqual(validate);
    const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
    expect(manifest).toMatchObject({ schemaVersion: 2, positions: [0, 1, 2], report: { ignored: [] } });
  });

  it('does again what a killed call left undone, and adds no column twice', async () => {
    const { deps, events } = start(file);
    await unzip(deps, ref);
    const killed = {
      ...deps,
      work: { ...deps.work, write: () => Promise.reject(new Error('Killed.')) },
    };
    await expect(chooseMapping(killed, ref, actor, word)).rejects.toThrow('Killed.');
    expect(events).toEqual(['schema.update', 'mapping.save']);
    await chooseMapping(deps, ref, actor, word);
    expect(events).toEqual(['schema.update', 'mapping.save', 'import.map']);
    expect((await deps.organizations.schema()).columns.map(({ name }) => name)).toEqual([
      'ID',
      'Name',
      'Taille',
    ]);
  });

  it('takes no other word after the first one', async () => {
    const { deps } = start(file);
    await unzip(deps, ref);
    await chooseMapping(deps, ref, actor, word);
    const other = { ...word, columns: { ...word.columns, Taille: { drop: true as const } } };
    await expect(chooseMapping(deps, ref, actor, other)).rejects.toMatchObject({
      code: 'import_not_in_mapping',
    });
  });

  it('does not go by a saved mapping whose column is gone, where it is to be confirmed', async () => {
    const { deps, saved } = start(file, { mapping: 'confirm' });
    await unzip(deps, ref);
    await chooseMapping(deps, ref, actor, word);
    const [mapping] = [...saved.values()];
    const second = start(file, { mapping: 'confirm' });
    second.saved.set(mapping?.mappingId ?? '', mapping as SavedMapping);
    expect(await unzip(second.deps, ref)).toEqual({ next: 'mapping', parts: [] });
    const third = start(file, { mapping: 'auto' });
    third.saved.set(mapping?.mappingId ?? '', mapping as SavedMapping);
    expect(await unzip(third.deps, ref)).toEqual({ next: 'validate', parts: [0] });
    expect(third.deps.imports.job.columns).toMatchObject({ ignored: ['Taille'] });
  });

  it('shows long values cut and the same value once', async () => {
    const long = 'x'.repeat(500);
    const { deps } = start(`ID,Name\n1,${long}\n2,${long}\n3,b\n4,\n5,c\n6,d\n`, { mapping: 'confirm' });
    await unzip(deps, ref);
    const { headers } = await proposeMapping(deps, ref);
    expect(headers[1]?.samples).toEqual([`${'x'.repeat(80)}…`, 'b', 'c']);
  });
});
