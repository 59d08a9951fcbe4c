import type { Level } from 'roster/domain/permissions';
import type { Column } from 'roster/domain/schema';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { importFile, newTenant, type Tenant, upload } from '../support/cloud.ts';
import { type Answer, type Ask, asking, firstSignIn, type PersonInput, person } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'First', type: 'text', role: 'firstName' },
  { name: 'Mail', type: 'email', role: 'email' },
];

const cloud = inject('cloud');
let club: Tenant;
let owner: Ask;

beforeAll(async () => {
  club = await newTenant(cloud, 'Level Club', columns);
  owner = asking(club.client, club.organization);
});

const somebody = async (id: string, input: PersonInput = {}): Promise<Ask> =>
  (await person(cloud.url, club, id, input)).ask;

async function added(ask: Ask, path: string, body: unknown): Promise<Answer['body']> {
  const answer = await ask('POST', path, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const department = async (name: string, parent?: string): Promise<string> =>
  (await added(owner, '/departments', { name, ...(parent && { parent }) })).id;
const member = (id: string, departments: string[] = [], more: Record<string, unknown> = {}) =>
  added(owner, '/members', { values: { ID: id }, departments, ...more });
const level = (ask: Ask, id: string, to: Level, departments?: string[], headers?: Record<string, string>) =>
  ask('POST', `/members/${id}/level`, { level: to, ...(departments && { departments }) }, headers);
const levelOf = async (id: string) => (await owner('GET', `/members/${id}`)).body.account.level;

async function historyOf(subject: string): Promise<Answer['body'][]> {
  return (await owner('GET', `/audit?limit=50&subject=${encodeURIComponent(subject)}`)).body.items;
}

const refused = (status: number, code: string) => ({ status, body: { code } });

describe('a level', () => {
  it('is changed with its audit entry, and holds from the next request on, up and down', async () => {
    const ann = await somebody('ann');
    expect((await ann('GET', '/members')).status).toBe(403);
    const raised = await level(owner, 'ann', 'auditor', undefined, { 'if-match': '"1"' });
    expect(raised).toMatchObject({ status: 200, etag: '"2"', body: { account: { level: 'auditor' } } });
    expect((await ann('GET', '/members')).status).toBe(200);
    expect((await ann('POST', '/members', { values: { ID: 'x' } })).status).toBe(403);
    expect((await level(owner, 'ann', 'administrator')).status).toBe(200);
    expect((await ann('POST', '/members', { values: { ID: 'by-ann' } })).status).toBe(201);
    expect((await level(owner, 'ann', 'member')).status).toBe(200);
    expect((await ann('GET', '/members')).status).toBe(403);
    const [last, , first] = await historyOf('ann');
    expect(first).toMatchObject({
      action: 'member.level',
      actor: { login: club.login },
      before: { level: 'member' },
      after: { level: 'auditor' },
    });
    expect(last).toMatchObject({ before: { level: 'administrator' }, after: { level: 'member' } });
  });

  it('is not written where it is the same, and not over a version that was not seen', async () => {
    await somebody('same', { level: 'auditor' });
    expect(await level(owner, 'same', 'auditor')).toMatchObject({ status: 200, etag: '"1"' });
    expect((await level(owner, 'same', 'member')).etag).toBe('"2"');
    const stale = await level(owner, 'same', 'owner', undefined, { 'if-match': '"1"' });
    expect(stale).toMatchObject(refused(412, 'precondition_failed'));
    expect(await levelOf('same')).toBe('member');
  });

  it('is given by owners and security administrators, never above their own', async () => {
    const guard = await somebody('guard', { level: 'securityAdministrator' });
    const clerk = await somebody('clerk', { level: 'administrator' });
    await somebody('bob');
    expect((await level(guard, 'bob', 'administrator')).status).toBe(200);
    expect((await level(guard, 'bob', 'securityAdministrator')).status).toBe(200);
    expect(await level(guard, 'bob', 'owner')).toMatchObject(refused(403, 'forbidden'));
    expect((await level(clerk, 'bob', 'member')).status).toBe(403);
    expect((await level(owner, 'bob', 'owner')).status).toBe(200);
    expect(await level(guard, 'bob', 'member')).toMatchObject(refused(403, 'forbidden'));
    expect(await levelOf('bob')).toBe('owner');
    const made = await clerk('POST', '/members', {
      values: { ID: 'lifted' },
      account: { username: 'lifted', level: 'auditor' },
    });
    expect(made).toMatchObject(refused(403, 'forbidden'));
    expect((await owner('GET', '/members/lifted')).status).toBe(404);
    expect((await owner('POST', '/members/bob/level', { level: 'member' })).status).toBe(200);
  });

  it('is not one’s own to change, and needs an account', async () => {
    const boss = await somebody('boss', { level: 'owner' });
    expect(await level(boss, 'boss', 'member')).toMatchObject(refused(409, 'own_account'));
    await member('bare');
    expect(await level(owner, 'bare', 'auditor')).toMatchObject(refused(409, 'no_account'));
    expect(await level(owner, 'nobody', 'auditor')).toMatchObject(refused(404, 'not_found'));
    expect((await level(owner, 'boss', 'member')).status).toBe(200);
  });

  it.each([
    ['an unknown level', { level: 'king' }],
    ['no level', {}],
    ['a coordinator without departments', { level: 'coordinator' }],
    ['a coordinator of no department', { level: 'coordinator', departments: [] }],
    ['the root', { level: 'coordinator', departments: ['root'] }],
    ['departments of somebody else', { level: 'auditor', departments: ['01JZZZZZZZZZZZZZZZZZZZZZZZ'] }],
    [
      'too many departments',
      { level: 'coordinator', departments: Array(51).fill('01JZZZZZZZZZZZZZZZZZZZZZZZ') },
    ],
    ['a field that there is none', { level: 'member', scope: [] }],
  ])('is refused for %s', async (_, body) => {
    expect(await owner('POST', '/members/ann/level', body)).toMatchObject(refused(400, 'invalid_request'));
  });

  it('names departments that are there', async () => {
    const unknown = ['01JZZZZZZZZZZZZZZZZZZZZZZZ'];
    expect(await level(owner, 'ann', 'coordinator', unknown)).toMatchObject(
      refused(422, 'unknown_department'),
    );
    const account = { username: 'lost', level: 'coordinator', departments: unknown };
    const made = await owner('POST', '/members', { values: { ID: 'lost' }, account });
    expect(made).toMatchObject(refused(422, 'unknown_department'));
    expect((await owner('GET', '/members/lost')).status).toBe(404);
  });

  it('is listed with whoever has one above member, the highest first, a page and a level at a time', async () => {
    const other = await newTenant(cloud, 'Listed Club', columns);
    const ask = asking(other.client, other.organization);
    await person(cloud.url, other, 'aud', { level: 'auditor' });
    await person(cloud.url, other, 'plain');
    await person(cloud.url, other, 'up');
    await person(cloud.url, other, 'gone', { level: 'administrator' });
    const list = async (query = '') => (await ask('GET', `/administrators${query}`)).body;
    const names = async (query = '') =>
      (await list(query)).items.map(({ username }: { username: string }) => username);
    expect(await names()).toEqual([other.login, 'gone', 'aud']);
    expect((await level(ask, 'up', 'owner')).status).toBe(200);
    expect((await ask('DELETE', '/members/gone')).status).toBe(204);
    expect(await list()).toMatchObject({
      owners: 2,
      items: [
        { username: other.login, level: 'owner', state: 'enabled' },
        { username: 'up', level: 'owner', memberId: 'up', name: 'up', lastSignInAt: expect.any(String) },
        { username: 'aud', level: 'auditor', memberId: 'aud' },
      ],
    });
    expect((await list()).items[0]).not.toHaveProperty('memberId');
    expect(await names('?level=auditor')).toEqual(['aud']);
    const first = await list('?limit=2');
    expect(first.items).toHaveLength(2);
    expect(await names(`?limit=2&cursor=${first.nextCursor}`)).toEqual(['aud']);
    expect((await ask('GET', '/administrators?level=member')).status).toBe(400);
    expect((await level(ask, 'aud', 'member')).status).toBe(200);
    expect(await names('?level=auditor')).toEqual([]);
  });

  it('comes with an account that a member is given later, and only then', async () => {
    const north = await department('Later');
    await member('late');
    const access = { username: 'late', level: 'coordinator', departments: [north] };
    const given = await owner('POST', '/members/late/username', access);
    expect(given.body.account).toMatchObject({ level: 'coordinator', departments: [north] });
    const again = await owner('POST', '/members/late/username', { username: 'later', level: 'owner' });
    expect(again).toMatchObject(refused(422, 'invalid_member'));
    expect(await levelOf('late')).toBe('coordinator');
  });
});

describe('a coordinator', () => {
  let north: string;
  let below: string;
  let south: string;
  let carol: Ask;

  beforeAll(async () => {
    north = await department('North');
    below = await department('North Pole', north);
    south = await department('South');
    carol = await somebody('carol', { level: 'coordinator', scope: [north] });
    await member('n1', [north], { account: { username: 'n1' } });
    await member('n2', [below]);
    await member('s1', [south], { account: { username: 's1' } });
    await member('both', [north, south], { account: { username: 'both' } });
    await member('none');
  });

  const listed = async (ask: Ask, query = '') => {
    const ids: string[] = [];
    for (let cursor = ''; ; ) {
      const { status, text, body } = await ask('GET', `/members?limit=2${query}${cursor}`);
      expect(status, text).toBe(200);
      ids.push(...body.items.map(({ memberId }: { memberId: string }) => memberId));
      if (body.nextCursor === undefined) return ids.sort();
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
  };

  it('sees the members of its departments and of those below, and no other way shows more', async () => {
    expect(await listed(carol)).toEqual(['both', 'n1', 'n2']);
    expect(await listed(carol, '&sort=-name')).toEqual(['both', 'n1', 'n2']);
    for (const search of ['s1', 'none', 's']) expect(await listed(carol, `&q=${search}`)).toEqual([]);
    expect(await listed(carol, '&q=n1')).toEqual(['n1']);
    expect((await carol('GET', '/members/n2')).status).toBe(200);
    for (const id of ['s1', 'none', 'carol', 'nobody']) {
      expect(await carol('GET', `/members/${id}`), id).toMatchObject(refused(404, 'not_found'));
    }
    const nobody = await carol('GET', '/members/nobody');
    expect((await carol('GET', '/members/s1')).text).toBe(nobody.text);
    for (const path of ['/members/summary', '/audit', '/imports', '/members/n1/removal']) {
      expect((await carol('GET', path)).status, path).toBe(403);
    }
  });

  it('is told its departments with its permissions', async () => {
    const { client } = await person(cloud.url, club, 'clara', { level: 'coordinator', scope: [north] });
    const [membership] = (await client.me()).memberships;
    expect(membership).toMatchObject({ level: 'coordinator', departments: [north] });
    expect(membership?.permissions).toContain('members.write');
  });

  it('sees the whole tree, with counts of its own departments only', async () => {
    const { items } = (await carol('GET', '/departments')).body;
    const counted = items.filter((one: { members?: number }) => one.members !== undefined);
    expect(counted.map(({ name }: { name: string }) => name).sort()).toEqual(['North', 'North Pole']);
    expect(items.map(({ name }: { name: string }) => name)).toContain('South');
    await added(owner, '/roles', { name: 'Captain' });
    expect((await carol('GET', '/roles')).body.items[0]).not.toHaveProperty('members');
    expect((await owner('GET', '/roles')).body.items[0]).toHaveProperty('members', 0);
  });

  it('edits, disables and enables members of its departments at once', async () => {
    expect((await carol('PATCH', '/members/n1', { values: { First: 'Nora' } })).body.name).toBe('Nora');
    expect((await carol('POST', '/members/n1/disable')).body.account.state).toBe('disabled');
    expect((await carol('POST', '/members/n1/enable')).body.account.state).toBe('enabled');
    expect((await carol('POST', '/members/n2/username', { username: 'n2' })).status).toBe(200);
    expect((await carol('POST', '/members/n2/reset-credentials')).body.oneTimePassword).toMatch(/^\S{20}$/);
    expect((await historyOf('n1'))[0]).toMatchObject({ action: 'member.enable', actor: { login: 'carol' } });
  });

  it('acts on nobody else, as if there was nobody', async () => {
    const calls: [string, string, unknown?][] = [
      ['PATCH', '', { values: { First: 'X' } }],
      ['POST', '/disable'],
      ['POST', '/enable'],
      ['POST', '/username', { username: 'taken' }],
      ['POST', '/reset-credentials'],
    ];
    for (const [method, path, body] of calls) {
      expect(await carol(method, `/members/s1${path}`, body), path).toMatchObject(refused(404, 'not_found'));
    }
    expect((await carol('DELETE', '/members/n1')).status).toBe(403);
    expect((await level(carol, 'n1', 'member')).status).toBe(403);
    expect((await owner('GET', '/members/s1')).etag).toBe('"1"');
  });

  it('leaves whether somebody may enter, who is in other departments too, to administrators', async () => {
    expect((await carol('PATCH', '/members/both', { values: { First: 'Bo' } })).status).toBe(200);
    for (const act of ['disable', 'enable', 'reset-credentials']) {
      expect(await carol('POST', `/members/both/${act}`), act).toMatchObject(refused(403, 'out_of_scope'));
    }
  });

  it('moves members within its departments only, and never out of all of them', async () => {
    const move = (id: string, departments: string[]) => carol('PATCH', `/members/${id}`, { departments });
    expect((await move('n1', [below])).body.departments).toEqual([below]);
    for (const [id, departments] of [
      ['n1', [below, south]],
      ['n1', []],
      ['both', [north]],
      ['both', [south]],
      ['n1', ['root']],
    ] as const) {
      expect(await move(id, [...departments]), `${departments}`).toMatchObject(refused(403, 'out_of_scope'));
    }
    expect((await move('both', [below, south])).status).toBe(200);
    expect((await move('both', [north, south])).status).toBe(200);
  });

  it('adds members to its departments, with a plain account, and to no others', async () => {
    const add = (id: string, departments: string[], account?: unknown) =>
      carol('POST', '/members', {
        values: { ID: id },
        departments,
        ...(account !== undefined && { account }),
      });
    const made = await add('n3', [below], { username: 'n3' });
    expect(made).toMatchObject({ status: 201, body: { createdBy: 'carol', account: { level: 'member' } } });
    for (const departments of [[], [south], [north, south]]) {
      expect(await add('n4', departments)).toMatchObject(refused(403, 'out_of_scope'));
    }
    for (const rank of ['auditor', 'administrator']) {
      const account = { username: 'n4', level: rank };
      expect(await add('n4', [north], account)).toMatchObject(refused(403, 'forbidden'));
    }
    expect((await owner('GET', '/members/n4')).status).toBe(404);
  });

  it('acts on nobody with a level, who would see more than it does', async () => {
    await member('judge', [north], { account: { username: 'judge', level: 'auditor' } });
    await member('peer', [north], {
      account: { username: 'peer', level: 'coordinator', departments: [south] },
    });
    for (const id of ['judge', 'peer']) {
      expect((await carol('GET', `/members/${id}`)).status).toBe(200);
      for (const act of ['disable', 'reset-credentials']) {
        expect(await carol('POST', `/members/${id}/${act}`)).toMatchObject(refused(403, 'forbidden'));
      }
      const edit = await carol('PATCH', `/members/${id}`, { values: { Mail: 'mine@carol.example' } });
      expect(edit).toMatchObject(refused(403, 'forbidden'));
    }
  });

  it('follows a department that another one takes over, and loses one that is deleted', async () => {
    const [west, east] = [await department('West'), await department('East')];
    const eve = await somebody('eve', { level: 'coordinator', scope: [west] });
    await member('w1', [west]);
    await member('e1', [east]);
    expect(await listed(eve)).toEqual(['w1']);
    expect((await owner('DELETE', `/departments/${west}?transferTo=${east}`)).status).toBe(204);
    expect(await listed(eve)).toEqual(['e1', 'w1']);
    // Another deletion forgets transfers that nobody needs any more; this one is needed.
    const other = await department('Other');
    expect((await owner('DELETE', `/departments/${other}`)).status).toBe(204);
    expect(await listed(eve)).toEqual(['e1', 'w1']);
    const brief = await department('Brief');
    expect((await level(owner, 'eve', 'coordinator', [brief])).status).toBe(200);
    expect((await owner('DELETE', `/departments/${brief}`)).status).toBe(204);
    expect(await listed(eve)).toEqual([]);
  });

  it('has other departments, or none, from the next request on', async () => {
    const dan = await somebody('dan', { level: 'coordinator', scope: [north] });
    expect((await dan('GET', '/members/s1')).status).toBe(404);
    expect((await level(owner, 'dan', 'coordinator', [south])).body.account.departments).toEqual([south]);
    expect((await dan('GET', '/members/s1')).status).toBe(200);
    expect((await dan('GET', '/members/n1')).status).toBe(404);
    const plain = await level(owner, 'dan', 'member');
    expect(plain.body.account).not.toHaveProperty('departments');
    expect((await dan('GET', '/members/s1')).status).toBe(403);
    expect((await historyOf('dan'))[0]).toMatchObject({
      before: { level: 'coordinator', scope: [south] },
      after: { level: 'member', scope: [] },
    });
  });
});

describe('removing a member', () => {
  const preview = (id: string) => owner('GET', `/members/${id}/removal`);
  const remove = (id: string, transferTo?: string) =>
    owner('DELETE', `/members/${id}${transferTo === undefined ? '' : `?transferTo=${transferTo}`}`);

  it('is immediate for whoever is responsible for nothing', async () => {
    await member('plain');
    await somebody('joined', { level: 'auditor' });
    for (const id of ['plain', 'joined']) {
      expect((await preview(id)).body).toEqual({
        memberId: id,
        immediate: true,
        responsibilities: { departments: [], imports: [] },
      });
      expect((await remove(id)).status).toBe(204);
      expect(await preview(id)).toMatchObject(refused(404, 'not_found'));
    }
  });

  it('tells beforehand what it would refuse', async () => {
    const lord = await somebody('lord', { level: 'owner' });
    expect(await lord('GET', '/members/lord/removal')).toMatchObject(refused(409, 'own_account'));
    const page = await somebody('page', { level: 'administrator' });
    expect(await page('GET', '/members/lord/removal')).toMatchObject(refused(403, 'forbidden'));
    expect((await preview('lord')).status).toBe(200);
    await level(owner, 'lord', 'member');
  });

  it('hands the departments of a coordinator over, in one step with both histories', async () => {
    const [one, two, three] = [await department('One'), await department('Two'), await department('Three')];
    await member('in-one', [one]);
    const leaver = await somebody('leaver', { level: 'coordinator', scope: [one, two] });
    const heir = await somebody('heir', { level: 'coordinator', scope: [two, three] });
    const reader = await somebody('reader', { level: 'auditor' });
    await member('unjoined');
    const shown = await preview('leaver');
    expect(shown.body).toEqual({
      memberId: 'leaver',
      immediate: false,
      responsibilities: {
        departments: [
          { id: one, path: 'One' },
          { id: two, path: 'Two' },
        ],
        imports: [],
      },
    });
    expect(await remove('leaver')).toMatchObject({
      status: 409,
      body: { code: 'transfer_required', places: [{ message: one }, { message: two }] },
    });
    for (const id of ['leaver', 'reader', 'unjoined', 'nobody']) {
      expect(await remove('leaver', id), id).toMatchObject(refused(422, 'invalid_transfer'));
    }
    expect((await leaver('GET', '/members/in-one')).status).toBe(200);
    expect((await heir('GET', '/members/in-one')).status).toBe(404);
    expect((await reader('GET', '/members/leaver')).status).toBe(200);

    expect((await remove('leaver', 'heir')).status).toBe(204);
    expect((await leaver('GET', '/members/in-one')).status).toBe(403);
    expect((await heir('GET', '/members/in-one')).status).toBe(200);
    const taken = await owner('GET', '/members/heir');
    expect(taken).toMatchObject({ etag: '"2"', body: { account: { departments: [two, three, one] } } });
    const moved = { departments: [one, two], imports: [] };
    expect((await historyOf('leaver'))[0]).toMatchObject({
      action: 'member.remove',
      details: { transferTo: 'heir', ...moved },
    });
    expect((await historyOf('heir'))[0]).toMatchObject({
      action: 'member.takeOver',
      before: { scope: [two, three] },
      after: { scope: [two, three, one] },
      details: { from: 'leaver', ...moved },
    });
    expect((await remove('leaver', 'heir')).status).toBe(404);
  });

  it('leaves nothing to hand to an administrator, who answers for all departments', async () => {
    const part = await department('Part');
    await somebody('minor', { level: 'coordinator', scope: [part] });
    await somebody('major', { level: 'administrator' });
    expect((await owner('POST', '/members/major/disable')).status).toBe(200);
    expect(await remove('minor', 'major')).toMatchObject(refused(422, 'invalid_transfer'));
    expect((await owner('POST', '/members/major/enable')).status).toBe(200);
    expect((await remove('minor', 'major')).status).toBe(204);
    expect((await owner('GET', '/members/major')).body.account).not.toHaveProperty('departments');
  });

  it('hands open imports over, which are reviewed as before', async () => {
    const smith = await person(cloud.url, club, 'smith', { level: 'administrator' });
    await somebody('jones', { level: 'administrator' });
    const only = await department('Only');
    await somebody('small', { level: 'coordinator', scope: [only] });
    const tenant = { ...club, client: smith.client };
    const done = await importFile(tenant, 'done.csv', 'ID,First\ndone,Done\n', { mode: 'upsert' });
    expect(done).toMatchObject({ status: 'complete', uploadedBy: 'smith' });
    const waiting = await importFile(tenant, 'waiting.csv', 'ID,First\nnew,New\n', {
      mode: 'upsert',
      approve: 'review',
    });
    expect(waiting).toMatchObject({ status: 'in_progress', step: 'review', uploadedBy: 'smith' });
    const { importId } = waiting;
    expect((await preview('smith')).body.responsibilities.imports).toEqual([
      { importId, fileName: 'waiting.csv', step: 'review' },
    ]);
    expect(await remove('smith')).toMatchObject(refused(409, 'transfer_required'));
    expect(await remove('smith', 'small')).toMatchObject(refused(422, 'invalid_transfer'));
    expect((await remove('smith', 'jones')).status).toBe(204);
    expect((await owner('GET', `/imports/${importId}`)).body.uploadedBy).toBe('jones');
    expect((await owner('GET', `/imports/${done.importId}`)).body.uploadedBy).toBe('smith');
    await club.client.approve(club.organization, importId);
    const ended = await club.client.waitForImport(club.organization, importId);
    expect(ended).toMatchObject({ status: 'complete', counts: { added: 1 } });
  });

  it('leaves the account and its other organizations as they are', async () => {
    const { ask, client } = await person(cloud.url, club, 'kept', { level: 'auditor' });
    expect((await remove('kept')).status).toBe(204);
    expect((await ask('GET', '')).status).toBe(403);
    expect((await client.send('GET', '/me')).status).toBe(200);
  });
});

describe('the details of a member', () => {
  it('tell all that is known of it (S3.20, S0.16)', async () => {
    const home = await department('Home');
    const guide = (await owner('POST', '/roles', { name: 'Guide' })).body.id;
    const made = await owner('POST', '/members', {
      values: { ID: 'whole', First: 'Will', Mail: 'will@club.example' },
      departments: [home],
      roles: [guide],
      account: { username: 'Will', email: 'private@will.example' },
    });
    await firstSignIn(cloud.url, club, 'will', made.body.oneTimePassword);
    const { body } = await owner('GET', '/members/whole');
    expect(body).toMatchObject({
      name: 'Will',
      email: 'will@club.example',
      departments: [home],
      roles: [guide],
      username: 'Will',
      state: 'enabled',
      createdBy: club.login,
      account: { email: 'private@will.example', level: 'member', state: 'enabled' },
    });
    expect(Date.parse(body.account.activatedAt)).toBeGreaterThan(Date.parse(body.createdAt) - 1);
    expect(body.account.lastSignInAt).toBe(body.account.activatedAt);
  });
});

describe('an import that ends without being applied, or is approved by itself', () => {
  const actions = async (importId: string) => (await historyOf(importId)).map(({ action }) => action);

  it('has an entry for the policy’s approval, for an error, and for giving way', async () => {
    const auto = await importFile(club, 'auto.csv', 'ID,First\nauto,Auto\n', { mode: 'upsert' });
    expect(await actions(auto.importId)).toEqual(['import.complete', 'import.approve']);
    expect((await historyOf(auto.importId))[1]).toMatchObject({
      actor: { account: 'policy', login: 'policy' },
      after: { step: 'applying' },
      details: { uploadedBy: club.login, counts: { added: 1 } },
    });

    const bad = await importFile(club, 'bad.csv', 'Nothing,At all\n1,2\n', { mode: 'upsert' });
    expect(bad.status).toBe('error');
    const [failed] = await historyOf(bad.importId);
    expect(failed).toMatchObject({
      action: 'import.fail',
      actor: { account: 'muster' },
      details: { code: bad.error?.code, uploadedBy: club.login },
    });

    const review = { mode: 'upsert', approve: 'review' } as const;
    const older = await importFile(club, 'older.csv', 'ID,First\nolder,Older\n', review);
    const newerId = await upload(club, 'newer.csv', 'ID,First\nnewer,Newer\n', review);
    await club.client.waitForImport(club.organization, newerId);
    const [gaveWay] = await historyOf(older.importId);
    expect(gaveWay).toMatchObject({
      action: 'import.supersede',
      actor: { login: club.login },
      before: { status: 'in_progress', step: 'review' },
      after: { status: 'incomplete' },
      details: { by: newerId },
    });
  });
});
