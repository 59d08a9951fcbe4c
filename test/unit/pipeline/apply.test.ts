import { expect, it } from 'vitest';
import { changeKinds, noCounts } from '../../../layers/roster/src/domain/import.ts';
import type { ImportRef, PlannedChange, RosterMembers } from '../../../layers/roster/src/domain/ports.ts';
import type { Column } from '../../../layers/roster/src/domain/schema.ts';
import { applyPart } from '../../../layers/roster/src/pipeline/apply.ts';
import { formatChange } from '../../../layers/roster/src/pipeline/planned-changes.ts';
import { workFiles } from '../../../layers/roster/src/pipeline/work-files.ts';
import {
  memoryDepartments,
  memoryImports,
  memoryObjects,
  memoryOrganizations,
} from '../../support/memory.ts';

const ref: ImportRef = { organization: 'club', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const columns: Column[] = [{ name: 'ID', type: 'text', role: 'externalId' }];

const disable = (id: string, account?: string): PlannedChange => ({
  kind: 'disable',
  externalId: id,
  version: 1,
  from: 'enabled',
  state: 'disabled',
  ...(account && { account }),
  before: {},
});

/** A part with these changes, ready to be applied; what is written and who is told is kept. */
async function ready(changes: PlannedChange[], approver?: { by: string; account: string }) {
  const work = memoryObjects();
  const imports = memoryImports({ step: 'applying', uploadedBy: 'uploader', uploaderAccount: 'U' });
  const key = workFiles.changes(ref, 0, 'disable');
  await work.write(key, changes.map(formatChange).join(''));
  await work.write(workFiles.manifest(ref), JSON.stringify({ columns, schemaVersion: 1 }));
  const parts = [{ part: 0, ledger: '', kinds: { disable: { key, count: changes.length } } }];
  await work.write(workFiles.plan(ref), JSON.stringify({ counts: noCounts, parts }));
  const decision = { by: 'policy', at: '', kinds: [...changeKinds], exclude: [] };
  imports.approved = { ...decision, ...approver };
  const chunks: PlannedChange[][] = [];
  const approvers: unknown[] = [];
  const told: string[] = [];
  const members = {
    applyChunk: async (_ref, { part, chunk, changes: written }, context) => {
      chunks[chunk] = written;
      approvers.push([context.approvedBy, ...(context.approverAccounts ?? [])]);
      imports.applied.push({
        part,
        chunk,
        counts: { add: 0, update: 0, reactivate: 0, disable: 0, remove: 0 },
        disabledByFile: 0,
        conflicts: [],
        departmentsBefore: {},
      });
    },
  } satisfies Pick<RosterMembers, 'applyChunk'> as unknown as RosterMembers;
  const deps = {
    work,
    imports,
    members,
    departments: memoryDepartments(),
    organizations: memoryOrganizations(columns),
    clock: () => new Date('2026-01-01T00:00:00.000Z'),
    accountQueue: {
      changed: async (accounts: Iterable<string>) => {
        told.push(...accounts);
      },
    },
  };
  return { deps, chunks, told, approvers };
}

it('cuts chunks by the actions that they take: 97 members, or 48 with a membership each', async () => {
  const bare = await ready(Array.from({ length: 200 }, (_, at) => disable(`${at}`)));
  await applyPart(bare.deps, { ...ref, part: 0 });
  expect(bare.chunks.map(({ length }) => length)).toEqual([97, 97, 6]);
  expect(bare.told).toEqual([]);
  // A checkpoint, the counts of members and of owners and the directory beside them: 48 times 2 and 4 are all of 100.
  const joined = await ready(Array.from({ length: 100 }, (_, at) => disable(`${at}`, `A${at}`)));
  await applyPart(joined.deps, { ...ref, part: 0 });
  expect(joined.chunks.map(({ length }) => length)).toEqual([48, 48, 4]);
});

it('tells each account once its membership is written, and again after a crash', async () => {
  const { deps, chunks, told } = await ready([disable('1', 'A1'), disable('2'), disable('3', 'A3')]);
  await applyPart(deps, { ...ref, part: 0 });
  expect(told).toEqual(['A1', 'A3']);
  chunks.length = 0;
  await applyPart(deps, { ...ref, part: 0 });
  expect(chunks).toEqual([]);
  expect(told).toEqual(['A1', 'A3', 'A1', 'A3']);
});

it('counts the uploader as the approver of a plan that needed none, whatever logins are called', async () => {
  const byPolicy = await ready([disable('1')]);
  await applyPart(byPolicy.deps, { ...ref, part: 0 });
  // Somebody may have chosen the very word that the policy goes by.
  const byAdmin = await ready([disable('1')], { by: 'policy', account: 'A' });
  await applyPart(byAdmin.deps, { ...ref, part: 0 });
  expect(byPolicy.approvers).toEqual([['uploader', 'U']]);
  expect(byAdmin.approvers).toEqual([['policy', 'A']]);
});
