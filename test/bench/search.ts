/** What lists and searches cost at a size of roster: requests, capacity, bytes and time, the directory cold and warm. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { PartCache } from 'roster/aws/directory-parts';
import { refreshDirectory } from 'roster/aws/directory-refresh';
import { keys } from 'roster/aws/keys';
import { memberToItem } from 'roster/aws/member-item';
import { bucketObjects } from 'roster/aws/objects';
import { type MemberQuery, roster } from 'roster/aws/roster';
import { createTable, type Table } from 'roster/aws/table';
import { type Member, memberStates, shardOf } from 'roster/domain/member';
import { compileDerivedFields } from 'roster/domain/roster-row';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { rosterRow } from '../../commands/sample/rows.ts';
import { startS3 } from '../../infra/local/s3/server.ts';
import { startDynamo } from '../support/dynamo.ts';
import { memoryOrganizations } from '../support/memory.ts';
import { startDynamoCounter } from './dynamo-counter.ts';
import { median } from './statistics.ts';
import { table as textTable } from './table.ts';

/** One question, of a warm process; `coldMilliseconds` is the first page of a process that holds nothing. */
export interface MeasuredSearch {
  name: string;
  members: number;
  queries: number;
  requests: number;
  readUnits: number;
  milliseconds: number;
}

export interface SearchReport {
  rows: number;
  refreshSeconds: number;
  storedMegabytes: number;
  heldMegabytes: number;
  cold: { milliseconds: number; objects: number; megabytes: number };
  searches: MeasuredSearch[];
}

const organization = 'bench';
const calls = 7;
const seed = 1;
const at = '2026-01-01T00:00:00.000Z';
const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
const region = 'eu-west-1';

/** Stores so many members, makes their directory and asks it. @param say told what goes on */
export async function measureSearch(rows: number, say: (text: string) => void): Promise<SearchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const dynamo = await startDynamo();
  const counter = await startDynamoCounter(dynamo.endpoint);
  const s3 = await startS3({ directory: folder, credentials, region, accountId: '111122223333' });
  const client = new DynamoDBClient({ endpoint: counter.url, region, credentials });
  try {
    s3.createBucket({ name: 'directory', eventBridge: false });
    const s3Client = new S3Client({ endpoint: s3.url, forcePathStyle: true, region, credentials });
    const tableName = await dynamo.createTable();
    const store = createTable({ tableName, client: dynamo.client });
    await storeMembers(store, rows);
    say(`${rows} members are stored`);
    return await measureStored(createTable({ tableName, client }), {
      rows,
      take: () => counter.take(),
      objects: bucketObjects('directory', s3Client),
    });
  } finally {
    client.destroy();
    await s3.close();
    await counter.close();
    await dynamo.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stored {
  rows: number;
  take: () => { requests: number; readUnits: number; operations: Record<string, { requests: number }> };
  objects: ReturnType<typeof bucketObjects>;
}

async function measureStored(table: Table, { rows, take, objects }: Stored): Promise<SearchReport> {
  const organizations = memoryOrganizations(generatorColumns);
  const moved = { reads: 0, bytes: 0, written: 0 };
  const directoryObjects: typeof objects = {
    ...objects,
    async read(key) {
      const body = await objects.read(key);
      moved.reads += 1;
      moved.bytes += body.length;
      return body;
    },
    async write(key, body) {
      moved.written += body.length;
      await objects.write(key, body);
    },
  };
  const refreshing = performance.now();
  await refreshDirectory({ table, directoryObjects, organizations }, organization);
  const refreshSeconds = (performance.now() - refreshing) / 1_000;
  const before = process.memoryUsage().arrayBuffers;
  const members = roster(
    table,
    {
      clock: () => new Date(),
      directoryObjects,
      directoryQueue: { pending: async () => {}, lost: async () => {} },
      organizations,
    },
    new PartCache(),
  );
  const start = performance.now();
  await members.list(organization, { limit: 50, filter: {}, sort: 'name' });
  const cold = {
    milliseconds: performance.now() - start,
    objects: moved.reads,
    megabytes: moved.bytes / 1e6,
  };
  const heldMegabytes = (process.memoryUsage().arrayBuffers - before) / 1e6;
  const searches: MeasuredSearch[] = [];
  for (const [name, query] of questions()) {
    const list = () => members.list(organization, { limit: 50, filter: {}, sort: 'name', ...query });
    await list();
    take();
    const milliseconds: number[] = [];
    let found = 0;
    for (let call = 0; call < calls; call++) {
      const begin = performance.now();
      found = (await list()).items.length;
      milliseconds.push(performance.now() - begin);
    }
    const { requests, readUnits, operations } = take();
    searches.push({
      name,
      members: found,
      queries: (operations.Query?.requests ?? 0) / calls,
      requests: requests / calls,
      readUnits: readUnits / calls,
      milliseconds: median(milliseconds),
    });
  }
  return { rows, refreshSeconds, storedMegabytes: moved.written / 1e6, heldMegabytes, cold, searches };
}

function questions(): [string, Partial<MemberQuery>][] {
  const { FirstName, LastName, Group, Department } = rosterRow(seed, 0);
  const typo = `${LastName.slice(0, 2)}${LastName.charAt(3)}${LastName.charAt(2)}${LastName.slice(4)}`;
  return [
    ['all, by name', {}],
    ['all, by name, backwards', { sort: '-name' }],
    ['all, by state', { sort: 'state' }],
    ['all, by last sign-in', { sort: '-lastSignIn' }],
    ['a page of 200', { limit: 200 }],
    [`“${FirstName} ${LastName}”`, { filter: { q: `${FirstName} ${LastName}` } }],
    [`“${typo}”, a typing error`, { filter: { q: typo } }],
    ['“a”', { filter: { q: 'a' } }],
    ['an identifier', { filter: { q: 'M0000777' } }],
    ['“xyzzyqwerty”: nobody', { filter: { q: 'xyzzyqwerty' } }],
    [`“${typo}”, by last sign-in`, { filter: { q: typo }, sort: '-lastSignIn' }],
    ['disabled', { filter: { states: ['disabled'] } }],
    ['never signed in', { filter: { lastSignIn: { never: true } } }],
    ['one day of sign-ins', { filter: { lastSignIn: { from: day(3), to: day(4) } } }],
    ['a group', { filter: { group: Group } }],
    ['within a department', { within: new Set([Department]) }],
    ['nobody, by three filters', { filter: { states: ['disabled'], roles: ['none'], group: Group } }],
  ];
}

const day = (number: number) => new Date(Date.parse(at) + number * 86_400_000).toISOString();

async function storeMembers(table: Table, rows: number): Promise<void> {
  const derive = compileDerivedFields(generatorColumns);
  const counts = new Map<number, Record<string, number>>();
  const lanes = Array.from({ length: 4 }, async (_, lane) => {
    for (let start = lane * 100; start < rows; start += 400) {
      const some = Array.from({ length: Math.min(100, rows - start) }, (_, n) => memberAt(start + n, derive));
      for (const { externalId, state } of some) {
        const slot = shardOf(externalId);
        const count = counts.get(slot) ?? {};
        const name = state === 'not_joined' ? 'notJoined' : state;
        counts.set(slot, { ...count, [name]: (count[name] ?? 0) + 1 });
      }
      await table.transact(some.map((member) => ({ put: memberToItem(organization, member) })));
    }
  });
  await Promise.all(lanes);
  for (const [slot, add] of counts) await table.update({ key: keys.count(organization, slot), add });
}

/** One in fifty is disabled; two in three of the others have an account and signed in on one of a hundred days. */
function memberAt(index: number, derive: ReturnType<typeof compileDerivedFields>): Member {
  const { MemberID, FirstName, LastName, Email, Phone, Department, Group } = rosterRow(seed, index);
  const values = { MemberID, FirstName, LastName, Email, Phone, Department, Group };
  const state = index % 50 === 49 ? 'disabled' : (memberStates[index % 3 === 0 ? 0 : 1] as Member['state']);
  return {
    externalId: MemberID,
    state,
    values,
    valuesHash: 'hash',
    ...derive(MemberID, values),
    departments: [Department],
    roles: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...(state === 'enabled' && { activatedAt: at, lastSignInAt: day((index * 7) % 100) }),
  };
}

/** What a person reads of the report. */
export function searchTable(report: SearchReport): string {
  const { rows, refreshSeconds, storedMegabytes, heldMegabytes, cold, searches } = report;
  const title =
    `The directory of ${rows.toLocaleString('en')} members: made in ${refreshSeconds.toFixed(1)} s, ` +
    `${storedMegabytes.toFixed(1)} MB stored, ${heldMegabytes.toFixed(0)} MB held.\n` +
    `A process that holds nothing reads ${cold.objects} objects, ${cold.megabytes.toFixed(1)} MB, ` +
    `and answers after ${cold.milliseconds.toFixed(0)} ms. Then, a page of 50:`;
  const heading = ['list', 'members', 'queries', 'DynamoDB calls', 'read units', 'median ms'];
  const lines = searches.map((one) => [
    one.name,
    one.members,
    one.queries,
    one.requests,
    one.readUnits,
    one.milliseconds,
  ]);
  return [title, textTable(heading, lines)].join('\n\n');
}
