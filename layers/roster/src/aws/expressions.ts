/**
 * Writes DynamoDB's expressions from plain objects, with every attribute name and value behind a placeholder, so
 * that reserved words and values from outside never meet the grammar.
 */
import type { Key } from './keys.ts';

/** A condition on the stored item. Placeholders are the caller's: `#name` in `names`, `:value` in `values`. */
export interface Condition {
  expression: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

/** A change of single attributes. `add` adds to numbers (from 0), `remove` drops attributes, `undefined` is left. */
export interface Update {
  key: Key;
  set?: Record<string, unknown>;
  add?: Record<string, number>;
  remove?: readonly string[];
  condition?: Condition;
}

/** Nothing is stored under the key. */
export const isAbsent: Condition = { expression: 'attribute_not_exists(#pk)', names: { '#pk': 'pk' } };
/** Something is stored under the key. */
export const isPresent: Condition = { expression: 'attribute_exists(#pk)', names: { '#pk': 'pk' } };

/** The stored item has this attribute with exactly this value. */
export function attributeIs(name: string, value: string | number | boolean): Condition {
  return {
    expression: `#is_${name} = :is_${name}`,
    names: { [`#is_${name}`]: name },
    values: { [`:is_${name}`]: value },
  };
}

/** The stored item has the version that was seen. */
export function versionIs(version: number): Condition {
  return attributeIs('version', version);
}

/** All of the conditions hold. */
export function allOf(...conditions: Condition[]): Condition {
  return {
    expression: conditions.map(({ expression }) => `(${expression})`).join(' AND '),
    names: Object.assign({}, ...conditions.map(({ names }) => names)),
    values: Object.assign({}, ...conditions.map(({ values }) => values)),
  };
}

/** Any of the conditions holds. */
export function anyOf(...conditions: Condition[]): Condition {
  const all = allOf(...conditions);
  return { ...all, expression: conditions.map(({ expression }) => `(${expression})`).join(' OR ') };
}

interface ExpressionAttributes {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}

/** DynamoDB refuses empty maps of names or values, so they are left out. */
function attributes(names: Record<string, string>, values: Record<string, unknown>): ExpressionAttributes {
  return {
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

/** The part of a write's input that carries its condition. */
export function conditionInput(condition: Condition | undefined) {
  if (!condition) return {};
  return {
    ConditionExpression: condition.expression,
    ...attributes(condition.names ?? {}, condition.values ?? {}),
  };
}

/** The input of an UpdateItem or of an update in a transaction, without the table's name. */
export function updateInput(update: Update) {
  const names: Record<string, string> = { ...update.condition?.names };
  const values: Record<string, unknown> = { ...update.condition?.values };
  const clauses: string[] = [];
  const clause = (word: string, parts: string[]) =>
    parts.length > 0 && clauses.push(`${word} ${parts.join(', ')}`);
  const named = (kind: string, attribute: string, index: number) => {
    names[`#${kind}${index}`] = attribute;
    return `#${kind}${index}`;
  };
  const valued = (kind: string) => (entry: [string, unknown], index: number) => {
    values[`:${kind}${index}`] = entry[1];
    return [named(kind, entry[0], index), `:${kind}${index}`] as const;
  };
  const set = Object.entries(update.set ?? {}).filter(([, value]) => value !== undefined);
  clause(
    'SET',
    set.map(valued('s')).map((pair) => pair.join(' = ')),
  );
  clause(
    'ADD',
    Object.entries(update.add ?? {})
      .map(valued('a'))
      .map((pair) => pair.join(' ')),
  );
  clause(
    'REMOVE',
    (update.remove ?? []).map((attribute, index) => named('r', attribute, index)),
  );
  return {
    Key: update.key,
    UpdateExpression: clauses.join(' '),
    ...(update.condition && { ConditionExpression: update.condition.expression }),
    ...attributes(names, values),
  };
}
