import { S3Error } from './errors.ts';

/** A condition on a form field; the field's name is lower-case and without `$`. */
interface FieldCondition {
  readonly match: 'eq' | 'starts-with';
  readonly field: string;
  readonly value: string;
  /** As the policy has it, for messages. */
  readonly source: string;
}

/** A POST policy: what a browser's form may contain and until when. */
export interface PostPolicy {
  readonly expiresMs: number;
  readonly conditions: readonly FieldCondition[];
  readonly bytesMin: number;
  readonly bytesMax: number;
}

/** Fields that no policy needs to mention; so does any that begins with `x-ignore-`. */
const UNCONDITIONED = new Set(['policy', 'x-amz-signature', 'file']);

function invalid(message: string): S3Error {
  return new S3Error('InvalidPolicyDocument', `Invalid Policy: ${message}`);
}

function violated(message: string): S3Error {
  return new S3Error('AccessDenied', `Invalid according to Policy: ${message}`);
}

function decodeJson(base64: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    throw invalid('Invalid JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw invalid('Invalid JSON.');
  return parsed as Record<string, unknown>;
}

function parseExpiration(value: unknown): number {
  if (value === undefined) throw invalid('Policy missing expiration.');
  const iso = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value);
  const time = iso ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw invalid(`Invalid 'expiration' value: '${String(value)}'`);
  return time;
}

function isByteCount(value: unknown): boolean {
  return (typeof value === 'number' || typeof value === 'string') && /^\d+$/.test(String(value));
}

function parseCondition(condition: unknown): FieldCondition | { min: number; max: number } {
  const source = JSON.stringify(condition);
  if (Array.isArray(condition)) return parseListCondition(condition, source);
  const entries = typeof condition === 'object' && condition !== null ? Object.entries(condition) : [];
  const [field, value] = entries[0] ?? [];
  if (entries.length !== 1 || field === undefined || typeof value !== 'string') {
    throw invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.');
  }
  return {
    match: 'eq',
    field: field.toLowerCase(),
    value,
    source: `["eq", "$${field}", ${JSON.stringify(value)}]`,
  };
}

function parseListCondition(
  condition: unknown[],
  source: string,
): FieldCondition | { min: number; max: number } {
  const [operator, first, second, ...rest] = condition;
  const match = typeof operator === 'string' ? operator.toLowerCase() : '';
  if (rest.length > 0 || second === undefined)
    throw invalid(`Invalid Condition: wrong number of arguments: ${source}`);
  if (match === 'content-length-range') {
    if (!isByteCount(first) || !isByteCount(second)) throw invalid(`Invalid content-length-range: ${source}`);
    return { min: Number(first), max: Number(second) };
  }
  if (match !== 'eq' && match !== 'starts-with')
    throw invalid(`Invalid Condition: unknown operation '${String(operator)}'.`);
  if (typeof first !== 'string' || !first.startsWith('$') || typeof second !== 'string') {
    throw invalid(`Invalid Condition: ${source}`);
  }
  return {
    match,
    field: first.slice(1).toLowerCase(),
    value: second,
    source: `["${match}", "${first}", ${JSON.stringify(second)}]`,
  };
}

/**
 * Reads a policy document.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 * @param base64 the form's `policy` field, whose signature was verified
 * @throws S3Error InvalidPolicyDocument
 */
export function parsePolicy(base64: string): PostPolicy {
  const document = decodeJson(base64);
  const expiresMs = parseExpiration(document.expiration);
  if (!Array.isArray(document.conditions)) throw invalid('Policy missing conditions.');
  const parsed = document.conditions.map(parseCondition);
  const ranges = parsed.filter((condition) => 'min' in condition);
  return {
    expiresMs,
    conditions: parsed.filter((condition) => 'match' in condition),
    bytesMin: Math.max(0, ...ranges.map((range) => range.min)),
    bytesMax: Math.min(Number.MAX_SAFE_INTEGER, ...ranges.map((range) => range.max)),
  };
}

function holds(condition: FieldCondition, value: string | undefined): boolean {
  if (condition.match === 'eq') return value === condition.value;
  // An empty prefix admits anything, also a field that is absent.
  return (value ?? '').startsWith(condition.value);
}

/**
 * Holds a form's fields (lower-case names, the `key` as it will be used) and the addressed bucket against a policy.
 * @throws S3Error AccessDenied where it has expired, a condition fails, or a field has no condition
 */
export function checkPolicy(
  policy: PostPolicy,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  now: Date,
): void {
  if (now.getTime() >= policy.expiresMs) throw violated('Policy expired.');
  for (const condition of policy.conditions) {
    const value = condition.field === 'bucket' ? bucket : fields.get(condition.field);
    if (!holds(condition, value)) {
      throw violated(`Policy Condition failed: ${condition.source}`);
    }
  }
  const covered = new Set(policy.conditions.map((condition) => condition.field));
  const extra = [...fields.keys()].filter(
    (name) => !covered.has(name) && !UNCONDITIONED.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra.length > 0) throw violated(`Extra input fields: ${extra.join(', ')}`);
}
