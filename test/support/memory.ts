/** The pipeline's ports in memory, for laws that need thousands of runs. Storage itself is tested on the emulators. */
import { planDepartments } from 'roster/domain/department-resolver';
import { type DepartmentTree, departmentTree } from 'roster/domain/departments';
import { MusterError } from 'roster/domain/errors';
import { type Import, importSteps, noCounts } from 'roster/domain/import';
import { type Member, shardOf, summarize } from 'roster/domain/member';
import type { Organization } from 'roster/domain/organization';
import type {
  AppliedChunk,
  Approval,
  Departments,
  ImportPatch,
  ImportRef,
  Imports,
  Objects,
  Organizations,
  PlannedChange,
  RosterChanges,
  RosterMembers,
  Selection,
} from 'roster/domain/ports';
import { compileDerivedFields, compilePlacing } from 'roster/domain/roster-row';
import type { Column, RosterSchema } from 'roster/domain/schema';
import { storedOrganization } from './organization.ts';

export function memoryObjects(): Objects & { files: Map<string, Buffer> } {
  const files = new Map<string, Buffer>();
  const read = async (key: string) => {
    const file = files.get(key);
    if (file === undefined) throw new MusterError('not_found', `There is no object ${key}.`);
    return file;
  };
  return {
    files,
    read,
    readRange: async (key, start, end) => (await read(key)).subarray(start, end),
    async *stream(key) {
      yield await read(key);
    },
    async write(key, body) {
      files.set(key, Buffer.from(body as string));
    },
    async writeStream(key, body) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk as string));
      files.set(key, Buffer.concat(chunks));
    },
  };
}

export function memoryImports(first: Partial<Import> = {}): Imports & {
  job: Import;
  applied: AppliedChunk[];
  approved: Approval | undefined;
  selected: Selection | undefined;
} {
  const at = '2026-01-01T00:00:00.000Z';
  const memory = {
    job: {
      importId: '01JZZZZZZZZZZZZZZZZZZZZZZZ',
      fileName: 'roster.csv',
      mode: 'full',
      onRowErrors: 'accept_valid',
      approve: 'auto',
      status: 'in_progress',
      step: 'awaiting_upload',
      uploadedBy: 'owner',
      createdAt: at,
      updatedAt: at,
      counts: noCounts,
      version: 1,
      ...first,
    } as Import,
    applied: [] as AppliedChunk[],
    approved: undefined as Approval | undefined,
    selected: undefined as Selection | undefined,
  };
  return Object.assign(memory, {
    async create() {},
    get: async () => memory.job,
    list: async () => [memory.job],
    async update(_org: string, job: Import, patch: ImportPatch) {
      if (job.version !== memory.job.version) throw new MusterError('conflict', 'changed meanwhile');
      const step = patch.step ?? job.step;
      const goesBack = importSteps.indexOf(step) < importSteps.indexOf(job.step);
      const isReplanned = job.step === 'review' && step === 'comparing';
      if (goesBack && !isReplanned) throw new Error('A step went back.');
      const next = Object.entries({ ...memory.job, ...patch, version: job.version + 1 });
      memory.job = Object.fromEntries(next.filter(([, value]) => value !== null)) as unknown as Import;
      return memory.job;
    },
    takeFloor: async () => {
      memory.job = { ...memory.job, step: 'unzipping' };
      return memory.job;
    },
    async leaveFloor() {},
    async addProgress() {},
    progress: async () => 0,
    async reopen({ organization }: ImportRef, job: Import, patch: ImportPatch) {
      return this.update(organization, job, patch);
    },
    async select(org: string, job: Import, selection: Selection, patch: ImportPatch) {
      const next = await this.update(org, job, patch);
      memory.selected = selection;
      return next;
    },
    async selection() {
      if (memory.selected === undefined) throw new MusterError('not_found', 'nothing selected');
      return memory.selected;
    },
    async approve(org: string, job: Import, approval: Approval, patch: ImportPatch) {
      const next = await this.update(org, job, patch);
      memory.approved = approval;
      return next;
    },
    async approval() {
      if (memory.approved === undefined) throw new MusterError('not_found', 'not approved');
      return memory.approved;
    },
    async *chunks(_ref: ImportRef, part?: number) {
      yield* memory.applied.filter((chunk) => part === undefined || chunk.part === part);
    },
  });
}

/** A roster that nobody changes beside the import. */
export const noRosterChanges: RosterChanges = {
  position: async () => '',
  since: async () => ({ members: 0, isMore: false }),
};

/** @param members those of a roster that several imports share */
export function memoryMembers(
  imports: { applied: AppliedChunk[] },
  members = new Map<string, Member>(),
): RosterMembers & { members: Map<string, Member> } {
  return {
    members,
    async *shard(_org, shard) {
      yield [...members.values()].filter((member) => shardOf(member.externalId) === shard);
    },
    async values(_org, ids) {
      return new Map(ids.flatMap((id) => (members.has(id) ? [[id, members.get(id)?.values ?? {}]] : [])));
    },
    async digests(_org, ids) {
      return new Map(ids.flatMap((id) => (members.has(id) ? [[id, members.get(id) as Member]] : [])));
    },
    async summary() {
      const of = (state: Member['state']) =>
        [...members.values()].filter((member) => member.state === state).length;
      return summarize({ enabled: of('enabled'), disabled: of('disabled'), notJoined: of('not_joined') });
    },
    async applyChunk({ importId }, { part, chunk, changes }, context) {
      if (imports.applied.some((done) => done.part === part && done.chunk === chunk)) return;
      const counts = { add: 0, update: 0, reactivate: 0, disable: 0, remove: 0 };
      const departmentsBefore: Record<string, string[]> = {};
      const conflicts: string[] = [];
      let disabledByFile = 0;
      const derive = compileDerivedFields(context.schema.columns);
      const placing = compilePlacing(context.schema.columns);
      for (const change of changes) {
        const stored = members.get(change.externalId);
        if ((stored?.version ?? 0) !== change.version) {
          conflicts.push(change.externalId);
          continue;
        }
        const text = placing(change);
        const department = context.departments.get(text ?? '');
        if (text && department === undefined) {
          conflicts.push(change.externalId);
          continue;
        }
        counts[change.kind] += 1;
        if (change.kind === 'disable' && change.line !== undefined) disabledByFile += 1;
        if (change.kind === 'remove') {
          members.delete(change.externalId);
          continue;
        }
        const { restore } = change;
        const restored = restore?.departments?.flatMap((id) => context.departments.get(id) ?? []);
        const placed = text === undefined ? restored : department === undefined ? [] : [department];
        if (stored !== undefined && placed !== undefined) {
          departmentsBefore[change.externalId] = stored.departments;
        }
        const values = change.values ?? stored?.values ?? {};
        const now = context.now.toISOString();
        members.set(change.externalId, {
          ...(stored === undefined ? { roles: [], createdAt: now } : withoutDerived(stored)),
          externalId: change.externalId,
          state: change.state,
          disabledBy: disabledByOf(change, stored),
          values,
          valuesHash: change.valuesHash ?? stored?.valuesHash ?? '',
          ...derive(change.externalId, values),
          departments: placed ?? stored?.departments,
          version: change.version + 1,
          updatedAt: now,
          importId: restore === undefined ? importId : restore.importId,
        } as Member);
      }
      imports.applied.push({ part, chunk, counts, disabledByFile, conflicts, departmentsBefore });
    },
  };
}

/** What follows from the values is made anew with them; the adapter drops what is blank by then. */
function withoutDerived({ username: _, email: __, phone: ___, ...member }: Member) {
  return member;
}

function disabledByOf(
  { kind, state, line, restore }: PlannedChange,
  stored: Member | undefined,
): Member['disabledBy'] {
  if (kind === 'update') return stored?.disabledBy;
  if (state !== 'disabled') return undefined;
  return restore === undefined ? (line === undefined ? 'absence' : 'file') : restore.disabledBy;
}

export function memoryDepartments(tree: DepartmentTree = bareTree()): Departments & { all: DepartmentTree } {
  let count = tree.departments.size;
  const memory = {
    all: tree,
    tree: async () => memory.all,
    async addMany(_org: string, texts: readonly string[]) {
      memory.all = planDepartments(memory.all, texts, () => `made ${count++}`).tree;
      return memory.all;
    },
  };
  return memory;
}

function bareTree(): DepartmentTree {
  return departmentTree({ root: { name: 'Club', version: 1 }, departments: [] });
}

export function memoryOrganizations(
  columns: readonly Column[],
  settings: Partial<Organization> = {},
): Organizations {
  const schema: RosterSchema = { version: 1, columns: [...columns] };
  const organization = storedOrganization('club', {
    name: 'Club',
    hold: { disabledShareMax: 1, disabledMembersMax: 1_000_000 },
    importDefaults: { mode: 'full', onRowErrors: 'reject_file', approve: 'auto' },
    ...settings,
  });
  return { get: async () => organization, schema: async () => schema, update: async () => organization };
}
