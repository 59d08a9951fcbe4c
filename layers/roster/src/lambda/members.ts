/** What admins do to single members: checked by the domain, written with its audit entry, then told to Cognito. */
import type { MemberWrite } from '../aws/members.ts';
import type { AuditAction } from '../domain/audit.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { Member } from '../domain/member.ts';
import { type MemberAct, mayAct, mayGrant } from '../domain/member-authority.ts';
import {
  compileMemberEditor,
  disableMember,
  enableMember,
  type MemberEditor,
  type MemberInput,
  withAccount,
} from '../domain/member-edit.ts';
import type { Membership, Organization } from '../domain/organization.ts';
import type { Level } from '../domain/permissions.ts';
import { normalizeLogin, readUsername } from '../domain/username.ts';
import { cleanValue, compileColumn } from '../domain/validate.ts';
import { compileValuesHash, loadHasher } from '../pipeline/values-hash.ts';
import type { Deps } from './deps.ts';
import { oneTimePassword } from './one-time-password.ts';
import { type Origin, requireVersion } from './request.ts';

export type MemberDeps = Pick<
  Deps,
  'members' | 'roster' | 'organizations' | 'accounts' | 'accountMaker' | 'accountQueue' | 'clock' | 'newId'
>;

/** Who acts, as the authorizer verified, and from where. */
export interface Acting {
  account: string;
  level: Level;
  login: string;
  origin: Origin;
}

/** A member named in a call, and the version that its If-Match demands. */
export interface MemberRef {
  organization: string;
  memberId: string;
  ifMatch?: number | undefined;
}

/** How a member is to sign in. `email` is what it signs in with, if not the email on the roster. */
export interface AccountInput {
  username: string;
  email?: string | undefined;
  level?: Level | undefined;
}

/** A member with its membership, if it has an account, and a password made just now, which is nowhere else. */
export interface MemberOutcome {
  member: Member;
  membership?: Membership | undefined;
  oneTimePassword?: string;
}

/**
 * Adds a member, with an account at once where asked for.
 * @throws MusterError `invalid_member`, `conflict`, `login_taken`, `forbidden`
 */
export async function addMember(
  deps: MemberDeps,
  organizationId: string,
  acting: Acting,
  { account: access, ...input }: MemberInput & { account?: AccountInput | undefined },
): Promise<MemberOutcome> {
  const { organization, editor } = await editorOf(deps, organizationId);
  const at = deps.clock().toISOString();
  const member = editor.make(input, { by: acting.login, at });
  if (access === undefined) {
    const event = { after: pictureOf(member) };
    await commit(deps, acting, 'member.add', { organization, member: { after: member } }, event);
    return { member };
  }
  const wanted = readAccess(access, acting);
  const outcome = await withNewAccount(deps, wanted.email ?? member.email, async (account) => {
    // The version of what is stored first is 1.
    const after = { ...withAccount(member, account, wanted.username, at), version: 1 };
    const membership = newMembership(organization, after, account, wanted);
    const write = newAccountWrite(organization, { after }, membership, wanted.email ?? member.email, at);
    const event = { after: { ...pictureOf(after), username: wanted.username, level: membership.level } };
    return { member: after, membership: await commit(deps, acting, 'member.add', write, event) };
  });
  // The reconciler may have met the user before its membership was there, and had it disabled.
  await follow(deps, outcome.member);
  return outcome;
}

/**
 * Changes a member's values, departments or roles; nothing is written where nothing differs.
 * @throws MusterError `invalid_member`, `not_found`, `precondition_failed`
 */
export async function editMember(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  input: MemberInput,
): Promise<MemberOutcome> {
  const { organization, editor } = await editorOf(deps, ref.organization);
  return onMember(deps, ref, acting, 'update', async ({ member, membership, at }) => {
    const after = editor.edit(member, input, { by: acting.login, at });
    if (after !== member) {
      const write = { organization, member: { before: member, after } };
      await commit(deps, acting, 'member.update', write, differences(member, after));
    }
    return { member: after, membership };
  });
}

/**
 * Disables or enables a member and its membership, which the authorizer heeds from the next request on. A repeat
 * changes nothing, but the user pool is told again.
 * @throws MusterError `not_found`, `own_account`, `last_owner`, `forbidden`, `precondition_failed`
 */
export async function setMemberState(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  act: 'disable' | 'enable',
): Promise<MemberOutcome> {
  const organization = await deps.organizations.get(ref.organization);
  const outcome = await onMember(deps, ref, acting, act, async (found) => {
    const planned = stateWrite(organization, found, act, found.at, nextSecond(deps));
    if (planned === undefined) return found;
    await commit(deps, acting, `member.${act}`, planned.write, planned.change);
    return planned.outcome;
  });
  await follow(deps, outcome.member);
  return outcome;
}

/** A change of one member before it is written, and what its audit entry tells. */
interface PlannedWrite {
  write: MemberWrite;
  change: { before?: Record<string, unknown>; after?: Record<string, unknown> };
}

/** What disabling or enabling a member writes, alone or with others; undefined where it is so already. */
export function stateWrite(
  organization: MemberWrite['organization'],
  { member, membership }: MemberOutcome,
  act: 'disable' | 'enable',
  at: string,
  fromSeconds: number,
): (PlannedWrite & { outcome: { member: Member; membership?: Membership | undefined } }) | undefined {
  const after = (act === 'disable' ? disableMember : enableMember)(member, at);
  const moved = membership && stateChanged(membership, `${act}d`, fromSeconds);
  if (after === member && moved === membership) return undefined;
  const write = {
    organization,
    member: { before: member, after },
    membership: { before: membership, after: moved },
  };
  return { write, change: differences(member, after), outcome: { member: after, membership: moved } };
}

/** What removing a member writes, alone or with others. */
export function removalWrite(
  organization: MemberWrite['organization'],
  { member, membership }: MemberOutcome,
): PlannedWrite {
  const write = { organization, member: { before: member }, membership: { before: membership } };
  return { write, change: { before: pictureOf(member) } };
}

/**
 * Takes a member off the roster with its membership and its logins here; the account stays (S3.24, S3.26).
 * @throws MusterError `not_found`, `own_account`, `last_owner`, `forbidden`, `precondition_failed`
 */
export async function removeMember(deps: MemberDeps, ref: MemberRef, acting: Acting): Promise<void> {
  const organization = await deps.organizations.get(ref.organization);
  const { member } = await onMember(deps, ref, acting, 'remove', async (found) => {
    const { write, change } = removalWrite(organization, found);
    await commit(deps, acting, 'member.remove', write, change);
    return { member: found.member };
  });
  await follow(deps, member);
}

/**
 * Changes the username of a member, or gives one that has none an account with a one-time password. The email and
 * phone on the roster are signed in with too, where nobody else has them.
 * @throws MusterError `invalid_member`, `login_taken`, `not_found`, `forbidden`, `precondition_failed`
 */
export async function setUsername(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  input: AccountInput,
): Promise<MemberOutcome> {
  const organization = await deps.organizations.get(ref.organization);
  const wanted = readAccess(input, acting);
  const outcome = await onMember(deps, ref, acting, 'username', async ({ member, membership, at }) => {
    const email = wanted.email ?? member.email;
    if (membership === undefined) {
      return withNewAccount(deps, email, async (account) => {
        const after = withAccount(member, account, wanted.username, at);
        const made = newMembership(organization, after, account, wanted);
        const write = newAccountWrite(organization, { before: member, after }, made, email, at);
        const event = differences(member, after);
        return { member: after, membership: await commit(deps, acting, 'member.username', write, event) };
      });
    }
    const after = { ...member, username: wanted.username, version: member.version + 1, updatedAt: at };
    const renamed = {
      ...membership,
      login: normalizeLogin(wanted.username),
      logins: loginsFor(wanted.email ?? membership.logins?.email ?? member.email, member.phone),
      version: membership.version + 1,
    };
    const write = {
      organization,
      member: { before: member, after },
      membership: { before: membership, after: renamed },
    };
    const event = differences(member, after);
    return { member: after, membership: await commit(deps, acting, 'member.username', write, event) };
  });
  await follow(deps, outcome.member);
  return outcome;
}

/**
 * Gives a member a new one-time password, which the next sign-in must change. First all tokens are refused from the
 * next request on, then the old password goes: a failure in between leaves nobody in, and is mended by a repeat.
 * @throws MusterError `no_account`, `shared_account` where the account is in other organizations too, whose admins
 * this one would overrule; `own_account`, `forbidden`, `not_found`, `precondition_failed`
 */
export async function resetCredentials(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
): Promise<MemberOutcome & { oneTimePassword: string }> {
  const organization = await deps.organizations.get(ref.organization);
  const password = oneTimePassword();
  const { member, membership } = await onMember(deps, ref, acting, 'resetCredentials', async (found) => {
    const { account } = found.member;
    if (account === undefined || found.membership === undefined) {
      throw new MusterError('no_account', 'This member has no account yet. Give it a username first.');
    }
    if ((await deps.accounts.memberships(account)).length > 1) {
      const why = 'The account belongs to other organizations too; only its owner can change the password.';
      throw new MusterError('shared_account', why);
    }
    const marked = { ...found.membership, version: found.membership.version + 1 };
    const write: MemberWrite = {
      organization,
      member: {},
      membership: { before: found.membership, after: marked },
      refuseTokens: { account, beforeSeconds: nextSecond(deps) },
    };
    const event = { details: { username: found.membership.login } };
    await commit(deps, acting, 'member.resetCredentials', write, event, found.member.externalId);
    return { member: found.member, membership: marked };
  });
  const account = (membership as Membership).account;
  await deps.accountMaker.signOutEverywhere(account);
  await deps.accountMaker.setOneTimePassword(account, password);
  return { member, membership, oneTimePassword: password };
}

/** A member with its membership. @throws MusterError `not_found` */
export async function findMember(
  deps: Pick<MemberDeps, 'roster' | 'accounts'>,
  { organization, memberId }: MemberRef,
): Promise<MemberOutcome> {
  const member = await deps.roster.get(organization, memberId);
  if (member.account === undefined) return { member };
  const { membership } = await deps.accounts.standing(member.account, organization);
  return { member, membership };
}

async function editorOf(
  deps: MemberDeps,
  organizationId: string,
): Promise<{ organization: Organization; editor: MemberEditor }> {
  const organization = await deps.organizations.get(organizationId);
  const { columns } = await deps.organizations.schema(organizationId, organization.schemaVersion);
  const hasher = await loadHasher();
  return { organization, editor: compileMemberEditor(columns, (names) => compileValuesHash(names, hasher)) };
}

const attemptsMax = 8;

/**
 * Reads a member, checks whether the caller may, and acts. Where somebody else was quicker it is done again on what
 * is there then, unless the caller named the version that it saw: two who act at once come one after the other.
 */
async function onMember(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  act: MemberAct,
  work: (found: {
    member: Member;
    membership?: Membership | undefined;
    at: string;
  }) => Promise<MemberOutcome>,
): Promise<MemberOutcome> {
  for (let attempt = 1; ; attempt++) {
    const { member, membership } = await findMember(deps, ref);
    requireVersion(ref.ifMatch, member.version);
    const isOwner = membership?.level === 'owner';
    mayAct(act, acting, membership, isOwner ? await deps.members.enabledOwners(ref.organization) : 0);
    try {
      return await work({ member, membership, at: deps.clock().toISOString() });
    } catch (error) {
      const isLate = isMusterError(error, 'precondition_failed') && ref.ifMatch === undefined;
      if (!isLate || attempt >= attemptsMax) throw error;
    }
  }
}

function commit(
  deps: MemberDeps,
  { account, login, origin }: Acting,
  action: AuditAction,
  write: MemberWrite,
  change: {
    before?: Record<string, unknown>;
    after?: Record<string, unknown>;
    details?: Record<string, unknown>;
  },
  subject = (write.member.after ?? write.member.before)?.externalId ?? '',
): Promise<Membership | undefined> {
  return deps.members.commit(write, { action, actor: { account, login, ...origin }, subject, ...change });
}

async function follow(deps: MemberDeps, { account }: Member): Promise<void> {
  if (account !== undefined) await deps.accountQueue.changed([account]);
}

/**
 * Makes an account in the user pool and stores what belongs to it. If that fails the account is deleted again; if
 * even that fails, or the process dies in between, an account without membership is left, which may do nothing.
 */
async function withNewAccount(
  deps: MemberDeps,
  email: string | undefined,
  store: (account: string) => Promise<MemberOutcome>,
): Promise<MemberOutcome> {
  const account = deps.newId();
  const password = oneTimePassword();
  try {
    await deps.accountMaker.createAccount(account, { email, password, permanent: false });
    return { ...(await store(account)), oneTimePassword: password };
  } catch (error) {
    try {
      await deps.accountMaker.deleteAccount(account);
    } catch (undoing) {
      throw new AggregateError([error, undoing], 'The account was not made, and could not be deleted.');
    }
    throw error;
  }
}

interface WantedAccess {
  username: string;
  email: string | undefined;
  level: Level;
}

const emailCheck = compileColumn({ name: 'email', type: 'email' });

function readAccess({ username, email, level = 'member' }: AccountInput, acting: Acting): WantedAccess {
  mayGrant(acting, level);
  const address = email === undefined ? '' : emailCheck(cleanValue(email));
  if (typeof address === 'object') {
    const places = [{ path: 'email', message: address.message }];
    throw new MusterError('invalid_member', 'The account has faults.', { places });
  }
  return { username: readUsername(username), email: address === '' ? undefined : address, level };
}

function loginsFor(email: string | undefined, phone: string | undefined): NonNullable<Membership['logins']> {
  return { ...(email && { email: normalizeLogin(email) }), ...(phone && { phone: normalizeLogin(phone) }) };
}

function newMembership(
  { organization }: Organization,
  member: Member,
  account: string,
  { username, email, level }: WantedAccess,
): Membership {
  return {
    account,
    organization,
    level,
    login: normalizeLogin(username),
    logins: loginsFor(email ?? member.email, member.phone),
    state: member.state === 'disabled' ? 'disabled' : 'enabled',
    externalId: member.externalId,
    tokensValidFromSeconds: 0,
    version: 1,
  };
}

function newAccountWrite(
  organization: Organization,
  member: MemberWrite['member'],
  membership: Membership,
  email: string | undefined,
  at: string,
): MemberWrite {
  const { account } = membership;
  const newAccount = { account, ...(email && { email }), tokensValidFromSeconds: 0, createdAt: at };
  return { organization, member, membership: { after: membership }, newAccount };
}

/** A membership that is disabled refuses the tokens of before for good: enabled again, one signs in anew. */
export function stateChanged(
  membership: Membership,
  state: Membership['state'],
  fromSeconds: number,
): Membership {
  if (membership.state === state) return membership;
  const next = { ...membership, state, version: membership.version + 1 };
  return state === 'disabled' ? { ...next, tokensValidFromSeconds: fromSeconds } : next;
}

/** Tokens tell seconds only, so those of this second are refused too. */
export function nextSecond({ clock }: Pick<MemberDeps, 'clock'>): number {
  return Math.floor(clock().getTime() / 1000) + 1;
}

/** What an audit entry tells of a member. */
function pictureOf({ name, state, values, departments, roles }: Member): Record<string, unknown> {
  return { name, state, values, departments, roles };
}

/** The fields that differ, before and after; of the values only those that do. */
export function differences(before: Member, after: Member) {
  const names = ['state', 'disabledBy', 'username', 'departments', 'roles'] as const;
  const changed: string[] = names.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const columns = [...new Set([...Object.keys(before.values), ...Object.keys(after.values)])];
  const moved = columns.filter((column) => before.values[column] !== after.values[column]);
  const picture = (member: Member) => ({
    ...Object.fromEntries(changed.map((name) => [name, member[name as (typeof names)[number]] ?? null])),
    ...(moved.length > 0 && {
      values: Object.fromEntries(moved.map((column) => [column, member.values[column] ?? null])),
    }),
  });
  return { before: picture(before), after: picture(after) };
}
