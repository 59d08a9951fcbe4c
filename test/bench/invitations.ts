/** Sends a whole roster its invitations through the running system, and counts what arrives until nothing more comes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { InvitationBody } from 'roster/domain/api';
import { writeRosterZip } from '../../commands/sample/files.ts';
import { rosterRow, rosterRows } from '../../commands/sample/rows.ts';
import { bundle } from '../../infra/build/bundle.ts';
import { type BenchTenant, newBenchTenant } from './bench-tenant.ts';
import { type MeasuredCloud, startMeasuredCloud } from './measured-cloud.ts';
import { measureImport } from './measured-import.ts';
import { table } from './table.ts';

/** What became of one invitation for each member. */
export interface InvitationsReport {
  rows: number;
  mailPerSecond: number;
  /** The job's own counts, and how many different ones it showed while it ran. */
  job: { done: number; failed: number; unchanged: number; seconds: number; progressSteps: number };
  /** Mails that SES took; what is wrong with them, if anything, in the next three. */
  sent: number;
  distinctAddresses: number;
  twice: number;
  forgotten: number;
  /** To addresses that are nobody's of the roster. */
  strangers: number;
  /** From the first mail to the last; the last is told from a pause by the list of invitations. */
  mailSeconds: number;
  meanPerSecond: number;
  /** The most in one second of SES's clock. */
  peakPerSecond: number;
  /** Of the list of invitations, which is what admins see. */
  delivered: number;
  cloudCpuMillisecondsPerMail: number | undefined;
}

const seed = 1;
const mailPerSecond = 200;
const pollMilliseconds = 1_000;
/** Nothing may change for so long: more than a mail waits whose answer was lost. */
const standstillMilliseconds = 7 * 60_000;
const sessionMilliseconds = 10 * 60_000;
const jobFailed = 'The job did not invite everybody';

/**
 * Imports a roster of so many rows, sends an invitation to all, and follows the mails to the last.
 * @throws Error if the job does not invite everybody, or nothing moves for 7 minutes before all is delivered; the state and
 * logs of the cloud then stay, for whoever asks why
 */
export async function measureInvitations(
  rows: number,
  say: (text: string) => void,
): Promise<InvitationsReport> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  let isDone = false;
  try {
    const file = join(folder, 'roster.zip');
    await writeRosterZip(file, rosterRows({ seed, rows }));
    const bundleDir = join(folder, 'bundles');
    await bundle({ outdir: bundleDir });
    const place = { folder: join(folder, 'cloud'), bundleDir, isCounted: false };
    const cloud = await startMeasuredCloud({ ...place, context: { mailPerSecond } });
    try {
      const tenant = await newBenchTenant(cloud);
      await measureImport(cloud, tenant, file, rows);
      say(`${rows} rows: imported`);
      const mailFile = join(place.folder, 'state', 'mail', 'mail.sqlite');
      const report = await measureIn(cloud, tenant, mailFile, rows, say);
      isDone = true;
      return report;
    } finally {
      await cloud.close();
    }
  } finally {
    if (isDone) await rm(folder, { recursive: true, force: true });
    else say(`What the cloud left is in ${folder}.`);
  }
}

async function measureIn(
  cloud: MeasuredCloud,
  tenant: BenchTenant,
  mailFile: string,
  rows: number,
  say: (text: string) => void,
): Promise<InvitationsReport> {
  await tenant.signIn();
  const before = cloud.use();
  const start = performance.now();
  const job = await followJob(tenant, rows, start, say);
  const mails = new DatabaseSync(mailFile, { readOnly: true });
  try {
    await untilAll('mails sent', rows, () => countOf(mails), say);
    await tenant.signIn();
    let delivered = 0;
    await untilAll('invitations delivered', rows, async () => (delivered = await deliveredOf(tenant)), say);
    const after = cloud.use();
    const cpuSeconds = before && after && after.cloudCpuSeconds - before.cloudCpuSeconds;
    return {
      ...{ rows, mailPerSecond, job, delivered },
      ...sentOf(mails, rows),
      cloudCpuMillisecondsPerMail: cpuSeconds && (1000 * cpuSeconds) / rows,
    };
  } finally {
    mails.close();
  }
}

async function followJob(
  { client, organization, signIn }: BenchTenant,
  rows: number,
  start: number,
  say: (text: string) => void,
): Promise<InvitationsReport['job']> {
  let job = await client.sendInvitations(organization, 'all');
  const shown = new Set<number>();
  let sessionEnds = performance.now() + sessionMilliseconds;
  while (job.state === 'collecting' || job.state === 'running') {
    await wait(pollMilliseconds);
    if (performance.now() > sessionEnds) {
      await signIn();
      sessionEnds = performance.now() + sessionMilliseconds;
    }
    job = await client.job(organization, job.jobId);
    shown.add(job.counts.done);
  }
  const { done, failed, unchanged } = job.counts;
  if (job.state !== 'complete' || done !== rows) throw new Error(`${jobFailed}: ${JSON.stringify(job)}`);
  const seconds = (performance.now() - start) / 1_000;
  say(`the job invited ${done} in ${seconds.toFixed(0)} s`);
  return { done, failed, unchanged, seconds, progressSteps: shown.size };
}

/** Waits until the count is reached; more than wanted is for the report to tell. */
async function untilAll(
  what: string,
  wanted: number,
  countNow: () => number | Promise<number>,
  say: (text: string) => void,
): Promise<void> {
  let last = -1;
  let movedAt = performance.now();
  for (let polls = 0; ; polls++) {
    const count = await countNow();
    if (count >= wanted) return;
    if (count !== last) movedAt = performance.now();
    last = count;
    if (performance.now() - movedAt > standstillMilliseconds) {
      throw new Error(`Of ${wanted} only ${count} ${what}, and nothing moved for 7 minutes.`);
    }
    if (polls % 10 === 0) say(`${count} of ${wanted} ${what}`);
    await wait(pollMilliseconds);
  }
}

/** Beside them there is the notice of the import. */
const invitations = "FROM emails WHERE json_extract(email, '$.subject') LIKE 'Join %'";

function countOf(mails: DatabaseSync): number {
  return Number(mails.prepare(`SELECT count(*) AS mails ${invitations}`).get()?.mails);
}

async function deliveredOf({ client, organization }: BenchTenant): Promise<number> {
  let delivered = 0;
  const listed = client.pages(`${client.in(organization)}/invitations`, InvitationBody, { limit: 200 });
  for await (const { delivery } of listed) if (delivery?.state === 'delivered') delivered++;
  return delivered;
}

/** What SES took, read from its own store: nothing of Muster says that a mail went out once. */
function sentOf(mails: DatabaseSync, rows: number) {
  const found = mails
    .prepare(`SELECT json_extract(email, '$.destination.to[0]') AS address, count(*) AS times
              ${invitations} GROUP BY address`)
    .all();
  const timesOf = new Map(found.map(({ address, times }) => [String(address), Number(times)]));
  const invited = new Set(Array.from({ length: rows }, (_, index) => rosterRow(seed, index).Email));
  const seconds = mails.prepare(`SELECT at, count(*) AS mails ${invitations} GROUP BY at ORDER BY at`).all();
  const sent = [...timesOf.values()].reduce((sum, times) => sum + times, 0);
  const mailSeconds = Number(seconds.at(-1)?.at) - Number(seconds[0]?.at) + 1;
  return {
    sent,
    distinctAddresses: timesOf.size,
    twice: [...timesOf.values()].filter((times) => times > 1).length,
    forgotten: [...invited].filter((address) => !timesOf.has(address)).length,
    strangers: [...timesOf.keys()].filter((address) => !invited.has(address)).length,
    mailSeconds,
    meanPerSecond: sent / mailSeconds,
    peakPerSecond: Math.max(...seconds.map(({ mails: count }) => Number(count))),
  };
}

/** What a person reads of the report. */
export function invitationsTable(report: InvitationsReport): string {
  const { rows, job, mailPerSecond: quota } = report;
  const title = `Invitations to ${rows.toLocaleString('en')} members, ${quota} mails a second allowed`;
  const lines = [
    ['invited by the job', job.done],
    ['  failed, unchanged', `${job.failed}, ${job.unchanged}`],
    ['  seconds', job.seconds],
    ['  counts that it showed', job.progressSteps],
    ['mails sent', report.sent],
    ['distinct addresses', report.distinctAddresses],
    ['twice', report.twice],
    ['forgotten', report.forgotten],
    ['to strangers', report.strangers],
    ['seconds, first to last', report.mailSeconds],
    ['mails/s, mean', report.meanPerSecond],
    ['mails/s, most', report.peakPerSecond],
    ['shown as delivered', report.delivered],
    ['CPU ms a mail, cloud', report.cloudCpuMillisecondsPerMail],
  ] as const;
  return [title, table(['invitations', ''], lines)].join('\n\n');
}
