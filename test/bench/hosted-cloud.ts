/** The local cloud in a process of its own, so that what it uses can be told from what the bench uses. */
import { buildApp } from '../../infra/app.ts';
import { type LocalAppProps, startCloud } from '../../infra/local/cloud.ts';

const [stateDirectory = '', bundleDir = '', settings = '{}'] = process.argv.slice(2);
const cloud = await startCloud({
  app: (local: LocalAppProps) =>
    buildApp({
      stage: 'dev',
      bundleDir,
      ...local,
      context: { ...local.context, ...JSON.parse(settings) },
    }),
  stateDirectory,
  quiet: true,
});
const { url, apiUrl, region, endpoints, credentials } = cloud;
process.send?.({
  pid: process.pid,
  url,
  apiUrl,
  region,
  endpoints: { LAMBDA: endpoints.LAMBDA },
  credentials,
});
process.once('disconnect', () => void cloud.close().then(() => process.exit(0)));
