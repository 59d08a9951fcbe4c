import { type Deps, deps } from 'roster/lambda/deps';
import { inEvenTime } from 'roster/lambda/even-time';
import { requestReset } from 'roster/lambda/forgotten-password';
import { type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { limitedLink } from 'roster/lambda/limited';
import { register, registrationForm, type SendRound } from 'roster/lambda/registration';
import { completeReset, inspectResetLink } from 'roster/lambda/reset-links';

/** Registering takes the module of invitations, which stands for itself: this build is without it. */
const sendRound: SendRound = async () => {
  throw new Error('Invitations cannot be sent by this build.');
};

const handlers: HttpHandlers<'invitations', Deps> = {
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
    await inEvenTime(() => register({ organizations, roster, attempts, sendRound }, body, origin));
    return { status: 202, body: { heard: true } };
  },
};

/** What people do before they are signed in: with links that they hold, or to be sent one. */
export const handler = httpFunction('invitations', handlers, deps);
