import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildApp } from '../../infra/app.ts';
import { stages } from '../../infra/stages.ts';
import { outputFolder, stubFolders } from './synthesized.ts';

function build(stage: string, checks: boolean, settings: Record<string, unknown> = {}) {
  const outdir = outputFolder();
  const context = { 'aws:cdk:disable-asset-staging': true, ...settings };
  return { outdir, app: buildApp({ stage, ...stubFolders, outdir, context, checks }) };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('cdk-nag and CloudFormation validation', () => {
  it.each(Object.keys(stages))('have nothing left to say about %s', (stage) => {
    const { app, outdir } = build(stage, true);
    app.synth();
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    expect(report.pluginReports).toEqual([]);
  });

  it('have nothing left to say where organizations send from domains of their own', () => {
    const { app, outdir } = build('dev', true, {
      mailFromDomains: { 'club.example': ['club'], 'guild.example': '*' },
    });
    app.synth();
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    expect(report.pluginReports).toEqual([]);
  });

  it('do look: a bucket that is logged nowhere is found', () => {
    const app = new App();
    new Bucket(new Stack(app, 'Careless'), 'Open');
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.map(({ ruleName }) => ruleName)).toContain('AwsSolutions-S1');
  });

  it('need every acknowledgement that there is: none outlives its finding', () => {
    const acknowledged = new Set<string>();
    vi.spyOn(Validations.prototype, 'acknowledge').mockImplementation((...rules) => {
      for (const { id, reason } of rules) {
        expect(reason.length, id).toBeGreaterThan(20);
        acknowledged.add(id);
      }
    });
    const { app } = build('prod', false);
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(new Set(violations.map(({ ruleName }) => ruleName))).toEqual(acknowledged);
  });
});
