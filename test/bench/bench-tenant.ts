import { Tokens } from 'roster/domain/api';
import { MusterClient } from '../../commands/client.ts';
import { createOrganization, lambdaOf } from '../../commands/create-organization.ts';
import { generatorColumns } from '../../commands/sample/columns.ts';
import type { MeasuredCloud } from './measured-cloud.ts';

/** The organization that is measured, and its owner. */
export interface BenchTenant {
  organization: string;
  client: MusterClient;
  /** Begins a session anew: an access token lasts for 15 minutes, a large import longer. */
  signIn(): Promise<void>;
  /** A new access token, for calls that do not go through the client. */
  accessToken(): Promise<string>;
}

/** Makes an organization with the columns of the generated rosters, and signs its owner in. */
export async function newBenchTenant(cloud: MeasuredCloud): Promise<BenchTenant> {
  const input = { name: 'Bench', owner: 'owner@bench.example', permanent: true };
  const made = await createOrganization(input, 'dev', lambdaOf(cloud.running));
  const client = new MusterClient(cloud.running.url);
  const signIn = () => client.signIn(made);
  await signIn();
  const { version } = await client.schema(made.organization);
  await client.putSchema(made.organization, generatorColumns, version);
  const { organization, login, password } = made;
  const accessToken = async () => {
    const answer = await client.call('POST', '/sessions', { body: { organization, login, password } });
    return Tokens.parse(answer).accessToken;
  };
  return { organization, client, signIn, accessToken };
}
