import type { Member } from 'roster/domain/member';
import { type Deps, deps } from 'roster/lambda/deps';
import { type HttpHandlers, httpFunction } from 'roster/lambda/http';

const handlers: HttpHandlers<'roster', Deps> = {
  async listMembers({ params, query }, { organizations, roster }) {
    const { status, sort, ...page } = query;
    const states = status === undefined ? undefined : [status].flat();
    const organization = await organizations.get(params.org);
    const found = await roster.list(organization, { ...page, states, descending: sort === '-name' });
    return { status: 200, body: { ...found, items: found.items.map(memberBody) } };
  },

  async getMembersSummary({ params }, { roster }) {
    return { status: 200, body: await roster.summary(params.org) };
  },

  async getMember({ params }, { roster }) {
    const member = await roster.get(params.org, params.memberId);
    return { status: 200, version: member.version, body: memberBody(member) };
  },
};

/** In the API a member is named by the external id; what else is stored falls away by the response's schema. */
function memberBody(member: Member) {
  return { ...member, memberId: member.externalId };
}

/** The roster: lists, single members and their summary. */
export const handler = httpFunction('roster', handlers, deps);
