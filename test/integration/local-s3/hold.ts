import { startS3 } from '../../../infra/local/s3/server.ts';
import { BUCKET, CREDENTIALS, REGION } from './settings.ts';

/** A server in a process of its own, to be killed: delivers no event, prints its address. */
const server = await startS3({
  directory: process.argv[2]!,
  credentials: CREDENTIALS,
  region: REGION,
  accountId: '111122223333',
  onEvent: () => Promise.reject(new Error('Not now')),
});
server.createBucket({ name: BUCKET, eventBridge: true });
process.stdout.write(`${server.url}\n`);
