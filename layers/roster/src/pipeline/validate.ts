import type { ImportRef, Imports, Objects } from '../domain/ports.ts';
import { ensureOpen } from './ensure-open.ts';
import { PartChecker } from './part-checker.ts';
import { segmentBytes } from './segment-writer.ts';
import { loadHasher } from './values-hash.ts';
import { type Manifest, readJson, workFiles } from './work-files.ts';

export interface ValidateDeps {
  imports: Imports;
  work: Objects;
}

/**
 * Checks the rows of one part against the roster schema: types, required, pattern, length, lists, and the same
 * identifier twice. Good rows go to the checked file, bad ones to the rejects, each with line, column and cure.
 * Memory holds one segment and the part's results; doing it again gives the same files.
 * @throws MusterError `import_superseded` if the import ended meanwhile.
 */
export async function validatePart(deps: ValidateDeps, ref: ImportRef & { part: number }): Promise<void> {
  await ensureOpen(deps.imports, ref);
  const manifest = await readJson<Manifest>(deps.work, workFiles.manifest(ref));
  const segments = manifest.parts.find(({ part }) => part === ref.part)?.segments ?? 0;
  const checker = new PartChecker(manifest, await loadHasher(), segments * segmentBytes);
  for (let segment = 0; segment < segments; segment++) {
    checker.check(await deps.work.read(workFiles.segment(ref, ref.part, segment)));
  }
  await deps.work.write(workFiles.checked(ref, ref.part), checker.takeChecked());
  await deps.work.write(workFiles.rejects(ref, ref.part), checker.takeRejects());
  await deps.work.write(workFiles.validated(ref, ref.part), JSON.stringify(checker.totals));
  await deps.imports.addProgress(ref, 'validating', checker.totals.rows);
}
