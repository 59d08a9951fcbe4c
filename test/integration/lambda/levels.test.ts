import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountRecords } from '../../../layers/roster/src/aws/accounts.ts';
import { type AuditTrail, auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { departmentRecords } from '../../../layers/roster/src/aws/departments.ts';
import { importRecords } from '../../../layers/roster/src/aws/imports.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { memberRecords } from '../../../layers/roster/src/aws/members.ts';
import { roleRecords } from '../../../layers/roster/src/aws/roles.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { type Import, noCounts } from '../../../layers/roster/src/domain/import.ts';
import type { Membership } from '../../../layers/roster/src/domain/organization.ts';
import { type Acting, findMember, type MemberDeps } from '../../../layers/roster/src/lambda/member-call.ts';
import { setLevel } from '../../../layers/roster/src/lambda/member-level.ts';
import { removeMember } from '../../../layers/roster/src/lambda/members.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { storedOrganization } from '../../support/organization.ts';

const at = '2026-01-01T00:00:00.000Z';
const now = new Date('2026-01-01T00:01:00.000Z');
const acme = storedOrganization('acme');
const unused = () => Promise.reject(new Error('is not to be called'));

let dynamo: TestDynamo;
let table: Table;
let trail: AuditTrail;
let deps: MemberDeps;
let ids = 0;

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  trail = auditTrail(table, () => now);
  const newId = () => `01KE${String(++ids).padStart(22, '0')}`;
  const organizations = { get: async () => acme } as unknown as MemberDeps['organizations'];
  deps = {
    organizations,
    members: memberRecords(table, trail),
    roster: roster(table),
    accounts: accountRecords(table),
    departments: departmentRecords({ table, organizations, audit: trail, newId }),
    roles: roleRecords({ table, audit: trail, newId }),
    imports: importRecords(table, trail),
    accountMaker: {
      createAccount: unused,
      deleteAccount: unused,
      dropSecondFactor: unused,
      setPassword: unused,
      setOneTimePassword: unused,
      signOutEverywhere: unused,
    },
    accountQueue: { changed: async () => undefined },
    clock: () => now,
    newId,
  };
});
afterAll(() => dynamo.stop());

const actor = { account: 'SETUP', login: 'setup' };
const acting = (account: string, level: Acting['level']): Acting => ({
  account,
  level,
  login: account.toLowerCase(),
  origin: {},
});
const refOf = (memberId: string) => ({ organization: 'acme', memberId });

/** Stores an enabled member whose account has its name. */
async function person(id: string, more: Partial<Membership> = {}): Promise<void> {
  const member = {
    externalId: id,
    state: 'enabled' as const,
    values: { ID: id },
    valuesHash: 'x',
    name: id,
    departments: [],
    roles: [],
    account: id,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  const membership: Membership = {
    account: id,
    organization: 'acme',
    level: 'member',
    login: id.toLowerCase(),
    state: 'enabled',
    externalId: id,
    tokensValidFromSeconds: 0,
    version: 1,
    ...more,
  };
  const newAccount = { account: id, tokensValidFromSeconds: 0, createdAt: at };
  await deps.members.commit(
    { organization: acme, member: { after: member }, membership: { after: membership }, newAccount },
    { action: 'member.add', actor, subject: id },
  );
}

const membershipOf = async (id: string) => (await deps.accounts.standing(id, 'acme')).membership;
const actionsOf = async (subject: string) =>
  (await trail.list('acme', { limit: 50, subject })).items.map(({ action }) => action);
const outcomes = async (work: Promise<unknown>[]) =>
  (await Promise.allSettled(work)).map((one) => (one.status === 'rejected' ? one.reason.code : 'done'));

describe('two owners at once', () => {
  it('who take the level from each other leave one of them', async () => {
    for (let round = 0; round < 8; round++) {
      const [a, b] = [`A${round}`, `B${round}`];
      await person(a, { level: 'owner' });
      await person(b, { level: 'owner' });
      const done = await outcomes([
        setLevel(deps, refOf(b), acting(a, 'owner'), { level: 'member' }),
        setLevel(deps, refOf(a), acting(b, 'owner'), { level: 'member' }),
      ]);
      expect(done.sort()).toEqual(['done', 'last_owner']);
      expect(await deps.members.enabledOwners('acme')).toBe(1);
      const left = [await membershipOf(a), await membershipOf(b)].filter((one) => one?.level === 'owner');
      expect(left).toHaveLength(1);
      // The next round begins with its own two.
      await table.put({ ...keys.owners('acme'), enabled: 0 });
    }
  });

  it('of whom one removes and one demotes the other leave one of them', async () => {
    await person('A', { level: 'owner' });
    await person('B', { level: 'owner' });
    const done = await outcomes([
      setLevel(deps, refOf('B'), acting('A', 'owner'), { level: 'auditor' }),
      removeMember(deps, refOf('A'), acting('B', 'owner')),
    ]);
    expect(done.sort()).toEqual(['done', 'last_owner']);
    expect(await deps.members.enabledOwners('acme')).toBe(1);
  });

  it('are counted up by a lift and down by a demotion', async () => {
    await person('A', { level: 'owner' });
    await person('B');
    await setLevel(deps, refOf('B'), acting('A', 'owner'), { level: 'owner' });
    expect(await deps.members.enabledOwners('acme')).toBe(2);
    await setLevel(deps, refOf('A'), acting('B', 'owner'), { level: 'member' });
    expect(await deps.members.enabledOwners('acme')).toBe(1);
    expect(await actionsOf('B')).toEqual(['member.level', 'member.add']);
    expect((await deps.roster.get('acme', 'B')).version).toBe(2);
  });
});

describe('a scope', () => {
  it('is kept with the level, gone with it, and remembered where its department was taken over', async () => {
    const add = async (name: string) =>
      (await deps.departments.add('acme', { name, parent: 'root' }, actor)).department.id;
    const [a, b, c] = [await add('A'), await add('B'), await add('C')];
    await person('CAROL');
    const boss = acting('BOSS', 'owner');
    await setLevel(deps, refOf('CAROL'), boss, { level: 'coordinator', departments: [a, a] });
    expect(await membershipOf('CAROL')).toMatchObject({ level: 'coordinator', scope: [a] });
    await deps.departments.delete('acme', a, b, { actor });
    await deps.departments.delete('acme', c, undefined, { actor });
    expect((await deps.departments.read('acme')).tree.transfers.get(a)).toBe(b);
    await setLevel(deps, refOf('CAROL'), boss, { level: 'auditor' });
    expect(await membershipOf('CAROL')).not.toHaveProperty('scope');
    const d = await add('D');
    await deps.departments.delete('acme', d, undefined, { actor });
    expect((await deps.departments.read('acme')).tree.transfers.size).toBe(0);
  });

  it('that was forgotten by the code shows nobody', async () => {
    await person('ANN');
    const coordinator = acting('CAROL', 'coordinator');
    await expect(findMember(deps, refOf('ANN'), coordinator)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(removeMember(deps, refOf('ANN'), coordinator)).rejects.toMatchObject({ code: 'forbidden' });
    const within = new Set<string>();
    await expect(findMember(deps, refOf('ANN'), { ...coordinator, within })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a removal that hands over', () => {
  const importId = '01KE0000000000000000000001';
  const job = (more: Partial<Import> = {}): Import => ({
    importId,
    fileName: 'roster.csv',
    mode: 'full',
    onRowErrors: 'accept_valid',
    approve: 'review',
    status: 'in_progress',
    step: 'review',
    uploadedBy: 'smith',
    uploaderAccount: 'SMITH',
    createdAt: at,
    updatedAt: at,
    counts: noCounts,
    version: 7,
    ...more,
  });
  const boss = acting('BOSS', 'owner');

  it('leaves the version of an import alone, which a step may be about to change', async () => {
    await person('SMITH', { level: 'administrator' });
    await person('JONES', { level: 'administrator' });
    await deps.imports.create('acme', job());
    await removeMember(deps, refOf('SMITH'), boss, 'JONES');
    const moved = await deps.imports.get({ organization: 'acme', importId });
    expect(moved).toEqual(job({ uploadedBy: 'jones', uploaderAccount: 'JONES' }));
    await deps.imports.update('acme', job(), { step: 'applying' });
    const later = await deps.imports.get({ organization: 'acme', importId });
    expect(later).toMatchObject({ step: 'applying', uploadedBy: 'jones', version: 8 });
    expect(await actionsOf('SMITH')).toEqual(['member.remove', 'member.add']);
    expect(await actionsOf('JONES')).toEqual(['member.takeOver', 'member.add']);
  });

  it('needs nobody any more where the import ends in between', async () => {
    await person('SMITH', { level: 'administrator' });
    await person('JONES', { level: 'administrator' });
    await deps.imports.create('acme', job());
    const { open } = deps.imports;
    let looks = 0;
    const imports = {
      ...deps.imports,
      open: async (...given: Parameters<typeof open>) => {
        const found = await open(...given);
        if (++looks === 1) await deps.imports.update('acme', job(), { status: 'complete', step: 'done' });
        return found;
      },
    };
    await removeMember({ ...deps, imports }, refOf('SMITH'), boss, 'JONES');
    expect(looks).toBe(2);
    expect((await deps.imports.get({ organization: 'acme', importId })).uploadedBy).toBe('smith');
    expect(await actionsOf('JONES')).toEqual(['member.add']);
    expect(await actionsOf('SMITH')).toEqual(['member.remove', 'member.add']);
  });

  it('looks again at who takes over where that one changes in between', async () => {
    await person('SMITH', { level: 'administrator' });
    await person('JONES', { level: 'administrator' });
    await deps.imports.create('acme', job());
    const { standing } = deps.accounts;
    let looks = 0;
    const accounts = {
      ...deps.accounts,
      standing: async (...given: Parameters<typeof standing>) => {
        const found = await standing(...given);
        if (given[0] === 'JONES' && ++looks === 1) {
          await setLevel(deps, refOf('JONES'), boss, { level: 'auditor' });
        }
        return found;
      },
    };
    const removal = removeMember({ ...deps, accounts }, refOf('SMITH'), boss, 'JONES');
    await expect(removal).rejects.toMatchObject({ code: 'invalid_transfer' });
    expect((await deps.roster.get('acme', 'SMITH')).state).toBe('enabled');
    expect((await deps.imports.get({ organization: 'acme', importId })).uploadedBy).toBe('smith');
  });
});
