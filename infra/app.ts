/**
 * The only description of the system: AWS gets its template by `cdk deploy`, the local cloud hosts the same one.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import cdkJson from '../cdk.json' with { type: 'json' };
import { readSettings } from './settings.ts';
import { MusterStack } from './stacks/muster-stack.ts';
import { stageNamed } from './stages.ts';

const projectDir = resolve(import.meta.dirname, '..');

/** What an app is built from. */
export interface AppOptions {
  /** A name of `infra/stages.ts`. */
  stage: string;
  /** Where `synth()` writes the cloud assembly; a temporary folder by default, or the CDK CLI's. */
  outdir?: string;
  /** Added to the context of `cdk.json`; see `infra/settings.ts` for Muster's own keys. */
  context?: Record<string, unknown>;
  /** The output of `bundle()` of `infra/build/bundle.ts`; `dist/` by default. It must exist. */
  bundleDir?: string;
  /** The static site's files, the output of `buildConsole()` of `infra/build/console.ts`; `console/dist/site/` by default. */
  siteDir?: string;
  /**
   * Whether `synth()` fails on findings of cdk-nag or CloudFormation's validator (several seconds). The CLI entry
   * and the tests turn it on; a local run, which starts many times a day, does without.
   */
  checks?: boolean;
}

/**
 * Builds the whole app; nothing is synthesized before `synth()` is called on it.
 * @throws Error if the stage is unknown, a setting is wrong, or the functions were not bundled before.
 */
export function buildApp(options: AppOptions): App {
  const { checks = false, bundleDir = resolve(projectDir, 'dist') } = options;
  if (!existsSync(bundleDir))
    throw new Error(`There are no bundles in ${bundleDir}: run "npm run build" first`);
  const app = new App({
    outdir: options.outdir,
    context: { ...cdkJson.context, ...options.context },
    autoSynth: false,
    analyticsReporting: false,
    builtinCloudFormationValidation: checks,
  });
  const stage = stageNamed(options.stage);
  new MusterStack(app, `Muster-${stage.name}-App`, {
    stage,
    settings: readSettings(app.node),
    bundleDir,
    siteDir: options.siteDir ?? resolve(projectDir, 'console/dist/site'),
  });
  Tags.of(app).add('application', 'muster');
  Tags.of(app).add('stage', stage.name);
  if (checks) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
