import type { Context } from 'aws-lambda';
import { defaultReminders } from 'roster/domain/reminders';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import createSample from '../../../events/imports/api.json' with { type: 'json' };
import { handler } from '../../../functions/imports/api.ts';
import { newOrganizationActions } from '../../../layers/roster/src/aws/organizations.ts';
import { createTable } from '../../../layers/roster/src/aws/table.ts';
import { defaultColumns } from '../../../layers/roster/src/domain/schema.ts';
import type { HttpEvent } from '../../../layers/roster/src/lambda/request.ts';
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
    UPLOADS_BUCKET: 'uploads',
    IMPORT_LIMITS: '{"fileBytesMax":1000}',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const table = createTable({ tableName, client: dynamo.client });
  for (const organization of ['acme', 'other']) {
    const made = {
      organization,
      name: 'Acme',
      hold: { disabledShareMax: 0.1, disabledMembersMax: 50 },
      importDefaults: { mode: 'full', onRowErrors: 'reject_file', approve: 'review' },
      timeZone: 'UTC',
      reminders: defaultReminders,
      language: 'en',
      schemaVersion: 1,
      version: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    } as const;
    await table.transact(newOrganizationActions(made, defaultColumns));
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await dynamo.stop();
});

async function call(event: unknown) {
  const answer = await handler(event as HttpEvent, { awsRequestId: 'a', functionName: 'f' } as Context);
  return { status: answer.statusCode, json: JSON.parse(answer.body ?? 'null') };
}

function list(query: Record<string, string>, org = 'acme') {
  const { body: _, ...event } = createSample;
  const { lambda } = createSample.requestContext.authorizer;
  return call({
    ...event,
    routeKey: 'GET /api/v1/orgs/{org}/imports',
    pathParameters: { org },
    rawQueryString: new URLSearchParams(query).toString(),
    requestContext: {
      ...createSample.requestContext,
      authorizer: { lambda: { ...lambda, organization: org } },
    },
  });
}

it('announces imports by the sample event and lists them, newest first, page after page', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    const made = await call(createSample);
    expect(made.status).toBe(201);
    expect(made.json.upload.fields.key).toBe(`acme/${made.json.importId}/original`);
    ids.push(made.json.importId);
    // Ids of one millisecond are not in the order of their making.
    const madeAtMs = Date.now();
    await vi.waitUntil(() => Date.now() > madeAtMs);
  }
  ids.reverse();
  const first = await list({ limit: '2' });
  expect(first.status).toBe(200);
  expect(first.json.items.map(({ importId }: { importId: string }) => importId)).toEqual(ids.slice(0, 2));
  const last = await list({ limit: '2', cursor: first.json.nextCursor });
  expect(last.json.items).toMatchObject([
    { importId: ids[2], fileName: 'roster.csv', status: 'in_progress', step: 'awaiting_upload' },
  ]);
  expect(last.json).not.toHaveProperty('nextCursor');

  const refused = { status: 400, json: { code: 'invalid_cursor' } };
  expect(await list({ cursor: first.json.nextCursor }, 'other')).toMatchObject(refused);
  for (const cursor of ['x', ids[0] as string]) expect(await list({ cursor })).toMatchObject(refused);
});
