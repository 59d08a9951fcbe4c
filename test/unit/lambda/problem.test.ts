import { problemResult } from 'roster/lambda/problem';
import { expect, test } from 'vitest';
import { MusterError } from '../../../layers/roster/src/domain/errors.ts';

test.each([
  ['as the error knows', new MusterError('too_many_requests', 'x', { retryAfterSeconds: 899 }), '899'],
  ['in a minute, where it does not', new MusterError('too_many_requests', 'x'), '60'],
  ['soon, where the table is busy', new MusterError('throttled', 'x'), '1'],
  ['not at all, where that does not help', new MusterError('conflict', 'x'), undefined],
])('a refusal says when to try again: %s', (_, error, seconds) => {
  expect(problemResult(error).headers?.['retry-after']).toBe(seconds);
});
