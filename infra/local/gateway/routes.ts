/** What a route key says: `GET /orgs/{org}`, `ANY /files/{proxy+}` or `$default`. */
interface ParsedKey {
  method: string;
  segments: string[];
}

/** A route that fits a request, and the values of its path variables, decoded. */
export interface RouteMatch<T> {
  routeKey: string;
  route: T;
  pathParameters: Record<string, string>;
}

/**
 * Chooses routes as HTTP APIs do: full matches before greedy ones before `$default`; among those, a literal segment
 * before a variable, from the left, and a method before `ANY`.
 *
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export class RouteTable<T> {
  readonly #routes: { key: ParsedKey; routeKey: string; route: T }[];
  readonly #fallback: T | undefined;

  constructor(routes: ReadonlyMap<string, T>) {
    this.#fallback = routes.get('$default');
    this.#routes = [...routes]
      .filter(([routeKey]) => routeKey !== '$default')
      .map(([routeKey, route]) => ({ key: parse(routeKey), routeKey, route }))
      .sort((a, b) => compare(a.key, b.key));
  }

  /** @param path undecoded, starting with `/` */
  match(method: string, path: string): RouteMatch<T> | undefined {
    const segments = path.slice(1).split('/');
    for (const { key, routeKey, route } of this.#routes) {
      if (key.method !== 'ANY' && key.method !== method) continue;
      const pathParameters = bind(key.segments, segments);
      if (pathParameters) return { routeKey, route, pathParameters };
    }
    return this.#fallback && { routeKey: '$default', route: this.#fallback, pathParameters: {} };
  }
}

function parse(routeKey: string): ParsedKey {
  const [method = '', path = '/'] = routeKey.split(' ');
  return { method, segments: path.slice(1).split('/') };
}

const isGreedy = (segment: string | undefined) => segment?.endsWith('+}') === true;
const isVariable = (segment: string | undefined) => segment?.startsWith('{') === true;

function compare(a: ParsedKey, b: ParsedKey): number {
  const greedy = Number(isGreedy(a.segments.at(-1))) - Number(isGreedy(b.segments.at(-1)));
  if (greedy !== 0) return greedy;
  for (let i = 0; i < Math.min(a.segments.length, b.segments.length); i += 1) {
    const variable = Number(isVariable(a.segments[i])) - Number(isVariable(b.segments[i]));
    if (variable !== 0) return variable;
  }
  return b.segments.length - a.segments.length || Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function bind(pattern: string[], segments: string[]): Record<string, string> | undefined {
  const greedy = isGreedy(pattern.at(-1));
  if (greedy ? segments.length < pattern.length : segments.length !== pattern.length) return undefined;
  const values: Record<string, string> = {};
  for (const [i, expected] of pattern.entries()) {
    const rest = isGreedy(expected);
    const value = rest ? segments.slice(i).join('/') : segments[i]!;
    if (!isVariable(expected)) {
      if (expected !== value) return undefined;
    } else {
      if (value === '') return undefined;
      values[expected.slice(1, rest ? -2 : -1)] = decode(value);
    }
  }
  return values;
}

/** Malformed escapes are passed on as they came. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
