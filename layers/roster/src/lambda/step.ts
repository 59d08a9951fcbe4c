import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { logger } from './observability.ts';

/** What the state machine hands to a step: the import's reference. */
export const ImportPayload = z.object({ organization: z.string().min(1), importId: z.string().min(1) });
/** What it hands to the step that reads the file: whether that came just now, or an admin said how to map it. */
export const UnzipPayload = ImportPayload.extend({ from: z.enum(['upload', 'mapping']).optional() });
/** What it hands to a step on one part. */
export const PartPayload = ImportPayload.extend({ part: z.int().min(0) });

/**
 * Makes a Lambda function of a step of the import pipeline. The payload is checked; the result is what the state
 * machine gets, and an error reaches it by its name. Logs name the import, never a person.
 */
export function step<P extends z.infer<typeof ImportPayload>, R>(
  payload: z.ZodType<P>,
  run: (payload: P) => Promise<R>,
): (event: unknown, context: Context) => Promise<R> {
  const handler = async (event: unknown): Promise<R> => {
    const input = payload.parse(event);
    logger.appendKeys({ organization: input.organization, importId: input.importId });
    try {
      return await run(input);
    } catch (error) {
      // Only the name: a message may quote a value of the file.
      logger.warn('The step ended with an error', {
        errorName: error instanceof Error ? error.name : 'unknown',
      });
      throw error;
    } finally {
      logger.resetKeys();
    }
  };
  return middy(handler).use(injectLambdaContext(logger)) as unknown as (
    event: unknown,
    context: Context,
  ) => Promise<R>;
}
