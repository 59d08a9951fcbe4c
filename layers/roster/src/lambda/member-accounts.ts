/** How members come to an account, and what admins do with how they sign in. */
import type { MemberWrite } from '../aws/members.ts';
import { MusterError } from '../domain/errors.ts';
import type { Member } from '../domain/member.ts';
import { mayGrant } from '../domain/member-authority.ts';
import { withAccount } from '../domain/member-edit.ts';
import type { Membership, Organization } from '../domain/organization.ts';
import type { Level } from '../domain/permissions.ts';
import { rankOf } from '../domain/scope.ts';
import { normalizeLogin, readUsername } from '../domain/username.ts';
import { cleanValue, compileColumn } from '../domain/validate.ts';
import {
  type Acting,
  commit,
  follow,
  type MemberDeps,
  type MemberOutcome,
  type MemberRef,
  nextSecond,
  onMember,
} from './member-call.ts';
import { differences } from './member-writes.ts';
import { logger } from './observability.ts';
import { oneTimePassword } from './one-time-password.ts';
import { readScope } from './scope.ts';

/** How a member is to sign in. `email` is what it signs in with, if not the email on the roster. */
export interface AccountInput {
  username: string;
  email?: string | undefined;
  level?: Level | undefined;
  /** What a coordinator answers for: ids of departments. */
  departments?: readonly string[] | undefined;
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
 * Makes an account in the user pool and stores what belongs to it. If that fails the account is deleted again; if
 * even that fails, or the process dies in between, an account without membership is left, which may do nothing and is
 * disabled by the next comparison (`reconcile-accounts.ts`).
 * @param chosen the password that the person chose; without it one is made that is good for one sign-in
 */
export async function withNewAccount<T extends MemberOutcome>(
  deps: Pick<MemberDeps, 'accountMaker' | 'newId'>,
  email: string | undefined,
  store: (account: string) => Promise<T>,
  chosen?: string,
): Promise<T> {
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
      // What the caller can do something about is the first error.
      const errorName = undoing instanceof Error ? undoing.name : 'unknown';
      logger.warn('An account without membership is left in the user pool', { account, errorName });
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

export async function readAccess(
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
