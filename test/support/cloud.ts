/** A local cloud for one test file, on a state folder of its own, and what the scenarios do with it over HTTP. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Column } from 'roster/domain/schema';
import { ZipFile } from 'yazl';
import { type ImportInput, type ImportJob, MusterClient } from '../../commands/client.ts';
import { createOrganization, lambdaOf } from '../../commands/create-organization.ts';
import type { Cloud } from '../../infra/local/cloud.ts';

/** A running system, as other processes see it. */
export type HostedCloud = Omit<Cloud, 'close' | 'resource' | 'invoke'>;

/** One for all clouds of tests: a new one would compile the same functions again. */
export const compileCache = join(import.meta.dirname, '../../.local/compile-cache');

export interface TestCloud {
  cloud: Cloud;
  stateDirectory: string;
  /** What the functions printed whose names hold that of the construct, as `MailSend`. */
  logOf(name: string): Promise<string>;
  /** Stops the cloud and starts it again on the same state. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a cloud; the bundles are made before by the project's global setup. */
export async function startTestCloud(context: Record<string, unknown> = {}): Promise<TestCloud> {
  // The CDK takes a second to load, and most files share a cloud that is there already.
  const [{ buildApp }, { startCloud }, { localContext }] = await Promise.all([
    import('../../infra/app.ts'),
    import('../../infra/local/cloud.ts'),
    import('../../infra/local/synth.ts'),
  ]);
  const stateDirectory = await mkdtemp(join(tmpdir(), 'muster-scenario-'));
  const app = () => buildApp({ stage: 'dev', context: { ...localContext, ...context } });
  const start = () => startCloud({ app, stateDirectory, compileCache, quiet: true });
  const test: TestCloud = {
    cloud: await start(),
    stateDirectory,
    async logOf(name) {
      const folder = join(stateDirectory, 'logs');
      const files = (await readdir(folder)).filter((file) => file.includes(name));
      return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('\n');
    },
    async restart() {
      await test.cloud.close();
      test.cloud = await start();
    },
    async close() {
      await test.cloud.close();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
  return test;
}

/** An organization and its signed-in owner. */
export interface Tenant {
  organization: string;
  login: string;
  password: string;
  client: MusterClient;
}

/** Makes an organization as the operator does, signs its owner in and gives it a roster schema. */
export async function newTenant(
  cloud: HostedCloud,
  name: string,
  columns?: readonly Column[],
  owner = `owner@${name.toLowerCase().replaceAll(' ', '-')}.example`,
): Promise<Tenant> {
  const made = await createOrganization({ name, owner, permanent: true }, 'dev', lambdaOf(asRunning(cloud)));
  const client = new MusterClient(cloud.url);
  await client.signIn(made);
  if (columns !== undefined) {
    const { version } = await client.schema(made.organization);
    await client.putSchema(made.organization, columns, version);
  }
  return { ...made, client };
}

function asRunning({ endpoints, ...cloud }: HostedCloud) {
  return { ...cloud, pid: process.pid, endpoints: { ...endpoints, lambda: endpoints.LAMBDA } };
}

/** Announces a file and sends it; the pipeline starts by itself. */
export async function upload(
  { client, organization }: Tenant,
  fileName: string,
  bytes: Uint8Array | string,
  choices: Omit<ImportInput, 'fileName'> = {},
): Promise<string> {
  const { importId, upload: form } = await client.createImport(organization, {
    fileName,
    approve: 'auto',
    ...choices,
  });
  await client.upload(form, new Blob([bytes as BlobPart]), fileName);
  return importId;
}

/** Sends a file and waits until its import has ended or waits in review. */
export async function importFile(
  tenant: Tenant,
  fileName: string,
  bytes: Uint8Array | string,
  choices: Omit<ImportInput, 'fileName'> = {},
): Promise<ImportJob> {
  const importId = await upload(tenant, fileName, bytes, choices);
  return tenant.client.waitForImport(tenant.organization, importId, { deadlineSeconds: 120 });
}

/** As {@link importFile}; a plan that waits in review, held or not, is approved. */
export async function importAndApprove(
  tenant: Tenant,
  fileName: string,
  bytes: Uint8Array | string,
  choices: Omit<ImportInput, 'fileName'> = {},
): Promise<ImportJob> {
  const job = await importFile(tenant, fileName, bytes, choices);
  if (job.step !== 'review' || job.status !== 'in_progress') return job;
  await tenant.client.approve(tenant.organization, job.importId, { confirmHold: true });
  return tenant.client.waitForImport(tenant.organization, job.importId, { deadlineSeconds: 120 });
}

/** An archive of these files. */
export async function zipped(files: Record<string, Uint8Array | string>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content as string), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
