import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import { buildApp } from '../../infra/app.ts';
import type { MusterStack } from '../../infra/stacks/muster-stack.ts';
import { expectedFunctions } from './expected-functions.ts';

/** A resource of the template, as far as the tests read it. */
export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is plain JSON, and each test asserts on its own part of it
  Properties: any;
  DeletionPolicy?: string;
}

export interface SynthesizeOptions {
  stage?: string;
  context?: Record<string, unknown>;
}

const root = mkdtempSync(join(tmpdir(), 'muster-infra-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Folders that stand in for the bundles and the site: a template does not depend on what is in them. */
export const stubFolders = { bundleDir: join(root, 'dist'), siteDir: join(root, 'site') };
for (const name of [...Object.keys(expectedFunctions), 'layer', '../site']) {
  mkdirSync(join(stubFolders.bundleDir, name), { recursive: true });
  writeFileSync(join(stubFolders.bundleDir, name, 'index.js'), `// ${name}`);
}

/** A folder for the output of one test, gone after the file's tests. */
export function outputFolder(): string {
  return mkdtempSync(join(root, 'output-'));
}

/** Synthesizes the app without its checks, which have a test of their own. */
export function synthesize({ stage = 'prod', context = {} }: SynthesizeOptions = {}) {
  const app = buildApp({
    stage,
    ...stubFolders,
    outdir: outputFolder(),
    context: { 'aws:cdk:disable-asset-staging': true, ...context },
  });
  const stack = app.node.children.find((child) => child.node.id === `Muster-${stage}-App`) as MusterStack;
  const template = Template.fromStack(stack);
  const resources = template.toJSON().Resources as Record<string, Resource>;
  return {
    stack,
    template,
    resources,
    /** Logical id and resource of all of a type. */
    ofType: (type: string) => Object.entries(resources).filter(([, resource]) => resource.Type === type),
  };
}

/** A value of the template as a text, for comparison: intrinsic functions as JSON. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function asList<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
