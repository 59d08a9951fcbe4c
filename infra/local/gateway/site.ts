import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import type { Origin, Reply, ViewerRequest } from './http.ts';

/** A `Custom::CDKBucketDeployment`: a folder that AWS would copy into the bucket. */
export interface SiteSource {
  /** Absolute path. */
  folder: string;
  /** Put before every key; `''` or such as `docs/`. */
  keyPrefix: string;
  cacheControl?: string;
  /** Text -> what stands for it in the deployed files (CDK's `Source.data` with tokens). */
  markers: Readonly<Record<string, string>>;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.ico': 'image/vnd.microsoft.icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'text/xml',
};

/**
 * The objects of a site's bucket, read from the folders they are deployed from: a page that is edited shows on the next
 * reload. A missing key is a 403, as S3 answers to a distribution that may not list.
 */
export function createSite(sources: SiteSource[]): Origin {
  // The last deployment wins, as it does in a bucket.
  const latestFirst = [...sources].reverse();
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return s3Error(405, 'MethodNotAllowed');
    const key = keyOf(request.path);
    if (key !== undefined) {
      for (const source of latestFirst) {
        const reply = await objectReply(source, key, request);
        if (reply) return reply;
      }
    }
    return s3Error(403, 'AccessDenied');
  };
}

function keyOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    return undefined;
  }
}

async function objectReply(
  source: SiteSource,
  key: string,
  request: ViewerRequest,
): Promise<Reply | undefined> {
  if (!key.startsWith(source.keyPrefix) || key.includes('\0')) return undefined;
  const file = resolve(source.folder, join('.', sep, key.slice(source.keyPrefix.length)));
  if (!file.startsWith(source.folder + sep)) return undefined;
  const stats = await stat(file).catch(absent);
  if (!stats?.isFile()) return undefined;
  let body: Buffer = await readFile(file);
  for (const [marker, value] of Object.entries(source.markers)) {
    if (body.includes(marker)) body = Buffer.from(body.toString().replaceAll(marker, value));
  }
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  const headers: Record<string, string> = {
    'content-type': contentTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
    etag,
    'last-modified': stats.mtime.toUTCString(),
    ...(source.cacheControl && { 'cache-control': source.cacheControl }),
  };
  return unchanged(request, etag, stats.mtime) ? { status: 304, headers } : { status: 200, headers, body };
}

/** RFC 9110, 13.2.2: the date counts only where there is no tag. */
function unchanged({ headers }: ViewerRequest, etag: string, modified: Date): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined)
    return tags === '*' || tags.split(/,\s*/).some((tag) => tag.replace(/^W\//, '') === etag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Math.floor(modified.getTime() / 1000) * 1000 <= since;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ENAMETOOLONG') return undefined;
  throw error;
}

function s3Error(status: number, code: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}
