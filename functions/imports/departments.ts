import { importDeps } from 'roster/lambda/import-deps';
import { ImportPayload, step } from 'roster/lambda/step';
import { createDepartments } from 'roster/pipeline/create-departments';

export const handler = step(ImportPayload, (ref) => createDepartments(importDeps, ref));
