import { actorOf, originOf } from 'roster/lambda/request';
import { expect, test } from 'vitest';

const edge = '130.176.0.1';
const viewer = '203.0.113.9';
const forged = '198.51.100.66';
const from = (sourceIp: string, forwardedFor?: string) => ({
  headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  requestContext: { requestId: 'r', http: { sourceIp } },
});

// CloudFront appends the viewer to what the viewer sent, and API Gateway appends the edge (their documentation).
test.each([
  ['straight to the gateway', from(viewer, viewer), { address: viewer }],
  ['through CloudFront', from(edge, `${viewer}, ${edge}`), { address: viewer, via: edge }],
  ['with a forged beginning', from(edge, `${forged}, ${viewer}, ${edge}`), { address: viewer, via: edge }],
  [
    'around CloudFront with a forged entry',
    from(viewer, `${forged}, ${viewer}`),
    { address: forged, via: viewer },
  ],
  ['over IPv6', from(edge, `2001:db8::7,${edge}`), { address: '2001:db8::7', via: edge }],
  ['with no address in the entry', from(edge, `<script>, ${edge}`), { address: edge }],
  ['without the header', from(viewer), { address: viewer }],
  ['from a test of a function by itself', { headers: {}, requestContext: { requestId: 'r' } }, {}],
])('a call %s', (_, event, origin) => {
  expect(originOf(event)).toEqual(origin);
});

test('an actor is the caller and where the call came from, nothing else', () => {
  const caller = { account: 'A1', organization: 'acme', level: 'owner' as const, login: 'ana' };
  expect(actorOf({ caller, origin: { address: viewer } })).toEqual({
    account: 'A1',
    login: 'ana',
    address: viewer,
  });
});
