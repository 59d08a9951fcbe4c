import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attemptsInTable } from '../../../layers/roster/src/aws/attempts.ts';
import { auditTrail } from '../../../layers/roster/src/aws/audit.ts';
import { directoryChange } from '../../../layers/roster/src/aws/directory-log.ts';
import { keys } from '../../../layers/roster/src/aws/keys.ts';
import { memberToItem } from '../../../layers/roster/src/aws/member-item.ts';
import { organizationRecords } from '../../../layers/roster/src/aws/organizations.ts';
import { roster } from '../../../layers/roster/src/aws/roster.ts';
import { createTable, type Table } from '../../../layers/roster/src/aws/table.ts';
import { MusterError } from '../../../layers/roster/src/domain/errors.ts';
import type { Member } from '../../../layers/roster/src/domain/member.ts';
import type { Column } from '../../../layers/roster/src/domain/schema.ts';
import {
  type RegistrationDeps,
  register,
  registrationForm,
} from '../../../layers/roster/src/lambda/registration.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { memoryObjects } from '../../support/memory.ts';
import { storedOrganization } from '../../support/organization.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Last', type: 'text', role: 'lastName' },
  { name: 'Born', type: 'date' },
  { name: 'Mail', type: 'email', role: 'email' },
];
const start = Date.parse('2026-01-01T00:00:00Z');
const day = 86_400_000;

let dynamo: TestDynamo;
let table: Table;
let deps: RegistrationDeps;
let now: number;
/** Who was invited, and how. */
let invited: { organization: string; id: string; how: unknown }[];
let refusal: Error | undefined;
let addresses = 0;

/** All members of these tests stand in the log of the directory, so that no snapshot is ever made or read. */
const noSnapshot = { ...memoryObjects(), delete: async () => undefined };
const nobody = { pending: async () => undefined, lost: async () => undefined };

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo?.stop());
beforeEach(async () => {
  table = createTable({ tableName: await dynamo.createTable(), client: dynamo.client });
  now = start;
  invited = [];
  refusal = undefined;
  const clock = () => new Date(now);
  const organizations = organizationRecords(table, auditTrail(table, clock));
  deps = {
    organizations,
    roster: roster(table, { clock, organizations, directoryObjects: noSnapshot, directoryQueue: nobody }),
    attempts: attemptsInTable(table, clock),
    async sendRound({ organization }, { member }, how) {
      if (refusal) throw refusal;
      invited.push({ organization, id: member.externalId, how });
    },
  };
  await organization('acme', ['ID', 'Last', 'Born']);
  await organization('mails', ['Mail', 'Last']);
  await organization('closed', ['ID'], false);
  for (const id of ['acme', 'mails', 'closed']) {
    await put(id, '007', { Last: 'Müller', Born: '1990-02-01', Mail: 'ana@example.org' });
  }
});

async function organization(id: string, chosen: string[], isOpen = true): Promise<void> {
  const registration = { isOpen, columns: chosen };
  await table.put({ ...keys.organization(id), ...storedOrganization(id, { registration }) });
  await table.put({ ...keys.schema(id, 1), version: 1, columns });
}

async function put(
  org: string,
  id: string,
  values: Record<string, string>,
  more: Partial<Member> = {},
): Promise<void> {
  const at = new Date(start).toISOString();
  const email = values.Mail;
  const member: Member = {
    externalId: id,
    state: 'not_joined',
    values: { ID: id, ...values },
    valuesHash: 'x',
    name: values.Last ?? id,
    departments: [],
    roles: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...(email && { email: email.toLowerCase() }),
    ...more,
  };
  await table.transact([{ put: memberToItem(org, member) }, directoryChange(org, [id])]);
}

const right = { ID: '007', Last: 'muller', Born: '1990-02-01' };
/** Each attempt from a network of its own, if none is named. */
const tried = (org: string, values: Record<string, string>, address = `192.0.2.${++addresses}`) =>
  register(deps, { organization: org, values }, { address });

describe('who registers', () => {
  it('is invited by mail at the address on file, in the name of the registration', async () => {
    expect(await tried('acme', right, '198.51.100.7')).toBeUndefined();
    const actor = { account: 'registration', login: 'registration', address: '198.51.100.7' };
    const how = { actor, method: 'email', kind: 'invitation' };
    expect(invited).toEqual([{ organization: 'acme', id: '007', how }]);
  });

  it('is found by email where the organization chose so, among others who look alike', async () => {
    for (const [id, mail] of [
      ['1', 'ana@example.org.uk'],
      ['2', 'anna@example.org'],
      ['3', 'ANA@example.org'],
    ] as const) {
      await put('mails', id, { Last: id === '3' ? 'Meyer' : 'Müller', Mail: mail });
    }
    await tried('mails', { Mail: 'Ana@Example.ORG', Last: 'Meyer' });
    expect(invited.map(({ id }) => id)).toEqual(['3']);
    await tried('mails', { Mail: 'ana@example.org', Last: 'Müller' });
    expect(invited.map(({ id }) => id)).toEqual(['3', '007']);
  });

  it.each<[string, string, Record<string, string>]>([
    ['an organization that is not there', 'nowhere', right],
    ['one that is closed', 'closed', { ID: '007' }],
    ['an identifier that nobody has', 'acme', { ...right, ID: '7' }],
    ['a wrong name', 'acme', { ...right, Last: 'Meyer' }],
    ['a wrong day', 'acme', { ...right, Born: '1990-02-02' }],
    ['no day', 'acme', { ID: '007', Last: 'Müller' }],
    ['a blank', 'acme', { ...right, Born: ' ' }],
    ['nothing', 'acme', {}],
    ['an identifier too long for a key', 'acme', { ...right, ID: 'x'.repeat(1_000) }],
    ['an email that is searched for but not had', 'mails', { Mail: 'ana@example.com', Last: 'Müller' }],
  ])('gets nothing for %s', async (_, org, values) => {
    expect(await tried(org, values)).toBeUndefined();
    expect(invited).toEqual([]);
  });

  it.each<[string, Partial<Member>]>([
    ['joined already', { state: 'enabled', account: 'A1' }],
    ['is disabled', { state: 'disabled', disabledBy: 'admin' }],
    ['has no email on file', { email: undefined } as Partial<Member>],
  ])('gets nothing for a member who %s', async (_, more) => {
    const values = { Last: 'Ode', Born: '1991-01-01', Mail: 'ode@example.org' };
    await put('acme', '8', values);
    await tried('acme', { ID: '8', Last: 'Ode', Born: '1991-01-01' });
    expect(invited).toHaveLength(1);
    invited.length = 0;
    await put('acme', '8', values, more);
    expect(await tried('acme', { ID: '8', Last: 'Ode', Born: '1991-01-01' })).toBeUndefined();
    expect(invited).toEqual([]);
  });

  it('gets nothing where several members are meant', async () => {
    await put('mails', '8', { Last: 'MULLER', Mail: 'ana@example.org' });
    await tried('mails', { Mail: 'ana@example.org', Last: 'Müller' });
    expect(invited).toEqual([]);
  });

  it('is told nothing of what was refused, but of faults of ours', async () => {
    refusal = new MusterError('precondition_failed', 'changed meanwhile');
    expect(await tried('acme', right)).toBeUndefined();
    refusal = new Error('no queue');
    await expect(tried('acme', right)).rejects.toThrow('no queue');
    refusal = new MusterError('corrupt_item', 'unreadable');
    await expect(tried('acme', right)).rejects.toMatchObject({ code: 'corrupt_item' });
  });
});

describe('limits', () => {
  it('let strangers mail one member three times a day, from wherever they come', async () => {
    for (let times = 0; times < 5; times++) await tried('acme', right);
    expect(invited).toHaveLength(3);
    now += day - 1;
    await tried('acme', right);
    expect(invited).toHaveLength(3);
    now += 1;
    await tried('acme', right);
    expect(invited).toHaveLength(4);
  });

  it('end guessing at one identifier: from one network soon, from all after 20 in 15 minutes', async () => {
    for (let times = 0; times < 5; times++) await tried('acme', { ...right, Last: 'x' }, '203.0.113.1');
    await tried('acme', right, '203.0.113.1');
    expect(invited).toEqual([]);
    await tried('acme', right, '203.0.113.2');
    expect(invited).toHaveLength(1);
    for (let times = 0; times < 14; times++) await tried('acme', { ...right, Last: 'x' });
    await tried('acme', right);
    expect(invited).toHaveLength(1);
    now += 900_000;
    await tried('acme', right);
    expect(invited).toHaveLength(2);
  });

  it('count successes too, by the network', async () => {
    for (let id = 0; id < 51; id++) {
      await put('acme', `m${id}`, { Last: 'Müller', Born: '1990-02-01', Mail: `m${id}@example.org` });
      await tried('acme', { ...right, ID: `m${id}` }, '203.0.113.1');
    }
    expect(invited).toHaveLength(50);
  });
});

describe('what people are asked for', () => {
  it('is told where registration is open, by name and type', async () => {
    expect(await registrationForm(deps, 'acme')).toEqual({
      name: 'Acme',
      columns: [
        { name: 'ID', type: 'text' },
        { name: 'Last', type: 'text' },
        { name: 'Born', type: 'date' },
      ],
    });
  });

  it('is refused alike where it is closed, was closed by the schema, or nothing is there', async () => {
    await organization('changed', ['ID', 'Gone']);
    const ends = await Promise.all(
      ['closed', 'changed', 'nowhere'].map((org) => registrationForm(deps, org).catch((error) => error)),
    );
    for (const end of ends) expect(end).toMatchObject({ code: 'not_found', message: ends[0].message });
    await tried('changed', { ID: '007', Gone: 'x' });
    expect(invited).toEqual([]);
  });
});
