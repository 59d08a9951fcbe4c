import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { type LocalS3, type S3Options, startS3 } from '../../../infra/local/s3/server.ts';
import { BUCKET, CREDENTIALS, REGION } from './settings.ts';

export { BUCKET, CREDENTIALS, REGION };

/** A new empty directory that goes away after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'local-s3-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A server on a free port with one bucket, closed after the test. */
export async function startServer(options: Partial<S3Options> = {}): Promise<LocalS3> {
  const directory = options.directory ?? temporaryDirectory();
  const s3 = await startS3({
    credentials: CREDENTIALS,
    region: REGION,
    accountId: '111122223333',
    ...options,
    directory,
  });
  onTestFinished(() => s3.close());
  s3.createBucket({ name: BUCKET, eventBridge: options.onEvent !== undefined });
  return s3;
}

/** The real SDK client on a server. */
export function clientOf(s3: LocalS3, config: S3ClientConfig = {}): S3Client {
  const client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    ...config,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** Looks again and again until `probe` answers something, for at most ten seconds. */
export async function eventually<T>(probe: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('It did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
