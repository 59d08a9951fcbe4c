import { requireRecentSignIn } from 'roster/lambda/recent-sign-in';
import { expect, it } from 'vitest';

const signedInAt = Date.parse('2026-01-01T00:00:00Z');
const after = (milliseconds: number) => () =>
  requireRecentSignIn({ signedInAtSeconds: signedInAt / 1000 }, new Date(signedInAt + milliseconds));
const refused = expect.objectContaining({ code: 'recent_sign_in_required', status: 403 });

it('takes a sign-in for 10 minutes, to the millisecond', () => {
  for (const milliseconds of [0, 1, 599_999, 600_000]) expect(after(milliseconds)).not.toThrow();
  for (const milliseconds of [600_001, 86_400_000]) expect(after(milliseconds)).toThrow(refused);
});

it('takes no token that does not tell when somebody signed in', () => {
  expect(() => requireRecentSignIn({}, new Date(signedInAt))).toThrow(refused);
});
