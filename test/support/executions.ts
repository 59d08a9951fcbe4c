/** The executions of an import's state machine, and what an operator does to one. */
import {
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { HostedCloud } from './cloud.ts';

/** Works with the state machine of a cloud. */
async function withStates<T>(
  { endpoints, region, credentials }: HostedCloud,
  work: (states: SFNClient) => Promise<T>,
): Promise<T> {
  const states = new SFNClient({ endpoint: endpoints.SFN, region, credentials });
  try {
    return await work(states);
  } finally {
    states.destroy();
  }
}

export function executionsOf(cloud: HostedCloud) {
  return withStates(cloud, async (states) => {
    const { stateMachines = [] } = await states.send(new ListStateMachinesCommand({}));
    const { stateMachineArn } = stateMachines[0] ?? {};
    const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn }));
    return executions;
  });
}

/** Stops an execution, as an operator does. */
export async function stopExecution(cloud: HostedCloud, wanted: string): Promise<void> {
  const found = (await executionsOf(cloud)).find(({ name }) => name === wanted);
  await withStates(cloud, (states) =>
    states.send(new StopExecutionCommand({ executionArn: found?.executionArn })),
  );
}
