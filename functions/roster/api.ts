import { pathOf } from 'roster/domain/departments';
import { MusterError } from 'roster/domain/errors';
import { mayDo } from 'roster/domain/permissions';
import { isResponsible } from 'roster/domain/responsibilities';
import { type Deps, deps } from 'roster/lambda/deps';
import { type Call, type HttpHandlers, httpFunction } from 'roster/lambda/http';
import { resetCredentials, setUsername } from 'roster/lambda/member-accounts';
import { accountBody, memberBodies, memberDetails } from 'roster/lambda/member-body';
import { findMember, type MemberOutcome } from 'roster/lambda/member-call';
import { memberFilterOf } from 'roster/lambda/member-filter';
import { setLevel } from 'roster/lambda/member-level';
import { addMember, editMember, previewRemoval, removeMember, setMemberState } from 'roster/lambda/members';
import { makeResetLink } from 'roster/lambda/reset-links';
import { withinOf } from 'roster/lambda/scope';

const handlers: HttpHandlers<'roster', Deps> = {
  async listMembers({ params, query, caller }, { departments, roster, clock }) {
    const { limit, cursor, sort, ...input } = query;
    const within = await withinOf({ departments }, caller);
    const filter = await memberFilterOf({ departments }, params.org, input);
    const found = await roster.list(params.org, { limit, cursor, sort, filter, within });
    return {
      status: 200,
      body: { ...found, items: await memberBodies({ departments, clock }, params.org, found.items) },
    };
  },

  async getMembersSummary({ params }, { roster }) {
    return { status: 200, body: await roster.summary(params.org) };
  },

  async listAdministrators({ params, query }, { administrators, members }) {
    const [{ items, ...page }, owners] = await Promise.all([
      administrators.page(params.org, query),
      members.enabledOwners(params.org),
    ]);
    const bodies = items.map(({ membership, name }) => ({
      ...accountBody(membership),
      ...(membership.externalId !== undefined && { memberId: membership.externalId }),
      ...(name !== undefined && { name }),
    }));
    return { status: 200, body: { ...page, items: bodies, owners } };
  },

  async getMember(call, all) {
    const found = await findMember(all, refOf(call), await actingOf(call, all));
    return shown(all, call, found);
  },

  async addMember({ params, body, ...call }, all) {
    if (body.account !== undefined && !mayDo(call.caller.level, 'members.credentials')) {
      throw new MusterError('forbidden', 'An account needs the permission members.credentials.');
    }
    const made = await addMember(all, params.org, await actingOf(call, all), body);
    return { ...(await shown(all, { params }, made)), status: 201 };
  },

  async updateMember(call, all) {
    const found = await editMember(all, refOf(call), await actingOf(call, all), call.body);
    return shown(all, call, found);
  },

  async removeMember(call, all) {
    await removeMember(all, refOf(call), await actingOf(call, all), call.query.transferTo);
    return { status: 204 };
  },

  async previewRemoval(call, all) {
    const { member, own } = await previewRemoval(all, refOf(call), await actingOf(call, all));
    const { tree } = await all.departments.read(call.params.org);
    const departments = own.departments.map((id) => ({ id, path: pathOf(tree, id) }));
    const body = {
      memberId: member.externalId,
      immediate: !isResponsible(own),
      responsibilities: { ...own, departments },
    };
    return { status: 200, version: member.version, body };
  },

  async setLevel(call, all) {
    const found = await setLevel(all, refOf(call), await actingOf(call, all), call.body);
    return shown(all, call, found);
  },

  async disableMember(call, all) {
    const found = await setMemberState(all, refOf(call), await actingOf(call, all), 'disable');
    return shown(all, call, found);
  },

  async enableMember(call, all) {
    const found = await setMemberState(all, refOf(call), await actingOf(call, all), 'enable');
    return shown(all, call, found);
  },

  async setUsername(call, all) {
    const found = await setUsername(all, refOf(call), await actingOf(call, all), call.body);
    return shown(all, call, found);
  },

  async resetCredentials(call, all) {
    const found = await resetCredentials(all, refOf(call), await actingOf(call, all));
    return shown(all, call, found);
  },

  async makeResetLink(call, all) {
    const { method } = call.body;
    return { status: 200, body: await makeResetLink(all, refOf(call), await actingOf(call, all), method) };
  },
};

/** A member as the answer shows it, with its version. */
async function shown(all: Deps, { params }: { params: { org: string } }, found: MemberOutcome) {
  const body = await memberDetails(all, params.org, found);
  return { status: 200 as const, version: found.member.version, body };
}

function refOf({ params, ifMatch }: Pick<Call<'getMember'>, 'params' | 'ifMatch'>) {
  return { organization: params.org, memberId: params.memberId, ifMatch };
}

/** Who acts, with the departments that it is bounded to, if it is. */
async function actingOf({ caller, origin }: Pick<Call<'getMember'>, 'caller' | 'origin'>, all: Deps) {
  return { ...caller, origin, within: await withinOf(all, caller) };
}

/** The roster: lists, single members, what admins do to them, and their summary. */
export const handler = httpFunction('roster', handlers, deps);
