import { setTimeout as wait } from 'node:timers/promises';
import { type Level, levels, type Permission } from 'roster/domain/permissions';
import { type OperationId, type Route, routes } from 'roster/domain/routes';
import type { Column } from 'roster/domain/schema';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { newTenant, type Tenant } from '../support/cloud.ts';
import { type Answer, type Ask, asking, person } from '../support/people.ts';
import { may } from '../support/permission-matrix.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
];

type OrganizationOperation = {
  [O in OperationId]: (typeof routes)[O]['path'] extends `/api/v1/orgs/{org}${string}` ? O : never;
}[OperationId];

/** What a request is filled in from, made anew for each call. */
interface Fixture {
  /** A plain member with an account, in or out of the coordinator's departments. */
  memberId: string;
  departmentId: string;
  roleId: string;
  importId: string;
  /** Of a coordinator's own, where one asks. */
  jobId: string;
  /** Of no key. */
  keyId: string;
  /** Of a coordinator's own, where one asks. */
  exportId: string;
  /** A department of the member. */
  home: string;
  fresh: string;
}

interface Row {
  needs: Permission;
  /** For whom a coordinator may: those in its departments, or nobody. */
  coordinator?: 'members';
  body?: (fixture: Fixture) => unknown;
  query?: string;
  /** What is answered to one who may. */
  answers: number[];
}

const schemaBody = () => ({ columns });

/** Written by hand: what each call needs. A route without a row does not compile, and fails the first test. */
const table: Record<OrganizationOperation, Row> = {
  getOrganization: { needs: 'organization.read', answers: [200] },
  updateOrganization: { needs: 'organization.write', body: () => ({}), answers: [200] },
  previewMail: { needs: 'organization.read', query: '?kind=invitation', answers: [200] },
  getSchema: { needs: 'schema.read', answers: [200] },
  putSchema: { needs: 'schema.write', body: schemaBody, answers: [200] },
  listAudit: { needs: 'audit.read', answers: [200] },
  getSchemaTemplate: { needs: 'schema.read', answers: [200] },
  listSchemaPresets: { needs: 'schema.read', answers: [200] },
  createImport: { needs: 'imports.write', body: () => ({ fileName: 'a.csv' }), answers: [201] },
  listImports: { needs: 'imports.read', answers: [200] },
  getUnfinishedImport: { needs: 'imports.read', answers: [200] },
  getImport: { needs: 'imports.read', answers: [200] },
  listChanges: { needs: 'imports.read', answers: [200, 409] },
  listRejects: { needs: 'imports.read', answers: [200] },
  // Its file was never sent, so that there are no headers.
  getMapping: { needs: 'imports.read', answers: [409] },
  chooseMapping: { needs: 'imports.write', body: () => ({ columns: {} }), answers: [409] },
  listMappings: { needs: 'imports.read', answers: [200] },
  deleteMapping: { needs: 'imports.write', answers: [404] },
  approveImport: { needs: 'imports.write', body: () => ({}), answers: [409] },
  withdrawApproval: { needs: 'imports.write', answers: [409] },
  getSelection: { needs: 'imports.read', answers: [200] },
  putSelection: { needs: 'imports.write', body: () => ({}), answers: [409] },
  resumeImport: { needs: 'imports.write', answers: [202] },
  replanImport: { needs: 'imports.write', answers: [409] },
  cancelImport: { needs: 'imports.write', answers: [200] },
  // Nothing was applied yet that could be undone.
  undoImport: { needs: 'imports.write', answers: [409] },
  // The import is announced only, so that there is no report and no file.
  getImportReport: { needs: 'imports.read', answers: [404] },
  getImportFile: { needs: 'imports.read', answers: [404] },
  listFeedKeys: { needs: 'imports.write', answers: [200] },
  // Many levels make one each; none is more than the most.
  addFeedKey: { needs: 'imports.write', body: ({ fresh }) => ({ name: fresh }), answers: [201] },
  revokeFeedKey: { needs: 'imports.write', answers: [404] },
  listMembers: { needs: 'members.read', coordinator: 'members', answers: [200] },
  getMembersSummary: { needs: 'members.read', answers: [200] },
  listAdministrators: { needs: 'audit.read', answers: [200] },
  getMember: { needs: 'members.read', coordinator: 'members', answers: [200] },
  addMember: {
    needs: 'members.write',
    coordinator: 'members',
    body: ({ fresh, home }) => ({ values: { ID: fresh }, departments: [home] }),
    answers: [201],
  },
  updateMember: { needs: 'members.write', coordinator: 'members', body: () => ({}), answers: [200] },
  removeMember: { needs: 'members.write', answers: [204] },
  previewRemoval: { needs: 'members.write', answers: [200] },
  setLevel: { needs: 'members.levels', body: () => ({ level: 'member' }), answers: [200] },
  disableMember: { needs: 'members.write', coordinator: 'members', answers: [200] },
  enableMember: { needs: 'members.write', coordinator: 'members', answers: [200] },
  setUsername: {
    needs: 'members.credentials',
    coordinator: 'members',
    body: ({ fresh }) => ({ username: `as-${fresh}` }),
    answers: [200],
  },
  resetCredentials: { needs: 'members.credentials', coordinator: 'members', answers: [200] },
  makeResetLink: { needs: 'members.credentials', coordinator: 'members', answers: [200] },
  inviteMember: {
    needs: 'members.credentials',
    coordinator: 'members',
    body: () => ({ method: 'link' }),
    answers: [409],
  },
  revokeInvitation: { needs: 'members.credentials', coordinator: 'members', answers: [200] },
  listInvitations: { needs: 'members.credentials', coordinator: 'members', answers: [200] },
  sendInvitations: {
    needs: 'members.credentials',
    coordinator: 'members',
    body: () => ({ ids: ['nobody'] }),
    answers: [202],
  },
  sendAllInvitations: { needs: 'members.credentials', coordinator: 'members', answers: [202] },
  // Not the caller's own address: nobody is cleared.
  clearUsernames: { needs: 'accounts.clear', body: () => ({ email: 'nobody@club.example' }), answers: [422] },
  // As above: nothing is dropped, and nothing waits.
  dropAll: { needs: 'organization.drop', body: () => ({ email: 'nobody@club.example' }), answers: [422] },
  getDrop: { needs: 'organization.confirmDrop', answers: [404] },
  confirmDrop: {
    needs: 'organization.confirmDrop',
    body: () => ({ email: 'nobody@club.example' }),
    answers: [422],
  },
  cancelDrop: { needs: 'organization.confirmDrop', answers: [404] },
  bulkMembers: {
    needs: 'members.write',
    coordinator: 'members',
    body: () => ({ action: 'disable', ids: ['nobody'] }),
    answers: [202],
  },
  previewReminders: { needs: 'members.read', coordinator: 'members', answers: [200] },
  listJobs: { needs: 'members.read', answers: [200] },
  getJob: { needs: 'members.read', coordinator: 'members', answers: [200] },
  listJobResults: { needs: 'members.read', coordinator: 'members', answers: [200] },
  // The job acts on nobody, so that there is nothing to take back, and it may have ended already.
  undoJob: { needs: 'members.write', coordinator: 'members', answers: [409] },
  cancelJob: { needs: 'members.write', coordinator: 'members', answers: [200, 409] },
  resumeJob: { needs: 'members.write', coordinator: 'members', body: () => ({}), answers: [202, 409] },
  startExport: {
    needs: 'members.export',
    coordinator: 'members',
    body: () => ({ format: 'csv' }),
    answers: [202],
  },
  listExports: { needs: 'members.export', coordinator: 'members', answers: [200] },
  getExport: { needs: 'members.export', coordinator: 'members', answers: [200] },
  // The export may have ended already, or not yet.
  getExportFile: { needs: 'members.export', coordinator: 'members', answers: [200, 409] },
  cancelExport: { needs: 'members.export', coordinator: 'members', answers: [200, 409] },
  resumeExport: { needs: 'members.export', coordinator: 'members', answers: [202, 409] },
  listDepartments: { needs: 'departments.read', answers: [200] },
  addDepartment: { needs: 'departments.write', body: ({ fresh }) => ({ name: fresh }), answers: [201] },
  changeDepartment: {
    needs: 'departments.write',
    body: ({ fresh }) => ({ name: `D ${fresh}` }),
    answers: [200],
  },
  deleteDepartment: { needs: 'departments.write', answers: [204] },
  listRoles: { needs: 'departments.read', answers: [200] },
  addRole: { needs: 'departments.write', body: ({ fresh }) => ({ name: fresh }), answers: [201] },
  renameRole: { needs: 'departments.write', body: ({ fresh }) => ({ name: `R ${fresh}` }), answers: [200] },
  deleteRole: { needs: 'departments.write', answers: [204] },
};

const cloud = inject('cloud');
let club: Tenant;
let owner: Ask;
let ours: string;
let theirs: string;
const asks = new Map<Level, Ask>();
let made = 0;

async function until<T>(found: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await found();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('It did not come about within 30 seconds.');
    await wait(50);
  }
}

async function post(path: string, body: unknown): Promise<Answer['body']> {
  const answer = await owner('POST', path, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

beforeAll(async () => {
  club = await newTenant(cloud, 'Permission Club', columns);
  owner = asking(club.client, club.organization);
  ours = (await post('/departments', { name: 'Ours' })).id;
  theirs = (await post('/departments', { name: 'Theirs' })).id;
  asks.set('owner', owner);
  for (const level of levels.filter((one) => one !== 'owner')) {
    const scope = level === 'coordinator' ? [ours] : undefined;
    const { ask } = await person(cloud.url, club, `the-${level}`, { level, ...(scope && { scope }) });
    asks.set(level, ask);
  }
});

async function fixtureFor({ path }: Route, home: string, level: Level): Promise<Fixture> {
  const fresh = `n${++made}`;
  const fixture = {
    fresh,
    home,
    memberId: '',
    departmentId: '',
    roleId: '',
    importId: '',
    jobId: '',
    keyId: '01KE0000000000000000000000',
    exportId: '',
  };
  if (path.includes('{memberId}')) {
    const account = { username: `user-${fresh}` };
    const member = { values: { ID: `m-${fresh}` }, departments: [home], account };
    fixture.memberId = (await post('/members', member)).memberId;
  }
  if (path.includes('{departmentId}'))
    fixture.departmentId = (await post('/departments', { name: `d-${fresh}` })).id;
  if (path.includes('{roleId}')) fixture.roleId = (await post('/roles', { name: `r-${fresh}` })).id;
  if (path.includes('{importId}')) {
    fixture.importId = (await post('/imports', { fileName: 'a.csv' })).importId;
  }
  if (path.includes('{jobId}')) {
    const starting = asks.get(level === 'coordinator' ? level : 'owner') as Ask;
    const input = { action: 'disable', ids: ['nobody'] };
    fixture.jobId = (await starting('POST', '/members/bulk', input)).body.jobId;
  }
  if (path.includes('{exportId}')) {
    const starting = asks.get(level === 'coordinator' ? level : 'owner') as Ask;
    fixture.exportId = (await starting('POST', '/exports', { format: 'csv' })).body.exportId;
  }
  return fixture;
}

async function called(operation: OrganizationOperation, level: Level, home: string): Promise<Answer> {
  const route: Route = routes[operation];
  const row = table[operation];
  const fixture = await fixtureFor(route, home, level);
  const path = route.path
    .replace('/api/v1/orgs/{org}', '')
    .replace('{mappingId}', 'f'.repeat(32))
    .replace(/\{(\w+)\}/g, (_, name) => fixture[name as keyof Fixture]);
  const headers: Record<string, string> = {};
  if (operation === 'putSchema') headers['if-match'] = (await owner('GET', '/schema')).etag ?? '';
  if (operation === 'updateOrganization') headers['if-match'] = (await owner('GET', '')).etag ?? '';
  return (asks.get(level) as Ask)(route.method, `${path}${row.query ?? ''}`, row.body?.(fixture), headers);
}

describe('the table of calls', () => {
  it('has a row for every route of an organization, which names what the route declares', () => {
    const declared = Object.entries<Route>(routes).filter(([, { path }]) => path.includes('{org}'));
    expect(Object.keys(table).sort()).toEqual(declared.map(([id]) => id).sort());
    const needs = declared.map(([id]) => [id, table[id as OrganizationOperation].needs]);
    expect(needs).toEqual(declared.map(([id, { access }]) => [id, access]));
  });
});

describe.each(levels.map((level) => ({ level })))('$level', ({ level }) => {
  it.each(Object.entries(table) as [OrganizationOperation, Row][])('%s', async (operation, row) => {
    const cell = may(level, row.needs);
    const answer = await called(operation, level, ours);
    const isAllowed = cell === 'yes' || (cell === 'within' && row.coordinator === 'members');
    if (isAllowed) expect(row.answers, answer.text).toContain(answer.status);
    else expect(answer.status, answer.text).toBe(403);
  });
});

describe('a coordinator, about members of other departments', () => {
  const bounded = (Object.entries(table) as [OrganizationOperation, Row][]).filter(
    ([id, row]) => row.coordinator === 'members' && routes[id].path.includes('{memberId}'),
  );

  it.each(bounded)('%s finds nobody', async (operation) => {
    const answer = await called(operation, 'coordinator', theirs);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('starts jobs that act on none of them, and sees no job of others', async () => {
    const add = async (name: string, department: string): Promise<string> => {
      const values = { ID: `m-${++made}`, Name: name };
      return (await owner('POST', '/members', { values, departments: [department] })).body.memberId;
    };
    const [memberId, ourId] = [await add('Theirs', theirs), await add('Ours', ours)];
    const coordinator = asks.get('coordinator') as Ask;
    const mine = await coordinator('POST', '/members/bulk', { action: 'disable', ids: [memberId, ourId] });
    const results = await until(async () => {
      const { body } = await coordinator('GET', `/jobs/${mine.body.jobId}/results`);
      return body.items.length > 0 ? body.items : undefined;
    });
    expect(results, 'whom the coordinator may not see is not named').toEqual([
      { memberId, outcome: 'failed', code: 'not_found', message: expect.any(String) },
      { memberId: ourId, name: 'Ours', outcome: 'done' },
    ]);
    const all = await coordinator('POST', '/members/bulk', { action: 'disable', all: true, dryRun: true });
    const listed = await coordinator('GET', '/members?limit=200');
    expect(all.body.matched).toBe(listed.body.items.length);
    const theirJob = await owner('POST', '/members/bulk', { action: 'disable', ids: ['nobody'] });
    expect((await coordinator('GET', `/jobs/${theirJob.body.jobId}`)).status).toBe(404);
    const removal = await coordinator('POST', '/members/bulk', { action: 'remove', ids: [memberId] });
    expect(removal).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('adds nobody there', async () => {
    const answer = await called('addMember', 'coordinator', theirs);
    expect(answer).toMatchObject({ status: 403, body: { code: 'out_of_scope' } });
  });

  it('lists nobody of them', async () => {
    const { body } = await called('listMembers', 'coordinator', theirs);
    const listed = body.items.flatMap(({ departments }: { departments: string[] }) => departments);
    expect(new Set(listed)).toEqual(new Set([ours]));
  });
});
