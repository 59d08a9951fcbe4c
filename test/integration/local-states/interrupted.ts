import { appendFileSync } from 'node:fs';
import { startStates } from '../../../infra/local/states/server.ts';

/**
 * Runs an execution until it is killed: notes every call in a file, answers for items 1 and 2, and for the others
 * never. Arguments: SQLite file, file of calls, definition as JSON.
 */
const [, , file = '', calls = '', definition = ''] = process.argv;
const states = await startStates({
  file,
  region: 'eu-west-1',
  accountId: '111122223333',
  invoke: async (_arn, payload) => {
    appendFileSync(calls, `${JSON.stringify(payload)}\n`);
    if (payload === 1 || payload === 2) return { done: payload };
    return new Promise(() => {});
  },
});
const stateMachineArn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:import';
states.putStateMachine({ arn: stateMachineArn, name: 'import', definition: JSON.parse(definition) });
await states.startExecution({ stateMachineArn, name: 'killed', input: { items: [1, 2, 3, 4] } });
