import { expect, it } from 'vitest';
import { oneTimePassword } from '../../../layers/roster/src/lambda/one-time-password.ts';

it('fits the policy: 12 characters and more, of four classes, none easily taken for another', () => {
  for (let run = 0; run < 200; run++) {
    const password = oneTimePassword();
    expect(password).toHaveLength(20);
    for (const one of [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9\s]/]) expect(password).toMatch(one);
    expect(password).not.toMatch(/[0O1lI]/);
  }
});

it('is another one each time', () => {
  expect(new Set(Array.from({ length: 200 }, () => oneTimePassword())).size).toBe(200);
});
