import { importDeps } from 'roster/lambda/import-deps';
import { telling } from 'roster/lambda/import-notices';
import { ImportPayload, step } from 'roster/lambda/step';
import { plan } from 'roster/pipeline/plan';

export const handler = step(ImportPayload, (ref) => telling(importDeps, ref, () => plan(importDeps, ref)));
