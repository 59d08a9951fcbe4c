/** An event pattern as in a rule's `EventPattern`. */
export type EventPattern = { readonly [field: string]: unknown };

type Condition = (value: unknown) => boolean;

/**
 * Whether an event matches a pattern: every field of the pattern must match, a field's array lists alternatives,
 * and an array in the event matches when any of its elements does.
 *
 * Knows exact values, prefix, suffix, anything-but, numeric, exists, equals-ignore-case, wildcard and `$or`.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matchesPattern(pattern: EventPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, expected]) => {
    if (field === '$or') return (expected as EventPattern[]).some((either) => matchesPattern(either, event));
    const values = elements(fieldOf(event, field));
    if (Array.isArray(expected)) return expected.some((alternative) => matchesLeaf(alternative, values));
    if (!isObject(expected))
      throw new Error(`Invalid event pattern: '${field}' must be an object or an array`);
    // A pattern of absent fields ({exists: false}) must be looked at below a missing object, too.
    return (values.length ? values : [undefined]).some((value) => matchesPattern(expected, value));
  });
}

/** Checks that {@link matchesPattern} understands all of a pattern. @throws Error when not (`cidr`, for one) */
export function checkPattern(pattern: EventPattern): void {
  for (const [field, expected] of Object.entries(pattern)) {
    if (field === '$or') (expected as EventPattern[]).forEach(checkPattern);
    else if (isObject(expected)) checkPattern(expected);
    else if (!Array.isArray(expected)) throw new Error(`Invalid event pattern: '${field}' must be an array`);
    else for (const alternative of expected) if (!isExists(alternative)) condition(alternative);
  }
}

function fieldOf(event: unknown, field: string): unknown {
  return isObject(event) && Object.hasOwn(event, field) ? event[field] : undefined;
}

function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined ? [] : [value];
}

function matchesLeaf(alternative: unknown, values: readonly unknown[]): boolean {
  if (isExists(alternative)) return values.length > 0 === alternative.exists;
  return values.some(condition(alternative));
}

function isExists(alternative: unknown): alternative is { exists: boolean } {
  return isObject(alternative) && typeof alternative.exists === 'boolean';
}

function condition(alternative: unknown): Condition {
  if (!isObject(alternative)) return (value) => value === alternative;
  const [operator = '', operand] = Object.entries(alternative)[0] ?? [];
  if (operator === 'anything-but') {
    const excluded = (Array.isArray(operand) ? operand : [operand]).flatMap(expandLists).map(condition);
    return (value) => !excluded.some((matches) => matches(value));
  }
  if (operator === 'numeric' && Array.isArray(operand)) return numeric(operand);
  return textual(operator, operand);
}

/** `anything-but` takes a list inside an operator too: `{prefix: ["a", "b"]}`. */
function expandLists(excluded: unknown): unknown[] {
  const [operator = '', operand] = isObject(excluded) ? (Object.entries(excluded)[0] ?? []) : [];
  return Array.isArray(operand) ? operand.map((one) => ({ [operator]: one })) : [excluded];
}

function textual(operator: string, operand: unknown): Condition {
  if (isObject(operand) && typeof operand['equals-ignore-case'] === 'string') {
    const inLowerCase = textual(operator, operand['equals-ignore-case'].toLowerCase());
    return (value) => typeof value === 'string' && inLowerCase(value.toLowerCase());
  }
  if (typeof operand !== 'string') throw new Error(`Unsupported event pattern operator '${operator}'`);
  const tests: Record<string, (value: string) => boolean> = {
    prefix: (value) => value.startsWith(operand),
    suffix: (value) => value.endsWith(operand),
    'equals-ignore-case': (value) => value.toLowerCase() === operand.toLowerCase(),
    wildcard: wildcard(operand),
  };
  const test = tests[operator];
  if (!test) throw new Error(`Unsupported event pattern operator '${operator}'`);
  return (value) => typeof value === 'string' && test(value);
}

/** `*` stands for any text, `\*` and `\\` for themselves. */
function wildcard(pattern: string): (value: string) => boolean {
  const parts = pattern.match(/\\[*\\]|\*|[^*\\]+|\\/g) ?? [];
  const source = parts.map((part) => (part === '*' ? '.*' : escapeRegExp(part.replace(/^\\(?=[*\\])/, ''))));
  const expression = new RegExp(`^${source.join('')}$`, 's');
  return (value) => expression.test(value);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function numeric(operands: readonly unknown[]): Condition {
  const compare: Record<string, (a: number, b: number) => boolean> = {
    '=': (a, b) => a === b,
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
  };
  const pairs = Array.from({ length: operands.length / 2 }, (_, i) => {
    const test = compare[String(operands[2 * i])];
    const bound = operands[2 * i + 1];
    if (!test || typeof bound !== 'number')
      throw new Error(`Invalid numeric condition ${JSON.stringify(operands)}`);
    return (value: number) => test(value, bound);
  });
  return (value) => typeof value === 'number' && pairs.every((test) => test(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
