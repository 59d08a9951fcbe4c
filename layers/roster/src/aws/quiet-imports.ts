import * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import { ImportStatus, ImportStep } from '../domain/import.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { type Action, attributeIs, isAbsent, type Table, versionIs } from './table.ts';

const FloorItem = z.object({ importId: z.string() });
const ImportItem = z.object({ status: ImportStatus, step: ImportStep, version: z.int() });

/**
 * The checks that no import is being applied, nor begins to be before the transaction: one writes members in many
 * transactions by departments that it looked up before.
 * @throws MusterError `import_applying`
 */
export async function noImportApplying(table: Table, organization: string): Promise<Action[]> {
  const floor = keys.currentImport(organization);
  const item = await table.get(floor, { consistent: true });
  if (item === undefined) return [{ check: floor, condition: isAbsent }];
  const { importId } = parseItem(FloorItem, item, 'current import');
  const key = keys.import(organization, importId);
  const stored = await table.get(key, { consistent: true });
  const same: Action = { check: floor, condition: attributeIs('importId', importId) };
  if (stored === undefined) return [same, { check: key, condition: isAbsent }];
  const { status, step, version } = parseItem(ImportItem, stored, 'import');
  if (status === 'in_progress' && step === 'applying') {
    throw new MusterError('import_applying', 'An import is being applied. Try again when it has ended.');
  }
  return [same, { check: key, condition: versionIs(version) }];
}
