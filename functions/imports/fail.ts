import { importDeps } from 'roster/lambda/import-deps';
import { ImportPayload, step } from 'roster/lambda/step';
import { fail } from 'roster/pipeline/fail';

export const handler = step(ImportPayload, (ref) => fail(importDeps, ref));
