/** What admins do to single members: checked by the domain, written with its audit entry, then told to Cognito. */
import { requireWithin } from '../domain/active-period.ts';
import { type AuditActor, periodActor } from '../domain/audit.ts';
import { departmentPlacer, planDepartments } from '../domain/department-resolver.ts';
import { standingFor } from '../domain/departments.ts';
import { dayIn } from '../domain/local-time.ts';
import type { Member } from '../domain/member.ts';
import {
  compileMemberEditor,
  type MemberEditor,
  type MemberGroups,
  type MemberInput,
  withAccount,
} from '../domain/member-edit.ts';
import type { Organization } from '../domain/organization.ts';
import { mayDo } from '../domain/permissions.ts';
import type { Responsibilities } from '../domain/responsibilities.ts';
import { type Column, columnWithRole } from '../domain/schema.ts';
import { mayPlace, rankOf } from '../domain/scope.ts';
import { cleanValue } from '../domain/validate.ts';
import { compileValuesHash, loadHasher } from '../pipeline/values-hash.ts';
import {
  type AccountInput,
  newAccountWrite,
  newMembership,
  readAccess,
  withNewAccount,
} from './member-accounts.ts';
import {
  type Acting,
  actorOf,
  commit,
  follow,
  type MemberDeps,
  type MemberOutcome,
  type MemberRef,
  nextSecond,
  onMember,
} from './member-call.ts';
import { differences, pictureOf, removalWrite, stateWrite } from './member-writes.ts';
import { handoverOf, removalEvents, responsibilitiesOf } from './responsibilities.ts';
import { boundsOf } from './scope.ts';

type StateDeps = Pick<MemberDeps, 'members' | 'accountQueue' | 'clock'>;

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
