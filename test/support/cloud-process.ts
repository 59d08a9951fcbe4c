/** A local cloud in a process of its own, which a test can kill. Tells its parent where it listens; ends with it. */
import { buildApp } from '../../infra/app.ts';
import { startCloud } from '../../infra/local/cloud.ts';
import { localContext } from '../../infra/local/synth.ts';
import { compileCache } from './cloud.ts';

const [stateDirectory = ''] = process.argv.slice(2);
const {
  close,
  resource: _resource,
  invoke: _invoke,
  ...cloud
} = await startCloud({
  app: () => buildApp({ stage: 'dev', context: localContext }),
  stateDirectory,
  compileCache,
  quiet: true,
});
process.once('disconnect', () => void close());
process.send?.(cloud);
