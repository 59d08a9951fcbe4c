import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { CommandFailure } from './failure.ts';
import type { RunningCloud } from './running-system.ts';

/** The event of `muster-<stage>-organization-create`. */
export interface NewOrganization {
  name: string;
  /** The email address of the first owner. */
  owner: string;
  /** Made from the name if absent. */
  organization?: string;
  /** Whether the password is to stay; else the owner must choose one at the first sign-in. */
  permanent?: boolean;
}

const CreatedOrganization = z.object({ organization: z.string(), login: z.string(), password: z.string() });
/** The new organization's id and its owner's sign-in; `password` is shown this once. */
export type CreatedOrganization = z.infer<typeof CreatedOrganization>;

const FunctionFailure = z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() });

/** How the SDK reaches a running local system. */
export function lambdaOf(cloud: RunningCloud): LambdaClientConfig {
  return { endpoint: cloud.endpoints.LAMBDA, region: cloud.region, credentials: cloud.credentials };
}

/**
 * Makes an organization and its first owner by the function that operators use, locally and on AWS.
 * @param connection none for AWS: the SDK's own credentials and region.
 * @throws CommandFailure with what the function or the SDK said.
 */
export async function createOrganization(
  input: NewOrganization,
  stage: string,
  connection: LambdaClientConfig = {},
): Promise<CreatedOrganization> {
  const lambda = new LambdaClient(connection);
  const FunctionName = `muster-${stage}-organization-create`;
  try {
    const Payload = Buffer.from(JSON.stringify(input));
    const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload }));
    const result: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString() || 'null');
    if (answer.FunctionError !== undefined) throw new CommandFailure(failureOf(result));
    return CreatedOrganization.parse(result);
  } catch (cause) {
    throw cause instanceof CommandFailure
      ? cause
      : new CommandFailure(sdkFailure(cause, FunctionName), { cause });
  } finally {
    lambda.destroy();
  }
}

function failureOf(result: unknown): string {
  const { errorType = '', errorMessage = '' } = FunctionFailure.safeParse(result).data ?? {};
  if (errorType === 'OrganizationExists') return `${errorMessage} Choose another with --id.`;
  if (errorType === 'ZodError') return `The organization was not created: ${issuesOf(errorMessage)}.`;
  return `The organization was not created: ${errorMessage || errorType || 'no reason was given'}`;
}

const Issues = z.array(z.object({ path: z.array(z.string()), message: z.string() }));

/** Zod's message is a JSON list of what is wrong where. */
function issuesOf(message: string): string {
  const issues = Issues.parse(JSON.parse(message));
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

function sdkFailure(error: unknown, functionName: string): string {
  const { name = '', message = '' } = error as Error;
  if (name === 'ResourceNotFoundException')
    return `There is no function ${functionName}: deploy that stage first.`;
  if (name === 'CredentialsProviderError')
    return 'There are no AWS credentials: sign in first (`aws login`).';
  if (message === 'Region is missing') return 'There is no AWS region: set AWS_REGION.';
  return `The function ${functionName} could not be called: ${message || name}`;
}
