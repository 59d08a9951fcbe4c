import { importDeps } from 'roster/lambda/import-deps';
import { ImportPayload, step } from 'roster/lambda/step';
import { unzip } from 'roster/pipeline/unzip';

export const handler = step(ImportPayload, (ref) => unzip(importDeps, ref));
