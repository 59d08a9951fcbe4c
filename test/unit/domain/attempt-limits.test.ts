import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountCounters,
  accountResetCounters,
  attemptWindowMs,
  codeCounters,
  judgeAttempt,
  memberRegistrationCounters,
  networkCounters,
  networkOf,
  passwordCounters,
  proofCounters,
  registrationCounters,
  resetRequestCounters,
} from '../../../layers/roster/src/domain/attempt-limits.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const minutes15 = 900_000;

describe('one more attempt', () => {
  it('begins a window of 15 minutes where there was none, or where it has ended', () => {
    expect(attemptWindowMs).toBe(minutes15);
    const begun = { act: 'begin', endsAtMs: now + minutes15 };
    expect(judgeAttempt(undefined, 10, now)).toEqual(begun);
    expect(judgeAttempt({ failures: 10, endsAtMs: now }, 10, now)).toEqual(begun);
    expect(judgeAttempt({ failures: 10, endsAtMs: now - 1 }, 10, now)).toEqual(begun);
  });

  it('is refused until the very end of the window, once the limit is reached', () => {
    const refused = { act: 'refuse', retryAfterSeconds: 1 };
    expect(judgeAttempt({ failures: 10, endsAtMs: now + 1 }, 10, now)).toEqual(refused);
    expect(judgeAttempt({ failures: 9, endsAtMs: now + 1 }, 10, now)).toEqual({ act: 'add' });
    expect(judgeAttempt({ failures: 11, endsAtMs: now + minutes15 }, 10, now)).toEqual({
      act: 'refuse',
      retryAfterSeconds: 900,
    });
  });

  it('may always be repeated after the time that a refusal tells', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: minutes15 }), fc.nat(200), (aheadMs, failures) => {
        const tally = { failures, endsAtMs: now + aheadMs };
        const verdict = judgeAttempt(tally, 10, now);
        if (verdict.act !== 'refuse') return failures < 10;
        return judgeAttempt(tally, 10, now + verdict.retryAfterSeconds * 1000).act === 'begin';
      }),
    );
  });
});

describe('what is counted', () => {
  const from = { address: '203.0.113.9', via: '130.176.0.1' };
  const limits = (counters: ReturnType<typeof passwordCounters>) =>
    counters.map(({ failuresMax, endsWithSuccess }) => [failuresMax, endsWithSuccess]);

  it('is strict for a login from one network, so that a stranger soon stops to count against a person', () => {
    expect(limits(passwordCounters({ organization: 'acme', login: 'ana' }, from))).toEqual([
      [10, true],
      [50, true],
      [100, false],
      [2_000, false],
    ]);
    const subjects = (address: string, login = 'ana', organization = 'acme') =>
      passwordCounters({ organization, login }, { address }).map(({ subject }) => subject);
    const [pair, login, network] = subjects('203.0.113.9');
    const [otherPair, sameLogin, otherNetwork] = subjects('203.0.113.10');
    expect(otherPair).not.toBe(pair);
    expect(sameLogin).toBe(login);
    expect(otherNetwork).not.toBe(network);
    expect(subjects('203.0.113.9', 'bob')).toEqual([expect.anything(), expect.anything(), network]);
    expect(subjects('203.0.113.9', 'bob')[1]).not.toBe(login);
    expect(subjects('203.0.113.9', 'ana', 'other')[1]).not.toBe(login);
  });

  it('is strict for codes and for accounts from wherever, and for links by network alone', () => {
    const strict = [
      [10, true],
      [100, false],
      [2_000, false],
    ];
    expect(limits(codeCounters({ login: 'ana' }, from))).toEqual(strict);
    expect(limits(accountCounters('A1', from))).toEqual(strict);
    expect(limits(networkCounters(from))).toEqual(strict.slice(1));
    expect(networkCounters({})).toEqual([]);
  });

  it('counts what strangers ask for whatever comes of it, and what that mails to one person by the day', () => {
    const name = { organization: 'acme', login: 'ana' };
    const asked = [
      registrationCounters('acme', from),
      proofCounters('acme', '7', from),
      resetRequestCounters(name, from),
    ];
    expect(asked.map(limits)).toEqual([
      [
        [50, false],
        [2_000, false],
        [2_000, false],
      ],
      [
        [5, false],
        [20, false],
      ],
      [
        [50, false],
        [2_000, false],
        [5, false],
        [20, false],
      ],
    ]);
    const day = 86_400_000;
    for (const counters of [memberRegistrationCounters('acme', '7'), accountResetCounters('A1')]) {
      expect(counters).toMatchObject([{ failuresMax: 3, endsWithSuccess: false, windowMs: day }]);
    }
    expect(judgeAttempt(undefined, 3, now, day)).toEqual({ act: 'begin', endsAtMs: now + day });
    const subjects = [...asked.flat(), ...memberRegistrationCounters('acme', '7')].map(
      ({ subject }) => subject,
    );
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  it('cannot be written to look like something else that is counted', () => {
    const subject = (organization: string, login: string) =>
      passwordCounters({ organization, login }, {})[1]?.subject;
    expect(subject('a', 'b","c')).not.toBe(subject('a","b', 'c'));
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
  ])('the network of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
