import { type Deps, deps } from 'roster/lambda/deps';
import { type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { limitedLink } from 'roster/lambda/limited';
import { previewReminders } from 'roster/lambda/reminders';
import { completeReset, inspectResetLink } from 'roster/lambda/reset-links';
import { withinOf } from 'roster/lambda/scope';
import { unsubscribe } from 'roster/lambda/unsubscribe';
import { unsubscribedPage, unsubscribeForm } from 'roster/lambda/unsubscribe-page';

const handlers: HttpHandlers<'invitations', Deps> = {
  async inspectReset({ body, origin }, all) {
    const work = () => inspectResetLink(all, body.token);
    return { status: 200, body: await limitedLink(all, origin, work) };
  },

  async completeReset({ body, origin }, all) {
    await limitedLink(all, origin, () => completeReset(all, { ...body, origin }));
    return { status: 204 };
  },

  async previewReminders({ params, query, caller }, all) {
    const viewer = { level: caller.level, within: await withinOf(all, caller) };
    return { status: 200, body: await previewReminders(all, params.org, viewer, query) };
  },

  async unsubscribePage() {
    return { status: 200, html: unsubscribeForm };
  },

  async unsubscribe({ query, origin }, all) {
    await limitedLink(all, origin, () => unsubscribe(all, query.token, origin));
    return { status: 200, html: unsubscribedPage };
  },
};

/** What the holders of links do with them, before they are signed in, and whom reminders go to. */
export const handler = httpFunction('invitations', handlers, deps);
