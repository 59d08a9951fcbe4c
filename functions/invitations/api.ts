import { isMusterError } from 'roster/domain/errors';
import { bulkJobBody, startBulk } from 'roster/lambda/bulk-jobs';
import { type Deps, deps } from 'roster/lambda/deps';
import { inEvenTime } from 'roster/lambda/even-time';
import { requestReset } from 'roster/lambda/forgotten-password';
import { actorOf, type Call, type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { inviteMember, listInvitations, revokeInvitation, sendRound } from 'roster/lambda/invitations';
import {
  acceptInvitation,
  declineInvitation,
  inspectInvitation,
  joinWithAccount,
  renewInvitation,
} from 'roster/lambda/join';
import { limitedLink } from 'roster/lambda/limited';
import { memberDetails } from 'roster/lambda/member-body';
import { register, registrationForm, type SendRound } from 'roster/lambda/registration';
import { previewReminders } from 'roster/lambda/reminders';
import { completeReset, inspectResetLink } from 'roster/lambda/reset-links';
import { withinOf } from 'roster/lambda/scope';
import { unsubscribe } from 'roster/lambda/unsubscribe';

const handlers: HttpHandlers<'invitations', Deps> = {
  async inviteMember(call, all) {
    const { member, ...made } = await inviteMember(all, refOf(call), await actingOf(call, all), call.body);
    const body = { ...made, member: await memberDetails(all, call.params.org, { member }) };
    return { status: 200, version: member.version, body };
  },

  async revokeInvitation(call, all) {
    const found = await revokeInvitation(all, refOf(call), await actingOf(call, all));
    const body = await memberDetails(all, call.params.org, found);
    return { status: 200, version: found.member.version, body };
  },

  async listInvitations({ query, caller }, all) {
    return { status: 200, body: await listInvitations(all, caller, query) };
  },

  async sendInvitations({ body: { ids }, ...call }, all) {
    const job = await startBulk(all, actorOf(call), { action: 'invite', ids }, call.caller);
    return { status: 202, body: bulkJobBody(job) };
  },

  async sendAllInvitations(call, all) {
    const everybody = { action: 'invite' as const, filter: { status: ['not_joined' as const] } };
    const job = await startBulk(all, actorOf(call), everybody, call.caller);
    return { status: 202, body: bulkJobBody(job) };
  },

  async inspectInvitation({ body, origin }, all) {
    const work = () => inspectInvitation(all, body.token);
    return { status: 200, body: await limitedLink(all, origin, work) };
  },

  async acceptInvitation({ body, origin }, all) {
    const work = () => acceptInvitation(all, { ...body, origin });
    return { status: 200, body: await limitedLink(all, origin, work) };
  },

  async declineInvitation({ body, origin }, all) {
    await limitedLink(all, origin, () => declineInvitation(all, body.token, origin));
    return { status: 204 };
  },

  async renewInvitation({ body, origin }, all) {
    try {
      await limitedLink(all, origin, () => renewInvitation(all, body.token, origin));
    } catch (error) {
      if (!isMusterError(error, 'link_invalid')) throw error;
    }
    return { status: 202 };
  },

  async joinByInvitation({ body, caller, origin }, all) {
    const work = () => joinWithAccount(all, { ...body, account: caller.account, origin });
    return { status: 200, body: await limitedLink(all, origin, work) };
  },

  async inspectReset({ body, origin }, all) {
    const work = () => inspectResetLink(all, body.token);
    return { status: 200, body: await limitedLink(all, origin, work) };
  },

  async completeReset({ body, origin }, all) {
    await limitedLink(all, origin, () => completeReset(all, { ...body, origin }));
    return { status: 204 };
  },

  async requestReset({ body, origin }, all) {
    await inEvenTime(() => requestReset(all, body, origin));
    return { status: 202, body: { heard: true } };
  },

  async getRegistration({ params }, all) {
    return { status: 200, body: await registrationForm(all, params.organization) };
  },

  async register({ body, origin }, all) {
    const { organizations, roster, attempts } = all;
    const send: SendRound = (...round) => sendRound(all, ...round);
    await inEvenTime(() => register({ organizations, roster, attempts, sendRound: send }, body, origin));
    return { status: 202, body: { heard: true } };
  },

  async previewReminders({ params, query, caller }, all) {
    const viewer = { level: caller.level, within: await withinOf(all, caller) };
    return { status: 200, body: await previewReminders(all, params.org, viewer, query) };
  },

  async unsubscribePage({ query }) {
    // The page asks, and only its button posts: whoever merely opens the link changes nothing.
    return { status: 303, headers: { location: `/unsubscribe#${query.token}` } };
  },

  async unsubscribe({ query, origin }, all) {
    await limitedLink(all, origin, () => unsubscribe(all, query.token, origin));
    return { status: 204 };
  },
};

function refOf({ params, ifMatch }: Pick<Call<'inviteMember'>, 'params' | 'ifMatch'>) {
  return { organization: params.org, memberId: params.memberId, ifMatch };
}

/** Who acts, with the departments that it is bounded to, if it is. */
async function actingOf({ caller, origin }: Pick<Call<'inviteMember'>, 'caller' | 'origin'>, all: Deps) {
  return { ...caller, origin, within: await withinOf(all, caller) };
}

/** Invitations: what admins do with them, and what people do before they are signed in. */
export const handler = httpFunction('invitations', handlers, deps);
