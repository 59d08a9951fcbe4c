/**
 * What `cdk.json` starts: bundles the functions and the layer, builds the app for the stage in the context
 * (`-c stage=prod`), checks it and writes the cloud assembly for the CDK CLI. Needs no network and no account.
 */
import { App } from 'aws-cdk-lib';
import { buildApp } from './app.ts';
import { bundle } from './build/bundle.ts';
import { defaultStageName } from './stages.ts';

/** The context that the CDK CLI hands over is read by App alone. */
const context = new App({ autoSynth: false, analyticsReporting: false }).node;

await bundle();
buildApp({ stage: context.tryGetContext('stage') ?? defaultStageName, checks: true }).synth();
