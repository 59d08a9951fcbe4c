import { type Deps, deps } from 'roster/lambda/deps';
import { type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { limitedLink } from 'roster/lambda/limited';
import { completeReset, inspectResetLink } from 'roster/lambda/reset-links';

const handlers: HttpHandlers<'invitations', Deps> = {
  async inspectReset({ body, origin }, all) {
    const work = () => inspectResetLink(all, body.token);
    return { status: 200, body: await limitedLink(all, origin, work) };
  },

  async completeReset({ body, origin }, all) {
    await limitedLink(all, origin, () => completeReset(all, { ...body, origin }));
    return { status: 204 };
  },
};

/** What the holders of links do with them, before they are signed in. */
export const handler = httpFunction('invitations', handlers, deps);
