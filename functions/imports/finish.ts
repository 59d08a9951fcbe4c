import { importDeps } from 'roster/lambda/import-deps';
import { ImportPayload, step } from 'roster/lambda/step';
import { finish } from 'roster/pipeline/finish';

export const handler = step(ImportPayload, (ref) => finish(importDeps, ref));
