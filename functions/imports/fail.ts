import { importDeps } from 'roster/lambda/import-deps';
import { telling } from 'roster/lambda/import-notices';
import { ImportPayload, step } from 'roster/lambda/step';
import { fail } from 'roster/pipeline/fail';

export const handler = step(ImportPayload, (ref) => telling(importDeps, ref, () => fail(importDeps, ref)));
