import { existsSync, mkdtempSync } from 'node:fs';
import { ImportLimits } from 'roster/domain/import';
import { fileSource } from 'roster/files/source';
import { diffPart } from 'roster/pipeline/diff';
import { unzip } from 'roster/pipeline/unzip';
import { validatePart } from 'roster/pipeline/validate';
import { generatorColumns } from '../../commands/sample/columns.ts';
import { writeRosterZip } from '../../commands/sample/files.ts';
import { rosterRows } from '../../commands/sample/rows.ts';
import { memoryImports, memoryMembers, memoryOrganizations } from '../support/memory.ts';
import { diskObjects } from './disk-objects.ts';

const f = '/tmp/prof/first.zip';
if (!existsSync(f)) await writeRosterZip(f, rosterRows({ seed: 1, rows: 200000 }));
const imports = memoryImports();
const deps = {
  imports,
  members: memoryMembers(imports),
  work: diskObjects('/tmp/prof/work'),
  organizations: memoryOrganizations(generatorColumns),
  limits: ImportLimits.parse({}),
  clock: () => new Date(),
  upload: async () => ({ source: await fileSource(f), uploadedAt: new Date() }),
};
const ref = { organization: 'b', importId: '01JBENCH000000000000000000' };
const { parts } = await unzip(deps, ref);
const t0 = process.cpuUsage();
for (let i = 0; i < 3; i++) for (const part of parts) await validatePart(deps, { ...ref, part });
const t1 = process.cpuUsage(t0);
for (let i = 0; i < 3; i++) for (const part of parts) await diffPart(deps, { ...ref, part });
const t2 = process.cpuUsage(t0);
console.log(
  'validate us/row',
  (t1.user + t1.system) / 600000,
  'diff',
  (t2.user + t2.system - t1.user - t1.system) / 600000,
);
