import * as z from 'zod';
import { invalidParameter } from './errors.ts';

/** One operation of the API: takes the parsed JSON body, gives the JSON answer. @throws CognitoError */
export type Operation = (input: unknown) => object;

/** Operations by their name in the X-Amz-Target header. */
export type Operations = Readonly<Record<string, Operation>>;

/** An operation whose input is checked by `schema` first. @throws CognitoError InvalidParameterException */
export function operation<S extends z.ZodType>(schema: S, run: (input: z.output<S>) => object): Operation {
  return (input) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return run(parsed.data);
    const constraints = parsed.error.issues.map(describeIssue);
    const errors = constraints.length === 1 ? 'error' : 'errors';
    throw invalidParameter(`${constraints.length} validation ${errors} detected: ${constraints.join('; ')}`);
  };
}

/** Names the member but never its value, which may be a password. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const member = issue.path
    .map((part) => String(part).charAt(0).toLowerCase() + String(part).slice(1))
    .join('.');
  return `Value at '${member}' failed to satisfy constraint: ${constraintOf(issue)}`;
}

function constraintOf(issue: z.core.$ZodIssue): string {
  const size = 'origin' in issue && issue.origin === 'number' ? 'value' : 'length';
  if (issue.code === 'too_small') return `Member must have ${size} greater than or equal to ${issue.minimum}`;
  if (issue.code === 'too_big') return `Member must have ${size} less than or equal to ${issue.maximum}`;
  if (issue.code === 'invalid_format')
    return `Member must satisfy regular expression pattern: ${issue.pattern}`;
  if (issue.code === 'invalid_value')
    return `Member must satisfy enum value set: [${issue.values.join(', ')}]`;
  return issue.code === 'invalid_type' && issue.input === undefined
    ? 'Member must not be null'
    : 'Member must be of its type';
}

const absentWhenNull = (value: unknown) => value ?? undefined;

/** A member that may be missing or null. */
export const optional = <S extends z.ZodType>(schema: S) => z.preprocess(absentWhenNull, schema.optional());

/** `UserPoolId`: region, underscore, id. */
export const poolIdSchema = z
  .string()
  .min(1)
  .max(55)
  .regex(/^[\w-]+_[0-9a-zA-Z]+$/);

/** `Username`: 1 to 128 characters without blanks. */
export const usernameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u);

/** A password to set: 1 to 256 characters, no blank at either end; the pool's policy comes on top. */
export const passwordSchema = z
  .string()
  .max(256)
  .regex(/^\S(.*\S)?$/);

/** `UserAttributes`: a value that is empty or missing deletes the attribute. */
export const attributesSchema = z.array(
  z.object({ Name: z.string().min(1).max(32), Value: optional(z.string().max(2048)) }),
);

/** `SoftwareTokenMfaSettings` and `SMSMfaSettings`. */
export const mfaSettingsSchema = z.object({
  Enabled: optional(z.boolean()),
  PreferredMfa: optional(z.boolean()),
});
