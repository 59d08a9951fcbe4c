import { importDeps } from 'roster/lambda/import-deps';
import { PartPayload, step } from 'roster/lambda/step';
import { validatePart } from 'roster/pipeline/validate';

export const handler = step(PartPayload, (ref) => validatePart(importDeps, ref));
