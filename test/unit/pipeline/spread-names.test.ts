import { noCounts } from 'roster/domain/import';
import type { Organization } from 'roster/domain/organization';
import { defaultColumns } from 'roster/domain/schema';
import { plan } from 'roster/pipeline/plan';
import { type Manifest, type PartCompared, type PartValidated, workFiles } from 'roster/pipeline/work-files';
import { expect, it } from 'vitest';
import {
  memoryDepartments,
  memoryImports,
  memoryMembers,
  memoryObjects,
  memoryOrganizations,
} from '../../support/memory.ts';

const ref = { organization: 'club', importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const at = '2026-03-03T00:00:00.000Z';

/** A pipeline that has compared a file which adds `added` members to a roster of `members`. */
async function compared(added: number, members: number, settings: Partial<Organization> = {}) {
  const work = memoryObjects();
  const manifest: Manifest = {
    columns: [...defaultColumns],
    positions: defaultColumns.map((_, index) => index),
    fieldCount: defaultColumns.length,
    delimiter: ',',
    complete: true,
    report: { mapped: {}, ignored: [], missing: [] },
    schemaVersion: 1,
    parts: [{ part: 0, segments: 0, rows: added }],
  };
  const validated: PartValidated = { rows: added, rejected: 0, unidentified: 0 };
  const part: PartCompared = {
    counts: { ...noCounts, rows: added, added },
    kinds: { add: added },
    uniqueBuckets: 0,
    departmentTexts: [],
  };
  await work.write(workFiles.manifest(ref), JSON.stringify(manifest));
  await work.write(workFiles.validated(ref, 0), JSON.stringify(validated));
  await work.write(workFiles.rejects(ref, 0), '');
  await work.write(workFiles.compared(ref, 0), JSON.stringify(part));

  const imports = memoryImports({ step: 'comparing' });
  const roster = memoryMembers(imports);
  const organizations = memoryOrganizations(defaultColumns, settings);
  let organization = await organizations.get('club');
  /** What was written, in its order. */
  const writes: string[] = [];
  const deps = {
    work,
    reports: memoryObjects(),
    clock: () => new Date(at),
    departments: memoryDepartments(),
    imports: {
      ...imports,
      get: () => imports.get(ref),
      putApproval: async (...args: Parameters<typeof imports.putApproval>) => {
        writes.push('approval');
        await imports.putApproval(...args);
      },
      update: async (...args: Parameters<typeof imports.update>) => {
        writes.push(`import at ${args[2].step}`);
        return imports.update(...args);
      },
    },
    members: {
      ...roster,
      summary: async () => ({
        total: members,
        enrolled: members,
        enabled: 0,
        disabled: 0,
        notJoined: members,
      }),
    },
    organizations: {
      ...organizations,
      get: async () => organization,
      update: async (current: Organization, patch: Partial<Organization>) => {
        writes.push('organization');
        organization = { ...current, ...patch, version: current.version + 1 };
        return organization;
      },
    },
  };
  return { deps, writes, organization: () => organization };
}

it('spreads the index by name for a large first import, before anything is applied', async () => {
  const { deps, writes, organization } = await compared(20_000, 0);
  expect(await plan(deps, ref)).toEqual({ next: 'apply', parts: [0] });
  expect(organization()).toMatchObject({ spreadNames: true, updatedAt: at, version: 2 });
  expect(writes).toEqual(['organization', 'approval', 'import at applying']);
});

it('does so for one that waits in review too', async () => {
  const { deps, organization } = await compared(50_000, 0);
  deps.imports.get = async () => ({
    ...(await memoryImports({ step: 'comparing' }).get(ref)),
    approve: 'review',
  });
  expect(await plan(deps, ref)).toMatchObject({ next: 'review' });
  expect(organization().spreadNames).toBe(true);
});

it.each([
  ['a small first import', 19_999, 0],
  ['a large import into a roster that has members', 20_000, 1],
])('leaves the index alone for %s', async (_, added, members) => {
  const { deps, writes, organization } = await compared(added, members);
  await plan(deps, ref);
  expect(organization()).toMatchObject({ spreadNames: false, version: 1 });
  expect(writes).not.toContain('organization');
});

it('does it once, also when the step is repeated after a failure', async () => {
  const { deps, writes, organization } = await compared(20_000, 0);
  const { update } = deps.imports;
  deps.imports.update = async () => {
    throw new Error('The connection broke');
  };
  await expect(plan(deps, ref)).rejects.toThrow('The connection broke');
  deps.imports.update = update;
  expect(await plan(deps, ref)).toMatchObject({ next: 'apply' });
  expect(organization()).toMatchObject({ spreadNames: true, version: 2 });
  expect(writes.filter((write) => write === 'organization')).toHaveLength(1);
});

it('does not go on when the organization was changed meanwhile', async () => {
  const { deps, writes } = await compared(20_000, 0);
  deps.organizations.update = async () => {
    throw new Error('changed meanwhile');
  };
  await expect(plan(deps, ref)).rejects.toThrow('changed meanwhile');
  expect(writes).toEqual([]);
});
