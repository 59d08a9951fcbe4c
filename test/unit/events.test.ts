import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Route, routes } from 'roster/domain/routes';
import { BulkMessage } from 'roster/lambda/bulk-run';
import { SesEvent } from 'roster/lambda/mail-events';
import { ObjectCreated } from 'roster/lambda/object-created';
import { MailMessage } from 'roster/lambda/send-mail';
import { ImportPayload, PartPayload, UnzipPayload } from 'roster/lambda/step';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { DropMessage } from '../../layers/roster/src/lambda/drop-run.ts';

import { importOfOriginal } from '../../layers/roster/src/pipeline/work-files.ts';

const checkout = resolve(fileURLToPath(import.meta.url), '../../..');

function namesIn(folder: string, ending: string): string[] {
  const files = globSync(`**/*${ending}`, { cwd: join(checkout, folder) });
  return files.map((file) => file.slice(0, -ending.length)).sort();
}

const sample = (name: string) =>
  JSON.parse(readFileSync(join(checkout, 'events', `${name}.json`), 'utf8')) as unknown;

it('has one sample event for every function, and none for others', () => {
  const functions = namesIn('functions', '.ts');
  expect(functions).toContain('imports/unzip');
  expect(namesIn('events', '.json')).toEqual(functions);
});

describe('the samples of the steps of an import', () => {
  const payloads: Record<string, z.ZodType> = {
    unzip: UnzipPayload,
    validate: PartPayload,
    diff: PartPayload,
    plan: ImportPayload,
    departments: ImportPayload,
    apply: PartPayload,
    directory: ImportPayload,
    finish: ImportPayload,
    fail: ImportPayload,
  };

  it.each(Object.entries(payloads))('%s takes its sample', (name, payload) => {
    expect(payload.parse(sample(`imports/${name}`))).toMatchObject({
      organization: 'acme',
      importId: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
    });
  });

  it('leave nothing out that the machine says of a part', () => {
    for (const name of ['validate', 'diff', 'apply'])
      expect(sample(`imports/${name}`)).toHaveProperty('part', 0);
  });
});

it('start takes its sample: a message of an uploaded file', () => {
  const { Records } = sample('imports/start') as { Records: { body: string }[] };
  expect(Records).toHaveLength(1);
  const { detail } = ObjectCreated.parse(JSON.parse(Records[0]?.body ?? ''));
  expect({ ...importOfOriginal(detail.object.key), from: 'upload' }).toEqual(sample('imports/unzip'));
});

it.each(['jobs/run', 'exports/run'])('%s takes its sample: a message that names a job', (name) => {
  const { Records } = sample(name) as { Records: { body: string }[] };
  expect(Records.map(({ body }) => BulkMessage.parse(JSON.parse(body)))).toEqual([
    { organization: 'acme', jobId: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/) },
  ]);
});

it('the runner of drops takes its sample: a message that names a drop', () => {
  const { Records } = sample('jobs/drop') as { Records: { body: string }[] };
  expect(Records.map(({ body }) => DropMessage.parse(JSON.parse(body)))).toEqual([
    { organization: 'acme', dropId: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/) },
  ]);
});

it.each(['access/api', 'organization/api', 'roster/api', 'imports/api', 'invitations/api', 'jobs/api'])(
  'the sample of %s is a call of a route of its own',
  (name) => {
    const event = sample(name) as { routeKey: string; body?: string; pathParameters?: unknown };
    const route = Object.values<Route>(routes).find(
      ({ method, path }) => `${method} ${path}` === event.routeKey,
    );
    expect(`${route?.area}/api`).toBe(name);
    expect(route?.params?.safeParse(event.pathParameters).error).toBeUndefined();
    expect(route?.body?.safeParse(JSON.parse(event.body ?? 'null')).error).toBeUndefined();
  },
);
it.each([
  'access/api',
  'organization/api',
  'roster/api',
  'imports/api',
  'invitations/api',
  'jobs/api',
  'exports/api',
])('the sample of %s is a call of a route of its own', (name) => {
  const event = sample(name) as { routeKey: string; body?: string; pathParameters?: unknown };
  const route = Object.values<Route>(routes).find(
    ({ method, path }) => `${method} ${path}` === event.routeKey,
  );
  expect(`${route?.area}/api`).toBe(name);
  expect(route?.params?.safeParse(event.pathParameters).error).toBeUndefined();
  expect(route?.body?.safeParse(JSON.parse(event.body ?? 'null')).error).toBeUndefined();
});

it.each([
  ['send', MailMessage],
  ['events', SesEvent],
])('mail/%s takes its sample: a message about one mail', (name, body) => {
  const { Records } = sample(`mail/${name}`) as { Records: { body: string }[] };
  const read = Records.map((record) => JSON.stringify(body.parse(JSON.parse(record.body))));
  expect(read).toEqual([expect.stringContaining('01KE0000000000000000000000')]);
});
