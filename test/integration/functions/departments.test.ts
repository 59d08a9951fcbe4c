import type { Context } from 'aws-lambda';
import { defaultReminders } from 'roster/domain/reminders';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import sample from '../../../events/departments/api.json' with { type: 'json' };
import { handler } from '../../../functions/departments/api.ts';
import { newOrganizationActions } from '../../../layers/roster/src/aws/organizations.ts';
import { createTable } from '../../../layers/roster/src/aws/table.ts';
import { defaultColumns } from '../../../layers/roster/src/domain/schema.ts';
import { startDynamo, type TestDynamo } from '../../support/dynamo.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

let dynamo: TestDynamo;

beforeAll(async () => {
  dynamo = await startDynamo();
  const tableName = await dynamo.createTable();
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    STAGE: 'test',
    TABLE_NAME: tableName,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const now = '2026-01-01T00:00:00.000Z';
  const acme = {
    organization: 'acme',
    name: 'Acme',
    hold: { disabledShareMax: 0.1, disabledMembersMax: 50 },
    importDefaults: {
      mode: 'full' as const,
      onRowErrors: 'reject_file' as const,
      approve: 'review' as const,
    },
    timeZone: 'UTC',
    reminders: defaultReminders,
    language: 'en' as const,
    schemaVersion: 1,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  await createTable({ tableName, client: dynamo.client }).transact(
    newOrganizationActions(acme, defaultColumns),
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await dynamo.stop();
});

it('the sample event adds a department, and its repeat is answered alike', async () => {
  const context = { awsRequestId: 'a', functionName: 'f' } as Context;
  const first = await handler(sample, context);
  expect(first).toMatchObject({ statusCode: 201, headers: { etag: '"1"' } });
  const body = JSON.parse(String(first.body));
  expect(body).toMatchObject({ name: 'Sales', parent: 'root', path: 'Sales', members: 0, version: 1 });
  expect(JSON.parse(String((await handler(sample, context)).body))).toEqual(body);
});
