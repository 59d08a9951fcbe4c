import { inspect } from 'node:util';
import { routes } from 'roster/domain/routes';
import { type HttpEvent, readCall } from 'roster/lambda/request';
import { expect, it } from 'vitest';

const event = (headers: Record<string, string>): HttpEvent => ({
  version: '2.0',
  routeKey: 'GET /api/v1/me',
  rawPath: '/api/v1/me',
  rawQueryString: '',
  headers,
  isBase64Encoded: false,
  requestContext: { requestId: 'r', authorizer: { lambda: { account: 'A1' } } },
});

it('hands the access token to the handler, and to nothing that writes the call down', () => {
  const call = readCall(routes.me, event({ authorization: 'Bearer top.secret.token' }));
  expect(call.accessToken()).toBe('top.secret.token');
  expect(`${JSON.stringify(call)}${inspect(call, { depth: 9, showHidden: true })}`).not.toContain('secret');
});

it.each([{}, { authorization: 'Basic YTpi' }])('hands no other credentials over: %j', (headers) => {
  const call = readCall(routes.me, event(headers as Record<string, string>));
  expect(() => call.accessToken()).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});
