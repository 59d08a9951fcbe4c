import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { App } from 'aws-cdk-lib';

/** One entry of a template's `Resources`. */
export interface ResourceDeclaration {
  Type: string;
  Properties?: Record<string, unknown>;
  Condition?: string;
  DependsOn?: string | string[];
  Metadata?: Record<string, unknown>;
}

/** A CloudFormation template as CDK writes it; only the sections that the local cloud reads. */
export interface Template {
  Resources?: Record<string, ResourceDeclaration>;
  Outputs?: Record<string, { Value: unknown; Condition?: string; Export?: { Name: unknown } }>;
  Parameters?: Record<string, { Type: string; Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
}

/** A stack of the app: its name, and the region if the app fixes one. */
export interface SynthesizedStack {
  name: string;
  region: string | undefined;
  template: Template;
}

/** What an app asks AWS for: its stacks, dependencies first, and where each asset lies on this disk. */
export interface SynthesizedApp {
  stacks: SynthesizedStack[];
  /** S3 object key in the bootstrap bucket -> absolute path of a folder or a file. */
  assets: ReadonlyMap<string, string>;
}

/**
 * Context for an app that is to be hosted here: assets stay where they are instead of being copied, and no stack
 * traces are taken for every construct. Together they halve the synthesis.
 */
export const localContext: Readonly<Record<string, boolean>> = {
  'aws:cdk:disable-asset-staging': true,
  'aws:cdk:disable-stack-trace': true,
  'aws:cdk:enable-path-metadata': true,
};

interface AssetManifest {
  files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
}

/** Synthesizes the app in this process and reads its cloud assembly. */
export function synthesize(app: App): SynthesizedApp {
  const assembly = app.synth();
  const assets = new Map<string, string>();
  for (const artifact of assembly.artifacts) {
    const file =
      artifact.manifest.type === 'cdk:asset-manifest' && 'file' in artifact ? artifact.file : undefined;
    if (typeof file === 'string') readAssets(file, assets);
  }
  const stacks = assembly.stacksRecursively.map((stack) => ({
    name: stack.stackName,
    region: /^unknown-/.test(stack.environment.region) ? undefined : stack.environment.region,
    template: stack.template as Template,
  }));
  return { stacks, assets };
}

function readAssets(manifestFile: string, assets: Map<string, string>): void {
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as AssetManifest;
  for (const { source, destinations } of Object.values(manifest.files ?? {})) {
    if (source.path === undefined) continue;
    const path = resolve(dirname(manifestFile), source.path);
    for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, path);
  }
}
