import { importDeps } from 'roster/lambda/import-deps';
import { PartPayload, step } from 'roster/lambda/step';
import { applyPart } from 'roster/pipeline/apply';

export const handler = step(PartPayload, (ref) => applyPart(importDeps, ref));
