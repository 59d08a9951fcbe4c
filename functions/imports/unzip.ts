import { importDeps } from 'roster/lambda/import-deps';
import { telling } from 'roster/lambda/import-notices';
import { step, UnzipPayload } from 'roster/lambda/step';
import { unzip } from 'roster/pipeline/unzip';

export const handler = step(UnzipPayload, (ref) => telling(importDeps, ref, () => unzip(importDeps, ref)));
