import { importDeps } from 'roster/lambda/import-deps';
import { telling } from 'roster/lambda/import-notices';
import { ImportPayload, step } from 'roster/lambda/step';
import { beginUndo } from 'roster/pipeline/undo';

export const handler = step(ImportPayload, (ref) =>
  telling(importDeps, ref, () => beginUndo(importDeps, ref)),
);
