import { startQueues } from '../../../infra/local/queues/server.ts';

/** Serves a queue until it is killed, and prints its URL. Argument: the directory. */
const queues = await startQueues({
  directory: process.argv[2] ?? '',
  region: 'eu-west-1',
  accountId: '111122223333',
});
queues.putQueue({ name: 'work' });
process.stdout.write(`${queues.url}\n`);
