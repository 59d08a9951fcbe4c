import * as z from 'zod';

/**
 * What S3 says through EventBridge when a file has arrived; the key is as it is, not URL-encoded (Amazon S3 User
 * Guide, "EventBridge event message structure").
 */
export const ObjectCreated = z.object({
  detail: z.object({
    object: z.object({ key: z.string(), etag: z.string(), sequencer: z.string() }),
  }),
});
