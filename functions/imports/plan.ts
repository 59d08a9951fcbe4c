import { importDeps } from 'roster/lambda/import-deps';
import { ImportPayload, step } from 'roster/lambda/step';
import { plan } from 'roster/pipeline/plan';

export const handler = step(ImportPayload, (ref) => plan(importDeps, ref));
