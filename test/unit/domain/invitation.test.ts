import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMusterError } from '../../../layers/roster/src/domain/errors.ts';
import {
  checkInvitationLink,
  type Invitation,
  type Invited,
  invitationStateOf,
  isRenewable,
  linkOfRound,
  maskedEmail,
  mayInvite,
  nextRound,
} from '../../../layers/roster/src/domain/invitation.ts';

const at = '2026-03-27T10:00:00.000Z';
/** Three days of 24 hours later, whatever the clocks do in between: in Europe they go forward on the 29th. */
const validUntil = '2026-03-30T10:00:00.000Z';
const plusMs = (time: string, ms: number) => new Date(Date.parse(time) + ms);

const invitation: Invitation = {
  id: 'I1',
  method: 'email',
  state: 'sent',
  rounds: 2,
  sentAt: at,
  validUntil,
  invitedBy: 'chief',
  to: 'ann@example.org',
};
const ann: Invited & { externalId: string } = {
  externalId: 'm1',
  state: 'not_joined',
  email: 'ann@example.org',
  invitation,
};
const link = linkOfRound('acme', ann, invitation);

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return isMusterError(error) ? error.code : 'unknown';
  }
};
const useOf = (member: Invited | undefined, now = new Date(at), used = link) =>
  codeOf(() => checkInvitationLink(used, member, now));

describe('a round', () => {
  it('is good for three days to the millisecond', () => {
    expect(nextRound({}, { method: 'link', by: 'chief', at }, () => 'I1')).toEqual({
      ...{ id: 'I1', method: 'link', state: 'sent', rounds: 1, validUntil, invitedBy: 'chief' },
      ...{ firstSentAt: at, sentAt: at },
    });
    expect(useOf(ann, plusMs(validUntil, -1))).toBe('none');
    expect(useOf(ann, plusMs(validUntil, 0))).toBe('link_expired');
    expect(useOf(ann, plusMs(validUntil, 1))).toBe('link_expired');
    expect(invitationStateOf(ann, plusMs(validUntil, -1))).toBe('sent');
    expect(invitationStateOf(ann, plusMs(validUntil, 0))).toBe('expired');
  });

  it('voids the links of all rounds before it, and of none of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (used, rounds) => {
        const member = { ...ann, invitation: { ...invitation, rounds } };
        expect(useOf(member, new Date(at), { ...link, round: used })).toBe(
          used === rounds ? 'none' : 'link_invalid',
        );
      }),
    );
  });

  it('keeps the invitation and the wish for no reminders, and begins anew who declined', () => {
    const before = { ...ann, invitation: { ...invitation, state: 'rejected', remindersOff: true } as const };
    const next = nextRound(before, { method: 'link', by: 'deputy', at }, () => 'I2');
    expect(next).toMatchObject({ id: 'I1', state: 'sent', rounds: 3, remindersOff: true, method: 'link' });
    expect(next).not.toHaveProperty('to');
  });
});

describe('a link', () => {
  it.each<[string, Invited | undefined]>([
    ['of a member who was removed', undefined],
    ['of a member who joined', { ...ann, account: 'A' }],
    ['of a member who is disabled', { ...ann, state: 'disabled' }],
    ['of a member with another email than was mailed', { ...ann, email: 'eve@example.org' }],
    ['of an invitation that was revoked', { ...ann, invitation: undefined }],
    ['of another invitation', { ...ann, invitation: { ...invitation, id: 'I2' } }],
    ['of an invitation that was declined', { ...ann, invitation: { ...invitation, state: 'rejected' } }],
  ])('%s is void, and gives no fresh one', (_, member) => {
    expect(useOf(member)).toBe('link_invalid');
    expect(isRenewable(link, member, plusMs(validUntil, 1))).toBe(false);
  });

  it('is good though its mail bounced, and was opened', () => {
    for (const state of ['opened', 'undeliverable'] as const) {
      expect(useOf({ ...ann, invitation: { ...invitation, state } })).toBe('none');
    }
  });

  it('gives a fresh one only when the newest round is over, to the millisecond', () => {
    expect(isRenewable(link, ann, plusMs(validUntil, -1))).toBe(false);
    expect(isRenewable(link, ann, plusMs(validUntil, 0))).toBe(true);
    expect(isRenewable({ ...link, round: 1 }, ann, plusMs(validUntil, 0))).toBe(true);
    const bounced = { ...ann, invitation: { ...invitation, state: 'undeliverable' } as const };
    expect(isRenewable(link, bounced, plusMs(validUntil, 0))).toBe(false);
  });
});

describe('who may be invited', () => {
  const email = { method: 'email', kind: 'invitation' } as const;
  const refusal = (member: Partial<Invited>, round: Parameters<typeof mayInvite>[1] = email) =>
    codeOf(() => mayInvite({ ...ann, ...member }, round));
  const inState = (state: Invitation['state']) => ({ invitation: { ...invitation, state } });

  it.each<[string, Partial<Invited>]>([
    ['member_joined', { account: 'A', state: 'enabled' }],
    ['member_disabled', { state: 'disabled' }],
    ['no_email', { email: undefined }],
    ['no_email', { email: 'not an address' }],
    ['undeliverable', inState('undeliverable')],
    ['none', { ...inState('undeliverable'), email: 'new@example.org' }],
    ['none', inState('rejected')],
    ['none', { invitation: undefined }],
  ])('%s by email', (code, member) => {
    expect(refusal(member)).toBe(code);
  });

  it('needs no email by link', () => {
    expect(refusal({ email: undefined }, { method: 'link', kind: 'invitation' })).toBe('none');
    expect(refusal(inState('undeliverable'), { method: 'link', kind: 'invitation' })).toBe('none');
  });

  it('gets no reminder who declined or was never invited', () => {
    const reminder = { method: 'email', kind: 'reminder' } as const;
    expect(refusal({}, reminder)).toBe('none');
    expect(refusal(inState('rejected'), reminder)).toBe('invitation_rejected');
    expect(refusal({ invitation: undefined }, reminder)).toBe('invitation_rejected');
  });
});

it('shows an address to nobody but its owner', () => {
  expect(maskedEmail('ada.lovelace@mail.example.org')).toBe('a***@m***.org');
  expect(maskedEmail('a@b.co')).toBe('a***@b***.co');
});
