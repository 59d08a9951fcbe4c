import { importDeps } from 'roster/lambda/import-deps';
import { ImportPayload, step } from 'roster/lambda/step';

/** Makes searchable what an import applied. */
export const handler = step(ImportPayload, ({ organization }) => importDeps.refreshDirectory(organization));
