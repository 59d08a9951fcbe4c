/** What a change of one member writes, as the actions of one transaction (design section 4). */

import { dropInProgress } from '../domain/drop.ts';
import { type Member, type MemberState, shardOf } from '../domain/member.ts';
import { isEnabledOwner } from '../domain/member-authority.ts';
import type { Membership, Organization } from '../domain/organization.ts';
import { accountUpdate } from './account-changes.ts';
import { keptAccount } from './account-deletion.ts';
import { type Account, leaveLogin, loginsOf, takeLogin } from './accounts.ts';
import { administratorActions } from './administrators.ts';
import { directoryChange } from './directory-log.ts';
import { type DueSettings, periodActions, reminderActions } from './due-members.ts';
import { departmentChecks, departmentCountActions, roleChecks } from './group-counts.ts';
import { type LinkChange, linkAction } from './invitation-links.ts';
import { keys } from './keys.ts';
import { memberToItem, memberUpdate } from './member-item.ts';
import { type Action, allOf, attributeIs, type Condition, isAbsent, versionIs } from './table.ts';

/** Something before and after; absent before where it is made, after where it is removed. */
export interface Transition<T> {
  before?: T | undefined;
  after?: T | undefined;
}

/** A change of one member with all that follows from it. The account itself is only ever made or marked. */
export interface MemberWrite {
  organization: DueSettings & Pick<Organization, 'era' | 'dropping'>;
  member: Transition<Member>;
  membership?: Transition<Membership>;
  newAccount?: Account;
  /** Who takes over what the member was responsible for. */
  takeOver?: TakeOver;
  /** Refuses the account's tokens issued before this second (Unix epoch), its reset links and its second factor. */
  refuseTokens?: { account: string; beforeSeconds: number };
  /** An account that there is already, and that gets its membership now; not if it is being deleted. */
  joining?: string;
  /** A link that is made or used up with the change. */
  link?: LinkChange;
}

type Complete<T> = { before: T; after: T };

/**
 * The membership of who takes over and its member, both the same where they need not change, and the ids of the imports
 * that go to it.
 */
export interface TakeOver {
  heir: Complete<Membership>;
  member: Complete<Member>;
  imports: readonly string[];
}

/** What an action is on, to tell what a failed condition means. */
export type WriteTarget =
  | 'member'
  | 'count'
  | 'due'
  | 'department'
  | 'role'
  | 'groupCount'
  | 'membership'
  | 'owners'
  | 'administrator'
  | 'account'
  | 'directory'
  | 'heir'
  | 'import'
  | 'scopes'
  | 'link'
  | `login ${string}`;

export interface MemberAction {
  on: WriteTarget;
  action: Action;
}

/**
 * The actions of a write, each conditional on what was seen: at most 27, and one for each department added and each
 * import taken over.
 */
export function memberActions(write: MemberWrite): MemberAction[] {
  return [
    ...memberItem(write),
    ...countItem(write),
    ...dueItem(write),
    ...groupItems(write),
    ...membershipItem(write.membership),
    ...loginItems(write.membership),
    ...ownersItem(write.organization.organization, write.membership),
    ...administratorItems(write.membership),
    ...scopeCounts(write),
    ...takeOverItems(write),
    ...accountItem(write),
    ...linkItem(write),
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

/** A change tells anew when to look at the member's active period, its end and its reminders. */
function dueItem({ organization, member }: MemberWrite): MemberAction[] {
  const { before, after } = member;
  if (before === after) return [];
  const period = after === undefined ? [] : periodActions(organization, after, new Date(after.updatedAt));
  const actions = [...period, ...reminderActions(organization, member)];
  return actions.map((action) => ({ on: 'due', action }));
}

/** The attribute that counts the members of a state. */
export const countNames = {
  not_joined: 'notJoined',
  enabled: 'enabled',
  disabled: 'disabled',
} as const satisfies Record<MemberState, string>;

/** @throws MusterError `drop_in_progress` for a member to be added while all are removed */
function countItem({ organization, member: { before, after } }: MemberWrite): MemberAction[] {
  if (before?.state === after?.state) return [];
  const externalId = ((after ?? before) as Member).externalId;
  const add: Record<string, number> = {};
  if (before) add[countNames[before.state]] = -1;
  if (after) add[countNames[after.state]] = 1;
  const key = keys.count(organization.organization, shardOf(externalId));
  if (before !== undefined) return [{ on: 'count', action: { update: { key, add } } }];
  if (organization.dropping !== undefined) throw dropInProgress();
  return [{ on: 'count', action: { update: { key, add, condition: eraIs(organization.era) } } }];
}

/**
 * The data was not dropped since the organization was read. Whoever adds members requires it of the item that counts
 * them, which a drop marks first: so nobody who began before a drop adds members after it, however late.
 */
export function eraIs(era: number | undefined): Condition {
  if (era !== undefined) return attributeIs('era', era);
  return { expression: 'attribute_not_exists(#era)', names: { '#era': 'era' } };
}

/** Departments and roles that are added have to be there, and how many members name each is counted. */
function groupItems({
  organization: { organization },
  member: { before, after },
}: MemberWrite): MemberAction[] {
  const { externalId } = after ?? before ?? { externalId: '' };
  const added = (name: 'departments' | 'roles') =>
    (after?.[name] ?? []).filter((id) => before?.[name].includes(id) !== true);
  const groups = (member: Member | undefined) =>
    member === undefined ? [] : [...member.departments, ...member.roles];
  const on = (target: WriteTarget, actions: Action[]) => actions.map((action) => ({ on: target, action }));
  const change = { externalId, before: groups(before), after: groups(after) };
  return [
    ...on('department', departmentChecks(organization, added('departments'))),
    ...on('role', roleChecks(organization, added('roles'))),
    ...on('groupCount', departmentCountActions(organization, [change])),
  ];
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
  const { level, scope, login, state, externalId, tokensValidFromSeconds, version, logins } = after;
  const optional = ['logins', 'scope'] as const;
  return {
    update: {
      key: keys.membership(after.account, after.organization),
      set: { level, scope, login, state, externalId, tokensValidFromSeconds, version, logins },
      remove: optional.filter((name) => after[name] === undefined && before[name] !== undefined),
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

function administratorItems({ before, after }: Transition<Membership> = {}): MemberAction[] {
  return administratorActions(before, after).map((action) => ({ on: 'administrator', action }));
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

/** Counts the coordinators of departments, so that a deletion remembers who took over as long as one names it. */
function scopeCounts({ organization, membership, takeOver }: MemberWrite): MemberAction[] {
  const add: Record<string, number> = {};
  for (const { before, after } of [membership ?? {}, takeOver?.heir ?? {}]) {
    for (const id of before?.scope ?? []) add[id] = (add[id] ?? 0) - 1;
    for (const id of after?.scope ?? []) add[id] = (add[id] ?? 0) + 1;
  }
  for (const id of Object.keys(add)) if (add[id] === 0) delete add[id];
  if (Object.keys(add).length === 0) return [];
  return [{ on: 'scopes', action: { update: { key: keys.scopeCounts(organization.organization), add } } }];
}

/** Imports go to somebody else while they are open; their own versions stay, or their steps would meet a conflict. */
function takeOverItems({ organization, membership, takeOver }: MemberWrite): MemberAction[] {
  const leaver = membership?.before;
  if (takeOver === undefined || leaver === undefined) return [];
  const { before, after } = takeOver.heir;
  const heir: Action =
    before === after
      ? { check: keys.membership(after.account, after.organization), condition: versionIs(after.version) }
      : membershipUpdate(before, after);
  const imports = takeOver.imports.map((importId): MemberAction => {
    const key = keys.import(leaver.organization, importId);
    const set = { uploadedBy: after.login, uploaderAccount: after.account };
    const condition = allOf(
      attributeIs('uploaderAccount', leaver.account),
      attributeIs('status', 'in_progress'),
    );
    return { on: 'import', action: { update: { key, set, condition } } };
  });
  const member = memberItem({ organization, member: takeOver.member });
  return [
    { on: 'heir', action: heir },
    ...member.map(({ action }) => ({ on: 'heir' as const, action })),
    ...imports,
  ];
}

function linkItem({ link }: MemberWrite): MemberAction[] {
  return link === undefined ? [] : [{ on: 'link', action: linkAction(link) }];
}

function accountItem({ newAccount, refuseTokens, joining }: MemberWrite): MemberAction[] {
  const actions: MemberAction[] = [];
  if (joining !== undefined) actions.push({ on: 'account', action: { update: keptAccount(joining) } });
  if (newAccount !== undefined) {
    const item = { ...keys.account(newAccount.account), ...newAccount };
    actions.push({ on: 'account', action: { put: item, condition: isAbsent } });
  }
  if (refuseTokens !== undefined) {
    const { account, beforeSeconds } = refuseTokens;
    const update = accountUpdate(account, { refuseTokensBeforeSeconds: beforeSeconds, secondFactor: false });
    actions.push({ on: 'account', action: { update } });
  }
  return actions;
}
