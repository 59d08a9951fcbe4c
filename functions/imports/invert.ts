import { importDeps } from 'roster/lambda/import-deps';
import { PartPayload, step } from 'roster/lambda/step';
import { planUndoOfPart } from 'roster/pipeline/undo-part';

export const handler = step(PartPayload, (ref) => planUndoOfPart(importDeps, ref));
