/**
 * What functions read from their environment: one schema per need, so that a function is given, and checked for,
 * only what it uses. The infrastructure takes the names from here.
 */
import * as z from 'zod';
import { ImportLimits } from '../domain/import.ts';
import { SenderDomains } from '../domain/mail-sender.ts';

const text = z.string().min(1);

const json = text.transform((written, context) => {
  try {
    return JSON.parse(written) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});

export const env = {
  stage: z.object({ STAGE: text, AWS_REGION: text }),
  table: z.object({ TABLE_NAME: text }),
  userPool: z.object({ USER_POOL_ID: text }),
  userPoolClient: z.object({ USER_POOL_CLIENT_ID: text }),
  accountQueue: z.object({ ACCOUNT_QUEUE_URL: z.url() }),
  dropQueue: z.object({ DROP_QUEUE_URL: z.url() }),
  bulkQueue: z.object({ BULK_QUEUE_URL: z.url() }),
  exportQueue: z.object({ EXPORT_QUEUE_URL: z.url() }),
  exports: z.object({ EXPORTS_BUCKET: text }),
  mailQueue: z.object({ MAIL_QUEUE_URL: z.url() }),
  mailer: z.object({
    MAIL_FROM: z.email(),
    MAIL_FROM_DOMAINS: json.pipe(SenderDomains),
    MAIL_CONFIGURATION_SET: text,
    MAIL_PER_SECOND: z.coerce.number().int().min(1),
    SITE_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
  }),
  tokens: z.object({ TOKEN_ISSUER: z.url(), USER_POOL_CLIENT_ID: text }),
  uploads: z.object({ UPLOADS_BUCKET: text }),
  work: z.object({ WORK_BUCKET: text }),
  reports: z.object({ REPORTS_BUCKET: text }),
  directory: z.object({ DIRECTORY_BUCKET: text }),
  directoryQueue: z.object({ DIRECTORY_QUEUE_URL: z.url() }),
  stateMachine: z.object({ STATE_MACHINE_ARN: text }),
  importLimits: z.object({ IMPORT_LIMITS: json.pipe(ImportLimits) }),
} as const;

const parsed = new WeakMap<z.ZodType, unknown>();

/**
 * Reads the environment by one schema of {@link env}, once a process.
 * @throws Error that names every variable that is missing or malformed; never its value.
 */
export function readEnv<S extends z.ZodType>(
  schema: S,
  source: NodeJS.ProcessEnv = process.env,
): z.output<S> {
  if (source === process.env && parsed.has(schema)) return parsed.get(schema) as z.output<S>;
  const result = schema.safeParse(source);
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) => `${path.map(String).join('.')}: ${message}`,
    );
    throw new Error(`The function's environment has faults: ${faults.join('; ')}`);
  }
  if (source === process.env) parsed.set(schema, result.data);
  return result.data;
}
