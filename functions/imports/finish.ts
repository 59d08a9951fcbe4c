import { importDeps } from 'roster/lambda/import-deps';
import { inviting } from 'roster/lambda/import-invitations';
import { telling } from 'roster/lambda/import-notices';
import { ImportPayload, step } from 'roster/lambda/step';
import { finish } from 'roster/pipeline/finish';

export const handler = step(ImportPayload, (ref) =>
  telling(importDeps, ref, () => inviting(importDeps, ref, () => finish(importDeps, ref))),
);
