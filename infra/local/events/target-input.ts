import type { EventEnvelope } from './envelope.ts';

/** What a target gets instead of the whole event; at most one of the three is given. */
export interface TargetInput {
  /** A constant, as JSON text. */
  readonly input?: string;
  /** A JSONPath into the event, such as `$.detail`. */
  readonly inputPath?: string;
  /** A template whose `<name>` are taken from the event by `inputPathsMap` (name → JSONPath). */
  readonly inputTransformer?: {
    readonly inputPathsMap?: Readonly<Record<string, string>>;
    readonly inputTemplate: string;
  };
}

/**
 * What `event` becomes for a target. A template that gives no JSON is passed on as text.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function targetInput(
  target: TargetInput,
  event: EventEnvelope,
  rule: { arn: string; name: string },
): unknown {
  if (target.input !== undefined) return JSON.parse(target.input);
  if (target.inputPath !== undefined) return readPath(target.inputPath, event);
  if (!target.inputTransformer) return event;
  const { inputPathsMap = {}, inputTemplate } = target.inputTransformer;
  const values = new Map<string, unknown>(
    Object.entries(inputPathsMap).map(([name, path]) => [name, readPath(path, event)]),
  );
  values.set('aws.events.rule-arn', rule.arn).set('aws.events.rule-name', rule.name);
  values.set('aws.events.event.ingestion-time', event.time);
  values.set('aws.events.event', event).set('aws.events.event.json', event);
  return parseOrText(fill(inputTemplate, values));
}

/** Inside a quoted string a value stands as text, elsewhere as JSON. */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  let isQuoted = false;
  return template.replace(/\\.|"|<([\w.-]+)>/g, (token, name: string | undefined) => {
    if (token === '"') isQuoted = !isQuoted;
    if (name === undefined || !values.has(name)) return token;
    const value = values.get(name);
    if (!isQuoted) return JSON.stringify(value ?? null);
    const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Follows `$.a.b[0]['c d']`, which is all that EventBridge's paths need here. */
function readPath(path: string, event: unknown): unknown {
  const keys = [...path.slice(1).matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g)].map((found) =>
    found.slice(1).find(Boolean),
  );
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key ?? ''],
    event,
  );
}
