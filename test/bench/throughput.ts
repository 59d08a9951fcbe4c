/** How many calls a second the API answers, and how long the slowest of a hundred takes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import * as z from 'zod';
import { writeRosterZip } from '../../commands/sample/files.ts';
import { rosterRows } from '../../commands/sample/rows.ts';
import { bundle } from '../../infra/build/bundle.ts';
import { type BenchTenant, newBenchTenant } from './bench-tenant.ts';
import { type MeasuredCloud, startMeasuredCloud } from './measured-cloud.ts';
import { measureImport } from './measured-import.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';

/** One kind of call; ratios are medians over the rounds, to the calls that do nothing in the same round. */
export interface CallThroughput {
  name: string;
  callsPerSecond: number;
  p99Milliseconds: number;
  throughputRatio: number;
  p99Ratio: number;
}

export interface ThroughputReport {
  rows: number;
  calls: CallThroughput[];
}

interface Round {
  callsPerSecond: number;
  p99Milliseconds: number;
}

/** A kind of call: each call asks for the next path. */
interface Kind {
  name: string;
  method: 'GET' | 'POST';
  nextPath: () => string;
}

const rounds = 3;
const roundSeconds = 4;
const connections = 4;
const idsWanted = 20_000;
const pageItems = 200;

const Page = z.object({
  items: z.array(z.object({ memberId: z.string(), name: z.string() })),
  nextCursor: z.string().optional(),
});

/**
 * Imports a roster of so many rows into a system of its own and calls it, a kind of call at a time, round after
 * round. `GET /config.json` is the call that does nothing: gateway and function, without authorizer and table.
 *
 * @throws Error if a call is answered with anything but success.
 */
export async function measureThroughput(
  rows: number,
  say: (text: string) => void,
): Promise<ThroughputReport> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  try {
    const file = join(folder, 'roster.zip');
    await writeRosterZip(file, rosterRows({ seed: 1, rows }));
    const bundleDir = join(folder, 'bundles');
    await bundle({ outdir: bundleDir });
    const cloud = await startMeasuredCloud({ folder: join(folder, 'cloud'), bundleDir, isCounted: false });
    try {
      const tenant = await newBenchTenant(cloud);
      await measureImport(cloud, tenant, file, rows);
      say(`${rows} rows: imported`);
      await tenant.signIn();
      return { rows, calls: await measureCalls(cloud, tenant, say) };
    } finally {
      await cloud.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureCalls(
  cloud: MeasuredCloud,
  tenant: BenchTenant,
  say: (text: string) => void,
): Promise<CallThroughput[]> {
  const kinds = await kindsOf(tenant);
  const measured = new Map<string, Round[]>(kinds.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const kind of kinds) measured.get(kind.name)?.push(await call(cloud, tenant, kind));
    say(`round ${round} of ${rounds} is done`);
  }
  const idle = measured.get(kinds[0]?.name ?? '') ?? [];
  return [...measured].map(([name, all]) => {
    const ratio = (figure: keyof Round) =>
      median(all.map((one, index) => one[figure] / (idle[index]?.[figure] ?? Number.NaN)));
    return {
      name,
      callsPerSecond: median(all.map((one) => one.callsPerSecond)),
      p99Milliseconds: median(all.map((one) => one.p99Milliseconds)),
      throughputRatio: ratio('callsPerSecond'),
      p99Ratio: ratio('p99Milliseconds'),
    };
  });
}

async function kindsOf({ client, organization }: BenchTenant): Promise<Kind[]> {
  const members = await someMembers(client, organization);
  const roster = `${new URL(client.apiUrl).pathname}${client.in(organization)}/members`;
  const inTurn = (path: (member: (typeof members)[number]) => string) => {
    let next = 0;
    return () => path(members[next++ % members.length] as (typeof members)[number]);
  };
  const last = (name: string) => name.split(' ').at(-1) ?? name;
  const typing = (word: string) => `${word.slice(0, 2)}${word.slice(3)}`;
  const path = ({ memberId }: { memberId: string }) => `${roster}/${encodeURIComponent(memberId)}`;
  const search = (q: string) => `${roster}?limit=50&q=${encodeURIComponent(q)}`;
  const get = (name: string, nextPath: () => string): Kind => ({ name, method: 'GET', nextPath });
  return [
    get('nothing (config.json)', () => '/config.json'),
    get('read a member', inTurn(path)),
    get('list 50', () => `${roster}?limit=50`),
    get(
      'search a last name',
      inTurn(({ name }) => search(last(name))),
    ),
    get(
      'search with a typing error',
      inTurn(({ name }) => search(typing(last(name)))),
    ),
    get('search nobody', () => search('qqqqqqq')),
    get('filter by state and sort', () => `${roster}?limit=50&status=not_joined&sort=-lastSignIn`),
    { name: 'disable a member', method: 'POST', nextPath: inTurn((member) => `${path(member)}/disable`) },
  ];
}

async function someMembers(client: BenchTenant['client'], organization: string) {
  const found: z.output<typeof Page>['items'] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: pageItems, cursor };
    const page = Page.parse(await client.call('GET', `${client.in(organization)}/members`, { query }));
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && found.length < idsWanted);
  return found;
}

async function call(cloud: MeasuredCloud, tenant: BenchTenant, kind: Kind): Promise<Round> {
  const result = await autocannon({
    url: cloud.running.url,
    connections,
    duration: roundSeconds,
    method: kind.method,
    headers: { authorization: `Bearer ${await tenant.accessToken()}` },
    requests: [{ setupRequest: (request) => ({ ...request, path: kind.nextPath() }) }],
  });
  if (result.errors + result.non2xx > 0) {
    throw new Error(`${kind.name}: ${result.non2xx} calls were refused and ${result.errors} failed.`);
  }
  return { callsPerSecond: result.requests.average, p99Milliseconds: result.latency.p99 };
}

/** What a person reads of the report. */
export function throughputTable({ rows, calls }: ThroughputReport): string {
  const heading = ['call', 'calls/s', 'ratio', 'p99 ms', 'ratio'];
  const lines = calls.map((one) => [
    one.name,
    one.callsPerSecond,
    one.throughputRatio,
    one.p99Milliseconds,
    one.p99Ratio,
  ]);
  const title = `The API over ${rows.toLocaleString('en')} members, ${connections} connections`;
  return [title, table(heading, lines)].join('\n\n');
}
