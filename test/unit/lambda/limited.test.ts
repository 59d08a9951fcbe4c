import { limitedLink, limitedProof, limitedSignIn } from 'roster/lambda/limited';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, MusterError } from '../../../layers/roster/src/domain/errors.ts';

const told: string[] = [];
let isFull = false;
const attempts = {
  begin: async (counters: readonly { subject: string }[]) => {
    if (isFull) throw new MusterError('too_many_requests', 'later');
    told.push(...counters.map(({ subject }) => subject));
    return {
      succeeded: async () => void told.push('succeeded'),
      takenBack: async () => void told.push('taken back'),
    };
  },
};
const origin = { address: '192.0.2.1' };
const endOf = async (work: () => Promise<unknown>) => {
  const ended = await limitedLink({ attempts }, origin, work).catch((error) => error);
  expect(told.shift()).toBe('network 192.0.2.1');
  return ended;
};

beforeEach(() => {
  told.length = 0;
  isFull = false;
});

describe('an attempt', () => {
  it('that succeeds gives its result, and says so to the counters', async () => {
    expect(await endOf(async () => 'tokens')).toBe('tokens');
    expect(told).toEqual(['succeeded']);
  });

  it.each<ErrorCode>(['wrong_credentials', 'wrong_code', 'invalid_session', 'link_invalid'])(
    'stays counted when it ends with %s',
    async (code) => {
      const error = new MusterError(code, 'no');
      expect(await endOf(() => Promise.reject(error))).toBe(error);
      expect(told).toEqual([]);
    },
  );

  it.each([
    ['a password that the policy refuses', new MusterError('invalid_password', 'weak')],
    ['a link that is too old', new MusterError('link_expired', 'late')],
    ['the pool’s own limit', new MusterError('too_many_requests', 'later')],
    ['a fault of ours', new Error('no table')],
  ])('does not count when it ends with %s', async (_, error) => {
    expect(await endOf(() => Promise.reject(error))).toBe(error);
    expect(told).toEqual(['taken back']);
  });

  it('is not made where the counters refuse it', async () => {
    isFull = true;
    let made = false;
    const work = limitedLink({ attempts }, origin, async () => {
      made = true;
    });
    await expect(work).rejects.toMatchObject({ code: 'too_many_requests' });
    expect(made).toBe(false);
  });
});

it('counts a login in one form, however it is written, and codes apart from passwords', async () => {
  const count = async (login: string, challenge?: string) => {
    told.length = 0;
    const given = { organization: 'acme', login, ...(challenge && { challenge }) };
    await limitedSignIn({ attempts }, origin, given, async () => undefined);
    return told.slice(0, -1);
  };
  expect(await count(' ANA@Example.org')).toEqual(await count('ana@example.org'));
  expect(await count('+1 (202) 555-0143')).toEqual(await count('+12025550143'));
  expect(await count('ana')).not.toEqual(await count('bob'));
  expect(await count('ana', 'NEW_PASSWORD_REQUIRED')).toEqual(await count('ana'));
  expect(await count('ana', 'SOFTWARE_TOKEN_MFA')).toEqual(['code ["acme","ana"]', 'network 192.0.2.1']);
});

it('counts what a signed-in account proves by the account', async () => {
  await limitedProof({ attempts }, { caller: { account: 'A1' }, origin }, async () => undefined);
  expect(told).toEqual(['account A1', 'network 192.0.2.1', 'succeeded']);
});
