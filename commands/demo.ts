/** The demo organization that a first `npm start` makes, by the ways that an operator and an admin have. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, type ImportJob, MusterClient } from './client.ts';
import { createOrganization, lambdaOf } from './create-organization.ts';
import { CommandFailure } from './failure.ts';
import { approveImport, importRoster } from './import-roster.ts';
import { type Demo, type RunningCloud, readDemo, writeDemo } from './running-system.ts';
import { generatorColumns } from './sample/columns.ts';
import { writeRosterZip } from './sample/files.ts';
import { rosterRows } from './sample/rows.ts';

const club = { name: 'Riverside Club', organization: 'riverside-club', owner: 'admin@riverside.example' };
const sample = { seed: 2026, rows: 400 };

/** Finds the demo of this state directory, with the addresses of this run, or makes its organization. */
export async function ensureDemoOrganization(stateDirectory: string, cloud: RunningCloud, stage: string) {
  const known = await readDemo(stateDirectory);
  const { url, apiUrl } = cloud;
  const signIn = known ?? (await createOrganization({ ...club, permanent: true }, stage, lambdaOf(cloud)));
  const { organization, login, password } = signIn;
  const demo: Demo = { url, apiUrl, organization, login, password };
  await writeDemo(stateDirectory, demo);
  return { demo, isNew: known === undefined };
}

/**
 * Imports the sample roster into the demo organization unless it has members already.
 * @returns the import, or undefined if there was nothing to do or the owner's password is no longer the demo's.
 */
export async function ensureDemoRoster(
  demo: Demo,
  onProgress: (job: ImportJob) => void,
): Promise<ImportJob | undefined> {
  const client = new MusterClient(demo.apiUrl);
  if (!(await canSignIn(client, demo))) return undefined;
  const { total } = await client.summary(demo.organization);
  if (total > 0) return undefined;
  const { version } = await client.schema(demo.organization);
  await client.putSchema(demo.organization, generatorColumns, version);
  return importSample(client, demo.organization, onProgress);
}

async function canSignIn(client: MusterClient, { organization, login, password }: Demo): Promise<boolean> {
  try {
    await client.signIn({ organization, login, password });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'wrong_credentials') return false;
    throw error;
  }
}

async function importSample(
  client: MusterClient,
  organization: string,
  onProgress: (job: ImportJob) => void,
) {
  const directory = await mkdtemp(join(tmpdir(), 'muster-demo-'));
  try {
    const file = join(directory, 'riverside-club.zip');
    await writeRosterZip(file, rosterRows(sample));
    const made = await importRoster(
      client,
      organization,
      file,
      { mode: 'full', approve: 'auto' },
      onProgress,
    );
    const job = made.step === 'review' ? await approveImport(client, organization, made, onProgress) : made;
    if (job.status !== 'complete') {
      throw new CommandFailure(`The sample roster was not imported: ${job.error?.message ?? job.status}.`);
    }
    return job;
  } finally {
    await rm(directory, { recursive: true });
  }
}
