import * as z from 'zod';
import type { BenchTenant } from './bench-tenant.ts';
import type { MeasuredCloud } from './measured-cloud.ts';
import { median } from './statistics.ts';

/** One read of the API on the full roster. */
export interface MeasuredRead {
  name: string;
  medianMilliseconds: number;
  /** To a route of the same stack that does nothing. */
  ratio: number;
  /** Of one call, the authorizer's own look at the membership included. */
  dynamo?: { requests: number; queries: number; readUnits: number };
}

const callsWarming = 5;
const calls = 25;
const pageItems = 100;
const pagesMax = 250;

const Page = z.object({ items: z.array(z.unknown()), nextCursor: z.string().optional() });

/** Measures what an admin looks at, beside `GET /config.json`, which reads nothing. */
export async function measureReads(
  cloud: MeasuredCloud,
  { client, organization }: BenchTenant,
  importId: string,
  members: number,
): Promise<MeasuredRead[]> {
  const inOrganization = client.in(organization);
  const list = (cursor?: string) =>
    client.call('GET', `${inOrganization}/members`, { query: { limit: pageItems, cursor } });
  const middle = await cursorAt(list, Math.min(pagesMax, Math.floor(members / pageItems / 2)));
  const reads: [string, () => Promise<unknown>][] = [
    ['config.json', () => get(new URL('/config.json', cloud.running.url))],
    [`roster, page 1 of ${pageItems}`, () => list()],
    [`roster, page ${middle.page}`, () => list(middle.cursor)],
    ['summary', () => client.call('GET', `${inOrganization}/members/summary`)],
    [
      `changes, page 1 of ${pageItems}`,
      () =>
        client.call('GET', `${inOrganization}/imports/${importId}/changes`, { query: { limit: pageItems } }),
    ],
  ];
  const measured: Omit<MeasuredRead, 'ratio'>[] = [];
  for (const [name, read] of reads) measured.push({ name, ...(await measure(cloud, read)) });
  const reference = measured[0]?.medianMilliseconds ?? Number.NaN;
  return measured.map((one) => ({ ...one, ratio: one.medianMilliseconds / reference }));
}

async function measure(cloud: MeasuredCloud, read: () => Promise<unknown>) {
  for (let call = 0; call < callsWarming; call++) await read();
  const milliseconds: number[] = [];
  cloud.counter?.take();
  for (let call = 0; call < calls; call++) {
    const start = performance.now();
    await read();
    milliseconds.push(performance.now() - start);
  }
  const use = cloud.counter?.take();
  return {
    medianMilliseconds: median(milliseconds),
    ...(use && {
      dynamo: {
        requests: use.requests / calls,
        queries: (use.operations.Query?.requests ?? 0) / calls,
        readUnits: use.readUnits / calls,
      },
    }),
  };
}

/** Cursors name a place, not a number, so the pages before are walked through. */
async function cursorAt(list: (cursor?: string) => Promise<unknown>, page: number) {
  let cursor: string | undefined;
  let reached = 1;
  while (reached < page) {
    const { nextCursor } = Page.parse(await list(cursor));
    if (nextCursor === undefined) break;
    cursor = nextCursor;
    reached += 1;
  }
  return { cursor, page: reached };
}

async function get(url: URL): Promise<void> {
  const response = await fetch(url);
  await response.text();
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}.`);
}
