import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OrganizationPatch } from '../../../layers/roster/src/domain/api.ts';
import {
  identitiesFor,
  type SenderPolicy,
  senderFor,
} from '../../../layers/roster/src/domain/mail-sender.ts';

const policy = {
  from: 'muster@roster.example',
  domains: { 'club.example': ['chess', 'go'], 'guild.example': '*' as const },
};
const organization = 'chess';

it.each<[from: string | undefined, verified: string[], expected: string]>([
  ['chess@club.example', ['club.example'], 'chess@club.example'],
  ['chess@club.example', ['chess@club.example'], 'chess@club.example'],
  ['Chess@Club.Example', ['club.example'], 'Chess@club.example'],
  ['chess@club.example', [], 'muster@roster.example'],
  ['chess@club.example', ['guild.example', 'other@club.example'], 'muster@roster.example'],
  ['chess@else.example', ['else.example', 'chess@else.example'], 'muster@roster.example'],
  ['chess@www.club.example', ['www.club.example', 'club.example'], 'muster@roster.example'],
  ['chess@notclub.example', ['notclub.example'], 'muster@roster.example'],
  [undefined, ['club.example'], 'muster@roster.example'],
])('mails of an organization that set %s, with %j verified, come from %s', (from, verified, expected) => {
  expect(senderFor({ organization, from }, policy, new Set(verified))).toBe(expected);
});

it('nothing is sent from elsewhere than the installation and its listed domains', () => {
  const domain = fc.constantFrom('club.example', 'guild.example', 'else.example', 'CLUB.example');
  const address = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), domain).map((parts) => parts.join('@'));
  fc.assert(
    fc.property(address, fc.array(fc.oneof(address, domain)), (from, verified) => {
      const sender = senderFor({ organization, from }, policy, new Set(verified));
      expect(sender === policy.from || /@(club|guild)\.example$/.test(sender)).toBe(true);
    }),
  );
});

it('SES is asked about an address and its domain, and about nothing that is not listed', () => {
  const asked = (from: string, domains: SenderPolicy['domains'] = policy.domains) =>
    identitiesFor({ organization, from }, { ...policy, domains });
  expect(asked('chess@CLUB.example')).toEqual(['chess@club.example', 'club.example']);
  expect(asked('chess@else.example')).toEqual([]);
  expect(asked('chess@club.example', {})).toEqual([]);
  expect(asked('chess@constructor')).toEqual([]);
});

it.each([
  ['chess', 'a@club.example', true],
  ['go', 'a@Club.Example', true],
  ['poker', 'a@club.example', false],
  ['ches', 'a@club.example', false],
  ['poker', 'a@guild.example', true],
])('%s may send from %s: %s', (who, from, may) => {
  const verified = new Set(['club.example', 'guild.example']);
  const sender = senderFor({ organization: who, from }, policy, verified);
  expect(sender).toBe(may ? from.toLowerCase() : policy.from);
});

it('the setting takes plain addresses only', () => {
  const takes = (mail: object) => OrganizationPatch.safeParse({ mail }).success;
  expect(takes({ from: 'chess@club.example', replyTo: 'office@else.example' })).toBe(true);
  expect(takes({})).toBe(true);
  const evil = [
    'a@b.example\r\nBcc: eve@c.example',
    'A <a@b.example>',
    'a@b.example, c@d.example',
    'a@*',
    'zoë@b.example',
  ];
  for (const one of evil) expect([takes({ from: one }), takes({ replyTo: one })]).toEqual([false, false]);
});
