/** What a change of one member writes, as the actions of one transaction (design section 4). */

import { type Member, type MemberState, shardOf } from '../domain/member.ts';
import { isEnabledOwner } from '../domain/member-authority.ts';
import type { Membership } from '../domain/organization.ts';
import { type Account, leaveLogin, loginsOf, takeLogin } from './accounts.ts';
import { directoryChange } from './directory-log.ts';
import { keys } from './keys.ts';
import { memberToItem, memberUpdate } from './member-item.ts';
import { type Action, isAbsent, isPresent, versionIs } from './table.ts';

/** Something before and after; absent before where it is made, after where it is removed. */
export interface Transition<T> {
  before?: T | undefined;
  after?: T | undefined;
}

/** A change of one member with all that follows from it. The account itself is only ever made or marked. */
export interface MemberWrite {
  organization: { organization: string };
  member: Transition<Member>;
  membership?: Transition<Membership>;
  newAccount?: Account;
  /** Refuses the account's tokens issued before this second (Unix epoch). */
  refuseTokens?: { account: string; beforeSeconds: number };
}

/** What an action is on, to tell what a failed condition means. */
export type WriteTarget =
  | 'member'
  | 'count'
  | 'membership'
  | 'owners'
  | 'account'
  | 'directory'
  | `login ${string}`;

export interface MemberAction {
  on: WriteTarget;
  action: Action;
}

/** The actions of a write: at most 13, each conditional on what was seen. */
export function memberActions(write: MemberWrite): MemberAction[] {
  return [
    ...memberItem(write),
    ...countItem(write),
    ...membershipItem(write.membership),
    ...loginItems(write.membership),
    ...ownersItem(write.organization.organization, write.membership),
    ...accountItem(write),
    ...directoryItem(write),
  ];
}

function memberItem({ organization: { organization }, member }: MemberWrite): MemberAction[] {
  const { before, after } = member;
  if (before === after || (before === undefined && after === undefined)) return [];
  if (before === undefined) {
    const put = memberToItem(organization, after as Member);
    return [{ on: 'member', action: { put, condition: isAbsent } }];
  }
  if (after !== undefined) return [{ on: 'member', action: memberUpdate(organization, before, after) }];
  const key = keys.member(organization, before.externalId);
  return [{ on: 'member', action: { delete: key, condition: versionIs(before.version) } }];
}

function directoryItem({ organization: { organization }, member }: MemberWrite): MemberAction[] {
  const changed = member.after ?? member.before;
  if (member.before === member.after || changed === undefined) return [];
  return [{ on: 'directory', action: directoryChange(organization, [changed.externalId]) }];
}

const countNames = {
  not_joined: 'notJoined',
  enabled: 'enabled',
  disabled: 'disabled',
} as const satisfies Record<MemberState, string>;

function countItem({
  organization: { organization },
  member: { before, after },
}: MemberWrite): MemberAction[] {
  if (before?.state === after?.state) return [];
  const externalId = ((after ?? before) as Member).externalId;
  const add: Record<string, number> = {};
  if (before) add[countNames[before.state]] = -1;
  if (after) add[countNames[after.state]] = 1;
  return [{ on: 'count', action: { update: { key: keys.count(organization, shardOf(externalId)), add } } }];
}

function membershipItem({ before, after }: Transition<Membership> = {}): MemberAction[] {
  if (before === after) return [];
  if (before !== undefined && after !== undefined) {
    return [{ on: 'membership', action: membershipUpdate(before, after) }];
  }
  const { account, organization } = (after ?? before) as Membership;
  const key = keys.membership(account, organization);
  if (after === undefined) {
    return [
      { on: 'membership', action: { delete: key, condition: versionIs((before as Membership).version) } },
    ];
  }
  return [{ on: 'membership', action: { put: { ...key, ...after }, condition: isAbsent } }];
}

/** Changes a membership that still has the version seen. Not put whole: a sign-in may have kept its time since. */
export function membershipUpdate(before: Membership, after: Membership): Action {
  const { level, login, state, externalId, tokensValidFromSeconds, version, logins } = after;
  return {
    update: {
      key: keys.membership(after.account, after.organization),
      set: { level, login, state, externalId, tokensValidFromSeconds, version, logins },
      remove: logins === undefined && before.logins !== undefined ? ['logins'] : [],
      condition: versionIs(before.version),
    },
  };
}

function loginItems(transition: Transition<Membership> | undefined): MemberAction[] {
  const { before, after } = transition ?? {};
  const { account, organization } = after ?? before ?? { account: '', organization: '' };
  const had = before === undefined ? [] : loginsOf(before);
  const has = after === undefined ? [] : loginsOf(after);
  const on = (login: string): WriteTarget => `login ${login}`;
  const left = had.filter((login) => !has.includes(login));
  const taken = has.filter((login) => !had.includes(login));
  return [
    ...left.map((login) => ({ on: on(login), action: leaveLogin(organization, login, account) })),
    ...taken.map((login) => ({ on: on(login), action: takeLogin(organization, login, account) })),
  ];
}

function ownersItem(organization: string, transition: Transition<Membership> | undefined): MemberAction[] {
  const { before, after } = transition ?? {};
  const owners = (membership: Membership | undefined) => (membership && isEnabledOwner(membership) ? 1 : 0);
  const change = owners(after) - owners(before);
  return change === 0 ? [] : [{ on: 'owners', action: ownersUpdate(organization, change) }];
}

/** Counts enabled owners up or down; the condition does not hold where none would be left. */
export function ownersUpdate(organization: string, change: number): Action {
  return {
    update: {
      key: keys.owners(organization),
      add: { enabled: change },
      ...(change < 0 && {
        condition: {
          expression: '#enabled > :taken',
          names: { '#enabled': 'enabled' },
          values: { ':taken': -change },
        },
      }),
    },
  };
}

function accountItem({ newAccount, refuseTokens }: MemberWrite): MemberAction[] {
  const actions: MemberAction[] = [];
  if (newAccount !== undefined) {
    const item = { ...keys.account(newAccount.account), ...newAccount };
    actions.push({ on: 'account', action: { put: item, condition: isAbsent } });
  }
  if (refuseTokens !== undefined) {
    const set = { tokensValidFromSeconds: refuseTokens.beforeSeconds };
    const update = { key: keys.account(refuseTokens.account), set, condition: isPresent };
    actions.push({ on: 'account', action: { update } });
  }
  return actions;
}
