import { OrganizationSettings } from 'roster/domain/api';
import { changedFields } from 'roster/domain/audit';
import {
  type Department,
  type DepartmentTree,
  departmentOf,
  pathOf,
  rootDepartment,
  subtreeOf,
} from 'roster/domain/departments';
import { MusterError } from 'roster/domain/errors';
import { isBounded, mayDo } from 'roster/domain/permissions';
import { type Deps, deps } from 'roster/lambda/deps';
import { actorOf, type Call, type HttpHandlers, httpFunction, requireVersion } from 'roster/lambda/http';
import { withinTree } from 'roster/lambda/scope';

const handlers: HttpHandlers<'departments', Deps> = {
  async listDepartments({ params, caller }, { departments }) {
    const { tree, version, members } = await departments.read(params.org);
    const within = withinTree(tree, caller);
    const items = subtreeOf(tree, rootDepartment).map((one) => {
      const body = departmentBody(tree, one, members);
      // The tree is for all to choose from, but not how many members a coordinator does not see.
      return within === undefined || within.has(one.id) ? body : { ...body, members: undefined };
    });
    return { status: 200, body: { items, version } };
  },

  async addDepartment({ params, body, ...call }, { departments }) {
    const { tree, department } = await departments.add(params.org, body, actorOf(call));
    return { status: 201, version: department.version, body: departmentBody(tree, department) };
  },

  async changeDepartment(call, all) {
    const { params, body, ifMatch } = call;
    if (params.departmentId === rootDepartment) await renameRoot(call, all);
    else {
      const edit = { actor: actorOf(call), seenVersion: ifMatch };
      await all.departments.change(params.org, params.departmentId, body, edit);
    }
    const { tree, members } = await all.departments.read(params.org);
    const department = departmentOf(tree, params.departmentId);
    return { status: 200, version: department.version, body: departmentBody(tree, department, members) };
  },

  async deleteDepartment({ params, query, ifMatch, ...call }, { departments }) {
    const edit = { actor: actorOf(call), seenVersion: ifMatch };
    await departments.delete(params.org, params.departmentId, query.transferTo, edit);
    return { status: 204 };
  },

  async listRoles({ params, caller }, { roles }) {
    const { roles: all, members } = await roles.read(params.org);
    return {
      status: 200,
      body: {
        items: all.map((role) => ({
          ...role,
          ...(!isBounded(caller.level) && { members: members.get(role.id) ?? 0 }),
        })),
      },
    };
  },

  async addRole({ params, body, ...call }, { roles }) {
    const role = await roles.add(params.org, body.name, actorOf(call));
    return { status: 201, version: role.version, body: { ...role, members: 0 } };
  },

  async renameRole({ params, body, ifMatch, ...call }, { roles }) {
    const edit = { actor: actorOf(call), seenVersion: ifMatch };
    const { role, members } = await roles.rename(params.org, params.roleId, body.name, edit);
    return { status: 200, version: role.version, body: { ...role, members } };
  },

  async deleteRole({ params, ifMatch, ...call }, { roles }) {
    await roles.delete(params.org, params.roleId, { actor: actorOf(call), seenVersion: ifMatch });
    return { status: 204 };
  },
};

/** The root's name is the organization's, which is the owner's to change (S3.2). */
async function renameRoot(call: Call<'changeDepartment'>, { organizations, clock }: Deps): Promise<void> {
  const { params, body, caller, ifMatch } = call;
  if (!mayDo(caller.level, 'organization.rename')) {
    throw new MusterError('forbidden', 'Only the owner renames the root, which is the organization.');
  }
  if (body.parent !== undefined) throw new MusterError('root_department_fixed', 'The root cannot be moved.');
  const current = await organizations.get(params.org);
  requireVersion(ifMatch, current.version);
  const name = OrganizationSettings.shape.name.parse(body.name ?? current.name);
  if (name === current.name) return;
  await organizations.update(
    current,
    { name, updatedAt: clock().toISOString() },
    {
      action: 'organization.update',
      actor: actorOf(call),
      subject: params.org,
      ...changedFields(current, { name }),
    },
  );
}

function departmentBody(tree: DepartmentTree, department: Department, members?: ReadonlyMap<string, number>) {
  return { ...department, path: pathOf(tree, department.id), members: members?.get(department.id) ?? 0 };
}

/** An organization's departments and roles. */
export const handler = httpFunction('departments', handlers, deps);
