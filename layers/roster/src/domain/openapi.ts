/** The OpenAPI 3.1 description of the HTTP API, made from the routes table and the schemas that the handlers use. */
import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { Problem } from './api.ts';
import { type Route, routes } from './routes.ts';
import { version } from './version.ts';

const problem = { content: { 'application/problem+json': { schema: Problem } } };
const descriptions: Record<number, string> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted; it goes on in the background.',
  204: 'Done; no content.',
};

/** Media types of the answers that are not JSON bodies of the routes table. */
const otherContent: Record<string, string[]> = {
  openapi: ['application/json'],
  getSchemaTemplate: ['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
};

const versioned = new Set([
  'addDepartment',
  'changeDepartment',
  'addRole',
  'renameRole',
  'getOrganization',
  'updateOrganization',
  'getSchema',
  'putSchema',
  'getMember',
]);
const updates = new Set([
  'updateMember',
  'removeMember',
  'setLevel',
  'disableMember',
  'enableMember',
  'changeDepartment',
  'deleteDepartment',
  'renameRole',
  'deleteRole',
  'updateOrganization',
  'putSchema',
]);

/** Builds the document. The result is plain JSON. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    paths[route.path] = { ...paths[route.path], [method]: operation(operationId, route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version,
      description:
        'Keeps the member roster of an organization. Errors are RFC 9457 problems with a stable code. Lists take ' +
        'limit and cursor; a page may be short and still have a nextCursor. Unsafe calls in an organization accept ' +
        'Idempotency-Key; updates take If-Match with the version seen. A missing or refused access token is ' +
        'answered by the gateway with 401 or 403 and {"message": …}.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values<Route>(routes).map(({ area }) => area))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  });
}

function operation(operationId: string, route: Route): ZodOpenApiOperationObject {
  return {
    operationId,
    tags: [route.area],
    summary: route.summary,
    security: route.access === 'public' ? [] : [{ accessToken: [] }],
    ...(route.access !== 'public' &&
      route.access !== 'account' && { description: `Needs the permission ${route.access}.` }),
    requestParams: {
      ...(route.params && { path: route.params }),
      ...(route.query && { query: route.query }),
      ...requestHeaders(operationId, route),
    },
    ...(route.body && { requestBody: { content: { 'application/json': { schema: route.body } } } }),
    responses: { ...successes(operationId, route), default: { description: 'A problem.', ...problem } },
  };
}

function requestHeaders(operationId: string, route: Route) {
  const headers: Record<string, z.ZodType> = {};
  if (route.method !== 'GET' && route.params) {
    headers['Idempotency-Key'] = z
      .string()
      .max(255)
      .optional()
      .meta({ description: 'The same key within 24 hours gives the same answer and does nothing twice.' });
  }
  if (updates.has(operationId)) {
    headers['If-Match'] = z.string().optional().meta({ description: 'The ETag of the version seen.' });
  }
  return Object.keys(headers).length > 0 ? { header: z.object(headers) } : {};
}

function successes(operationId: string, route: Route) {
  const entries = Object.entries(route.responses).map(([status, body]) => {
    const others = otherContent[operationId]?.map((type) => [type, { schema: { type: 'string' as const } }]);
    const content = body ? { 'application/json': { schema: body } } : others && Object.fromEntries(others);
    const etag = versioned.has(operationId) && {
      headers: { ETag: { schema: { type: 'string' as const }, description: 'The version, quoted.' } },
    };
    return [
      status,
      { description: descriptions[Number(status)] ?? 'Done.', ...(content && { content }), ...etag },
    ];
  });
  return Object.fromEntries(entries);
}
