import { importDeps } from 'roster/lambda/import-deps';
import { PartPayload, step } from 'roster/lambda/step';
import { diffPart } from 'roster/pipeline/diff';

export const handler = step(PartPayload, (ref) => diffPart(importDeps, ref));
