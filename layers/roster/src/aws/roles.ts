/**
 * The roles of an organization: one item, which is read at once and written on condition of its version, so that
 * names stay unique. Roles are its map by id, so that a write of members can require one to be there.
 */
import * as z from 'zod';
import type { AuditActor, AuditEvent } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import type { NewId } from '../domain/ports.ts';
import { addRole, deleteRole, type Role, renameRole, roleOf } from '../domain/roles.ts';
import type { AuditTrail } from './audit.ts';
import { nobodyInActions, readGroupCounts } from './group-counts.ts';
import { inTurn } from './in-turn.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { noImportApplying } from './quiet-imports.ts';
import { type Action, isAbsent, type Table, versionIs } from './table.ts';

/** Who changes a role, and the version of it that was seen, if that matters. */
export interface RoleEdit {
  actor: AuditActor;
  seenVersion?: number | undefined;
}

export interface RoleRecords {
  /** The roles in the order they were made, and how many members have each. */
  read(organization: string): Promise<{ roles: Role[]; members: ReadonlyMap<string, number> }>;
  /** @throws MusterError as `addRole` */
  add(organization: string, name: string, actor: AuditActor): Promise<Role>;
  /** @throws MusterError `precondition_failed`, and as `renameRole` */
  rename(
    organization: string,
    id: string,
    name: string,
    edit: RoleEdit,
  ): Promise<{ role: Role; members: number }>;
  /** Deletes a role that nobody has. @throws MusterError `precondition_failed`, `import_applying`, and as `deleteRole` */
  delete(organization: string, id: string, edit: RoleEdit): Promise<void>;
}

const RolesItem = z.object({
  version: z.int().min(1),
  roles: z.record(z.string(), z.object({ name: z.string(), version: z.int().min(1) })),
});

/** Opens the roles in the table. */
export function roleRecords(deps: {
  table: Table;
  audit: Pick<AuditTrail, 'commit'>;
  newId: NewId;
}): RoleRecords {
  const { table, audit, newId } = deps;

  const readRoles = async (organization: string): Promise<{ version: number; roles: Role[] }> => {
    const item = await table.get(keys.roles(organization), { consistent: true });
    if (item === undefined) return { version: 0, roles: [] };
    const { version, roles } = parseItem(RolesItem, item, 'list of roles');
    // Ids sort by time.
    const ids = Object.keys(roles).sort();
    return { version, roles: ids.map((id) => ({ id, ...(roles[id] as Omit<Role, 'id'>) })) };
  };

  const write = (
    organization: string,
    seenVersion: number,
    roles: readonly Role[],
    event: AuditEvent,
    actions: Action[] = [],
  ) => {
    const map = Object.fromEntries(roles.map(({ id, name, version }) => [id, { name, version }]));
    const put = { ...keys.roles(organization), version: seenVersion + 1, roles: map };
    const condition = seenVersion === 0 ? isAbsent : versionIs(seenVersion);
    return audit.commit(organization, event, [{ put, condition }, ...actions]);
  };

  return {
    async read(organization) {
      const [{ roles }, members] = await Promise.all([
        readRoles(organization),
        readGroupCounts(table, organization),
      ]);
      return { roles, members };
    },

    add: (organization, name, actor) =>
      inTurn(async () => {
        const seen = await readRoles(organization);
        const id = newId();
        const roles = addRole(seen.roles, { id, name });
        const event = { action: 'role.add' as const, actor, subject: id, after: { name } };
        await write(organization, seen.version, roles, event);
        return roleOf(roles, id);
      }),

    rename: (organization, id, name, { actor, seenVersion }) =>
      inTurn(async () => {
        const seen = await readRoles(organization);
        const before = roleOf(seen.roles, id);
        requireSeen(before, seenVersion);
        const members = (await readGroupCounts(table, organization)).get(id) ?? 0;
        if (before.name === name) return { role: before, members };
        const roles = renameRole(seen.roles, id, name);
        const event = {
          action: 'role.rename' as const,
          actor,
          subject: id,
          before: { name: before.name },
          after: { name },
        };
        await write(organization, seen.version, roles, event);
        return { role: roleOf(roles, id), members };
      }),

    delete: (organization, id, { actor, seenVersion }) =>
      inTurn(async () => {
        const seen = await readRoles(organization);
        const before = roleOf(seen.roles, id);
        requireSeen(before, seenVersion);
        const members = (await readGroupCounts(table, organization)).get(id) ?? 0;
        const roles = deleteRole(seen.roles, id, members);
        const event = { action: 'role.delete' as const, actor, subject: id, before: { name: before.name } };
        await write(organization, seen.version, roles, event, [
          ...(await noImportApplying(table, organization)),
          ...nobodyInActions(organization, id),
        ]);
      }),
  };
}

function requireSeen({ version }: Role, seenVersion: number | undefined): void {
  if (seenVersion !== undefined && seenVersion !== version) {
    throw new MusterError('precondition_failed', 'It was changed meanwhile. Read it again and repeat.');
  }
}
