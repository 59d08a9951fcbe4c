import { MusterError } from 'roster/domain/errors';
import { mayDo } from 'roster/domain/permissions';
import { type Deps, deps } from 'roster/lambda/deps';
import { type Call, type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { memberBody, memberDetails } from 'roster/lambda/member-body';
import { memberFilterOf } from 'roster/lambda/member-filter';
import {
  addMember,
  editMember,
  findMember,
  removeMember,
  resetCredentials,
  setMemberState,
  setUsername,
} from 'roster/lambda/members';

const handlers: HttpHandlers<'roster', Deps> = {
  async listMembers({ params, query }, { departments, roster }) {
    const { limit, cursor, sort, ...input } = query;
    const filter = await memberFilterOf({ departments }, params.org, input);
    const found = await roster.list(params.org, { limit, cursor, sort, filter });
    return { status: 200, body: { ...found, items: found.items.map(memberBody) } };
  },

  async getMembersSummary({ params }, { roster }) {
    return { status: 200, body: await roster.summary(params.org) };
  },

  async getMember(call, all) {
    const found = await findMember(all, refOf(call));
    return { status: 200, version: found.member.version, body: memberDetails(found) };
  },

  async addMember({ params, body, caller, origin }, all) {
    if (body.account !== undefined && !mayDo(caller.level, 'members.credentials')) {
      throw new MusterError('forbidden', 'An account needs the permission members.credentials.');
    }
    const made = await addMember(all, params.org, { ...caller, origin }, body);
    return { status: 201, version: made.member.version, body: memberDetails(made) };
  },

  async updateMember(call, all) {
    const found = await editMember(all, refOf(call), actingOf(call), call.body);
    return { status: 200, version: found.member.version, body: memberDetails(found) };
  },

  async removeMember(call, all) {
    await removeMember(all, refOf(call), actingOf(call));
    return { status: 204 };
  },

  async disableMember(call, all) {
    const found = await setMemberState(all, refOf(call), actingOf(call), 'disable');
    return { status: 200, version: found.member.version, body: memberDetails(found) };
  },

  async enableMember(call, all) {
    const found = await setMemberState(all, refOf(call), actingOf(call), 'enable');
    return { status: 200, version: found.member.version, body: memberDetails(found) };
  },

  async setUsername(call, all) {
    const found = await setUsername(all, refOf(call), actingOf(call), call.body);
    return { status: 200, version: found.member.version, body: memberDetails(found) };
  },

  async resetCredentials(call, all) {
    const found = await resetCredentials(all, refOf(call), actingOf(call));
    return { status: 200, version: found.member.version, body: memberDetails(found) };
  },
};

function refOf({ params, ifMatch }: Pick<Call<'getMember'>, 'params' | 'ifMatch'>) {
  return { organization: params.org, memberId: params.memberId, ifMatch };
}

function actingOf({ caller, origin }: Pick<Call<'getMember'>, 'caller' | 'origin'>) {
  return { ...caller, origin };
}

/** The roster: lists, single members, what admins do to them, and their summary. */
export const handler = httpFunction('roster', handlers, deps);
