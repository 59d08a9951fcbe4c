import { importDeps } from 'roster/lambda/import-deps';
import { telling } from 'roster/lambda/import-notices';
import { ImportPayload, step } from 'roster/lambda/step';
import { finish } from 'roster/pipeline/finish';

export const handler = step(ImportPayload, (ref) => telling(importDeps, ref, () => finish(importDeps, ref)));
