/** What admins do to single members: checked by the domain, written with its audit entry, then told to Cognito. */
import type { MemberWrite } from '../aws/members.ts';
import { noSuchMember } from '../aws/roster.ts';
import { requireWithin } from '../domain/active-period.ts';
import { type AuditAction, type AuditActor, periodActor } from '../domain/audit.ts';
import { departmentPlacer, planDepartments } from '../domain/department-resolver.ts';
import { standingFor } from '../domain/departments.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import { dayIn } from '../domain/local-time.ts';
import type { Member } from '../domain/member.ts';
import { decidesOnEntry, type MemberAct, mayAct, mayGrant } from '../domain/member-authority.ts';
import {
  compileMemberEditor,
  disableMember,
  enableMember,
  type MemberEditor,
  type MemberGroups,
  type MemberInput,
  withAccount,
} from '../domain/member-edit.ts';
import type { Membership, Organization } from '../domain/organization.ts';
import { type Level, mayDo } from '../domain/permissions.ts';
import type { Responsibilities } from '../domain/responsibilities.ts';
import { type Column, columnWithRole } from '../domain/schema.ts';
import { coversMember, mayDecideOn, mayPlace, rankOf, type Within } from '../domain/scope.ts';
import { normalizeLogin, readUsername } from '../domain/username.ts';
import { cleanValue, compileColumn } from '../domain/validate.ts';
import { compileValuesHash, loadHasher } from '../pipeline/values-hash.ts';
import type { Deps } from './deps.ts';
import { oneTimePassword } from './one-time-password.ts';
import { type Origin, requireVersion } from './request.ts';
import { handoverOf, removalEvents, responsibilitiesOf } from './responsibilities.ts';
import { boundsOf, readScope } from './scope.ts';

export type MemberDeps = Pick<
  Deps,
  | 'members'
  | 'roster'
  | 'organizations'
  | 'departments'
  | 'roles'
  | 'imports'
  | 'accounts'
  | 'accountMaker'
  | 'accountQueue'
  | 'clock'
  | 'newId'
>;

type StateDeps = Pick<MemberDeps, 'members' | 'accountQueue' | 'clock'>;

/** Who acts, as the authorizer verified, and from where. */
export interface Acting {
  account: string;
  level: Level;
  login: string;
  origin: Origin;
  /** The departments that the caller is bounded to; a bounded level without them may do nothing. */
  within?: Within | undefined;
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
  /** What a coordinator answers for: ids of departments. */
  departments?: readonly string[] | undefined;
}

/** A member with its membership, if it has an account, and a password made just now, which is nowhere else. */
export interface MemberOutcome {
  member: Member;
  membership?: Membership | undefined;
  oneTimePassword?: string;
}

/**
 * Adds a member, with an account at once where asked for.
 * @throws MusterError `invalid_member`, `unknown_department`, `unknown_role`, `conflict`, `login_taken`, `forbidden`,
 * `out_of_scope`
 */
export async function addMember(
  deps: MemberDeps,
  organizationId: string,
  acting: Acting,
  { account: access, ...input }: MemberInput & { account?: AccountInput | undefined },
): Promise<MemberOutcome> {
  const { organization, editor, columns } = await editorOf(deps, organizationId);
  const at = deps.clock().toISOString();
  const member = await placed(deps, organizationId, acting, { columns, input, before: [] }, (groups) =>
    editor.make(input, { by: acting.login, at }, groups),
  );
  if (access === undefined) {
    const event = { after: pictureOf(member) };
    await commit(deps, acting, 'member.add', { organization, member: { after: member } }, event);
    return { member };
  }
  const wanted = await readAccess(deps, organizationId, access, acting);
  const outcome = await withNewAccount(deps, wanted.email ?? member.email, async (account) => {
    // The version of what is stored first is 1.
    const after = { ...withAccount(member, account, wanted.username, at), version: 1 };
    const membership = newMembership(organization, after, account, wanted);
    const write = newAccountWrite(organization, { after }, membership, wanted.email ?? member.email, at);
    const event = { after: { ...pictureOf(after), username: wanted.username, ...rankOf(membership) } };
    return { member: after, membership: await commit(deps, acting, 'member.add', write, event) };
  });
  // The reconciler may have met the user before its membership was there, and had it disabled.
  await follow(deps, outcome.member);
  return outcome;
}

/**
 * Changes a member's values, departments or roles; nothing is written where nothing differs.
 * @throws MusterError `invalid_member`, `unknown_department`, `unknown_role`, `not_found`, `out_of_scope`,
 * `precondition_failed`
 */
export async function editMember(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  input: MemberInput,
): Promise<MemberOutcome> {
  const { organization, editor, columns } = await editorOf(deps, ref.organization);
  return onMember(deps, ref, acting, 'update', async ({ member, membership, at }) => {
    const edit = { columns, input, before: member.departments };
    const after = await placed(deps, ref.organization, acting, edit, (groups) =>
      editor.edit(member, input, { by: acting.login, at }, groups),
    );
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
    if (act === 'enable') requireWithin(found.member, dayIn(organization.timeZone, deps.clock()));
    return moveState(deps, organization, found, act, actorOf(acting), 'admin');
  });
  await follow(deps, outcome.member);
  return outcome;
}

/** A change of one member before it is written, and what its audit entry tells. */
interface PlannedWrite {
  write: MemberWrite;
  change: { before?: Record<string, unknown>; after?: Record<string, unknown> };
}

/** When a state changes, from which second on tokens of those disabled are taken (Unix epoch), and who demands it. */
export interface StateChange {
  at: string;
  fromSeconds: number;
  by?: 'admin' | 'period';
}

/** What disabling or enabling a member writes, alone or with others; undefined where it is so already. */
export function stateWrite(
  organization: MemberWrite['organization'],
  { member, membership }: MemberOutcome,
  act: 'disable' | 'enable',
  { at, fromSeconds, by = 'admin' }: StateChange,
): (PlannedWrite & { outcome: { member: Member; membership?: Membership | undefined } }) | undefined {
  const after = act === 'disable' ? disableMember(member, at, by) : enableMember(member, at);
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
  return { write, change: { before: { ...pictureOf(member), ...(membership && rankOf(membership)) } } };
}

/**
 * Disables or enables a member as its active period demands.
 * @throws MusterError `not_found`, `last_owner`, `precondition_failed`
 */
export async function moveByPeriod(
  deps: StateDeps,
  organization: Organization,
  found: MemberOutcome,
  act: 'disable' | 'enable',
): Promise<void> {
  const at = deps.clock().toISOString();
  const { member } = await moveState(deps, organization, { ...found, at }, act, periodActor, 'period');
  await follow(deps, member);
}

async function moveState(
  deps: StateDeps,
  organization: Organization,
  found: MemberOutcome & { at: string },
  act: 'disable' | 'enable',
  actor: AuditActor,
  by: 'admin' | 'period',
): Promise<MemberOutcome> {
  const planned = stateWrite(organization, found, act, { at: found.at, fromSeconds: nextSecond(deps), by });
  if (planned === undefined) return found;
  const subject = found.member.externalId;
  await deps.members.commit(planned.write, { action: `member.${act}`, actor, subject, ...planned.change });
  return planned.outcome;
}

/** Who acts, as an audit entry tells it. */
export function actorOf({ account, login, origin }: Acting): AuditActor {
  return { account, login, ...origin };
}

/**
 * Takes a member off the roster with its membership and its logins here; the account stays (S3.24, S3.26). What it
 * is responsible for goes to another member in the same transaction (S3.25).
 * @param transferTo the id of who takes over; needed where there is something to
 * @throws MusterError `not_found`, `own_account`, `last_owner`, `forbidden`, `precondition_failed`,
 * `transfer_required`, `invalid_transfer`
 */
export async function removeMember(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  transferTo?: string,
): Promise<void> {
  const organization = await deps.organizations.get(ref.organization);
  const { member } = await onMember(deps, ref, acting, 'remove', async (found) => {
    const handover = await handoverOf(deps, found.membership, transferTo, found.at);
    const { write, change } = removalWrite(organization, found);
    const event = {
      action: 'member.remove' as const,
      actor: actorOf(acting),
      subject: found.member.externalId,
      ...change,
    };
    const whole = { ...write, ...(handover && { takeOver: handover.takeOver }) };
    await deps.members.commit(whole, removalEvents(event, handover));
    return { member: found.member };
  });
  await follow(deps, member);
}

/**
 * What removing a member would hand over, without doing it.
 * @throws MusterError what {@link removeMember} would, but for who takes over
 */
export async function previewRemoval(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
): Promise<MemberOutcome & { own: Responsibilities }> {
  let own: Responsibilities = { departments: [], imports: [] };
  const found = await onMember(deps, ref, acting, 'remove', async ({ member, membership }) => {
    own = await responsibilitiesOf(deps, membership);
    return { member, membership };
  });
  return { ...found, own };
}

/** The refusal of what only a member with an account can be given. */
export function noAccount(): MusterError {
  return new MusterError('no_account', 'This member has no account yet. Give it a username first.');
}

/**
 * Changes the username of a member, or gives one that has none an account with a one-time password. The email and
 * phone on the roster are signed in with too, where nobody else has them. A level is given with a new account only.
 * @throws MusterError `invalid_member`, `login_taken`, `unknown_department`, `not_found`, `forbidden`, `precondition_failed`
 */
export async function setUsername(
  deps: MemberDeps,
  ref: MemberRef,
  acting: Acting,
  input: AccountInput,
): Promise<MemberOutcome> {
  const organization = await deps.organizations.get(ref.organization);
  const wanted = await readAccess(deps, ref.organization, input, acting);
  const outcome = await onMember(deps, ref, acting, 'username', async ({ member, membership, at }) => {
    const email = wanted.email ?? member.email;
    if (membership === undefined) {
      return withNewAccount(deps, email, async (account) => {
        const after = withAccount(member, account, wanted.username, at);
        const made = newMembership(organization, after, account, wanted);
        const write = newAccountWrite(organization, { before: member, after }, made, email, at);
        const { before, after: changed } = differences(member, after);
        const event = { before, after: { ...changed, ...rankOf(made) } };
        return { member: after, membership: await commit(deps, acting, 'member.username', write, event) };
      });
    }
    if (input.level !== undefined) throw hasLevel();
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
 * The membership of a member whose credentials an admin may reset, which is none that other organizations share.
 * @throws MusterError `no_account`, `shared_account`
 */
export async function requireResettable(
  { accounts }: Pick<MemberDeps, 'accounts'>,
  { member: { account }, membership }: MemberOutcome,
): Promise<{ membership: Membership; hadSecondFactor: boolean }> {
  if (account === undefined || membership === undefined) {
    throw new MusterError('no_account', 'This member has no account yet. Give it a username first.');
  }
  if ((await accounts.memberships(account)).length > 1) {
    const why = 'The account belongs to other organizations too; only its owner can change the password.';
    throw new MusterError('shared_account', why);
  }
  const standing = await accounts.standing(account);
  return { membership, hadSecondFactor: standing.account?.secondFactor === true };
}

/**
 * Gives a member a new one-time password, which the next sign-in must change, and takes the second factor away, for
 * a telephone may be lost. First all tokens are refused from the next request on, then the old password goes: a
 * failure in between leaves nobody in, and is mended by a repeat.
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
    const { membership: before, hadSecondFactor } = await requireResettable(deps, found);
    const marked = { ...before, version: before.version + 1 };
    const write: MemberWrite = {
      organization,
      member: {},
      membership: { before, after: marked },
      refuseTokens: { account: before.account, beforeSeconds: nextSecond(deps) },
    };
    const event = {
      details: { username: before.login, ...(hadSecondFactor && { secondFactorRemoved: true }) },
    };
    await commit(deps, acting, 'member.resetCredentials', write, event, found.member.externalId);
    return { member: found.member, membership: marked };
  });
  const account = (membership as Membership).account;
  await deps.accountMaker.signOutEverywhere(account);
  // Always, for a sign-in asks for what the pool knows, whatever is stored here.
  await deps.accountMaker.dropSecondFactor(account);
  await deps.accountMaker.setOneTimePassword(account, password);
  return { member, membership, oneTimePassword: password };
}

/**
 * A member with its membership, for somebody to see or act on: everything about a single member begins here.
 * @param viewer who looks; a member outside of its bounds is answered as one that is not there
 * @throws MusterError `not_found`
 */
export async function findMember(
  deps: Pick<MemberDeps, 'roster' | 'accounts'>,
  ref: MemberRef,
  viewer: Pick<Acting, 'level' | 'within'>,
): Promise<MemberOutcome> {
  const within = boundsOf(viewer);
  const found = await readMember(deps, ref);
  if (!coversMember(within, found.member)) throw noSuchMember();
  return found;
}

/** A member with its membership, for what acts in nobody's name. @throws MusterError `not_found` */
export async function readMember(
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
): Promise<{ organization: Organization; editor: MemberEditor; columns: readonly Column[] }> {
  const organization = await deps.organizations.get(organizationId);
  const { columns } = await deps.organizations.schema(organizationId, organization.schemaVersion);
  const hasher = await loadHasher();
  const editor = compileMemberEditor(columns, (names) => compileValuesHash(names, hasher));
  return { organization, editor, columns };
}

/**
 * Makes or edits a member with the organization's departments and roles as they are now. A department that the
 * department column names and may create is made first, but only if nothing else is wrong, the member really comes
 * into it, and the caller may change departments. It stays if the member then is not written.
 */
async function placed(
  deps: MemberDeps,
  organization: string,
  acting: Acting,
  { columns, input, before }: { columns: readonly Column[]; input: MemberInput; before: readonly string[] },
  make: (groups: MemberGroups) => Member,
): Promise<Member> {
  const tree = await deps.departments.tree(organization);
  const standing = before.flatMap((id) => standingFor(tree, id) ?? []);
  const within = boundsOf(acting);
  const isGiven = input.roles !== undefined && input.roles.length > 0;
  const roles = new Set(isGiven ? (await deps.roles.read(organization)).roles.map(({ id }) => id) : []);
  const column = columnWithRole(columns, 'department');
  const text = cleanValue(input.values?.[column?.name ?? ''] ?? '');
  const mayCreate = column?.createDepartments === true && mayDo(acting.level, 'departments.write');
  if (!mayCreate || text === '' || !('missing' in departmentPlacer(tree, column)(text))) {
    const member = make({ tree, roles });
    mayPlace(within, standing, member.departments);
    return member;
  }
  const planned = planDepartments(tree, [text], deps.newId);
  const member = make({ tree: planned.tree, roles });
  mayPlace(within, standing, member.departments);
  const isIn = planned.added.some(({ id }) => member.departments.includes(id));
  if (!isIn) return member;
  const actor = actorOf(acting);
  return make({ tree: await deps.departments.addMany(organization, [text], { actor }), roles });
}

const attemptsMax = 8;

/**
 * Reads a member, checks whether the caller may, and acts. Where somebody else was quicker it is done again on what
 * is there then, unless the caller named the version that it saw: two who act at once come one after the other.
 */
export async function onMember(
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
    const { member, membership } = await findMember(deps, ref, acting);
    requireVersion(ref.ifMatch, member.version);
    if (decidesOnEntry.includes(act)) mayDecideOn(acting.within, member);
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

/** Does a write with its audit entry. @throws MusterError as `MemberRecords.commit` */
export function commit(
  deps: MemberDeps,
  acting: Acting,
  action: AuditAction,
  write: MemberWrite,
  change: {
    before?: Record<string, unknown>;
    after?: Record<string, unknown>;
    details?: Record<string, unknown>;
  },
  subject = (write.member.after ?? write.member.before)?.externalId ?? '',
): Promise<Membership | undefined> {
  return deps.members.commit(write, { action, actor: actorOf(acting), subject, ...change });
}

/** Lets the user pool follow what changed of a member's membership. */
export async function follow(deps: Pick<MemberDeps, 'accountQueue'>, { account }: Member): Promise<void> {
  if (account !== undefined) await deps.accountQueue.changed([account]);
}

/**
 * Makes an account in the user pool and stores what belongs to it. If that fails the account is deleted again; if
 * even that fails, or the process dies in between, an account without membership is left, which may do nothing.
 * @param chosen the password that the person chose; without it one is made that is good for one sign-in
 */
export async function withNewAccount(
  deps: Pick<MemberDeps, 'accountMaker' | 'newId'>,
  email: string | undefined,
  store: (account: string) => Promise<MemberOutcome>,
  chosen?: string,
): Promise<MemberOutcome> {
  const account = deps.newId();
  const password = chosen ?? oneTimePassword();
  const permanent = chosen !== undefined;
  try {
    await deps.accountMaker.createAccount(account, { email, password, permanent });
    return { ...(await store(account)), ...(!permanent && { oneTimePassword: password }) };
  } catch (error) {
    try {
      await deps.accountMaker.deleteAccount(account);
    } catch (undoing) {
      throw new AggregateError([error, undoing], 'The account was not made, and could not be deleted.');
    }
    throw error;
  }
}

/** What a membership is to be: `email` is signed in with beside the username. */
export interface WantedAccess {
  username: string;
  email: string | undefined;
  level: Level;
  scope: string[] | undefined;
}

const emailCheck = compileColumn({ name: 'email', type: 'email' });

async function readAccess(
  deps: MemberDeps,
  organization: string,
  { username, email, level = 'member', departments }: AccountInput,
  acting: Acting,
): Promise<WantedAccess> {
  mayGrant(acting, level);
  const address = email === undefined ? '' : emailCheck(cleanValue(email));
  if (typeof address === 'object') {
    const places = [{ path: 'email', message: address.message }];
    throw new MusterError('invalid_member', 'The account has faults.', { places });
  }
  const scope = await readScope(deps, organization, departments);
  return { username: readUsername(username), email: address === '' ? undefined : address, level, scope };
}

function loginsFor(email: string | undefined, phone: string | undefined): NonNullable<Membership['logins']> {
  return { ...(email && { email: normalizeLogin(email) }), ...(phone && { phone: normalizeLogin(phone) }) };
}

/** The first membership of a member, enabled unless the member is disabled. */
export function newMembership(
  { organization }: Organization,
  member: Member,
  account: string,
  { username, email, level, scope }: WantedAccess,
): Membership {
  return {
    account,
    organization,
    level,
    ...(scope && { scope }),
    login: normalizeLogin(username),
    logins: loginsFor(email ?? member.email, member.phone),
    state: member.state === 'disabled' ? 'disabled' : 'enabled',
    externalId: member.externalId,
    tokensValidFromSeconds: 0,
    version: 1,
  };
}

/** What making an account with its first membership writes. */
export function newAccountWrite(
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

function hasLevel(): MusterError {
  const places = [{ path: 'level', message: 'The account has a level already, which is changed by itself.' }];
  return new MusterError('invalid_member', 'The account has faults.', { places });
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
