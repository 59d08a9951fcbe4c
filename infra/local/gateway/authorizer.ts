import type { Invoke } from '../invoke.ts';
import type { ApiIdentity, HttpEvent } from './event.ts';

/** A REQUEST authorizer of the template: a function that answers `{isAuthorized, context}`. */
export interface AuthorizerSpec {
  functionArn: string;
  /** Such as `$request.header.Authorization`: all must be there, else nobody is asked. */
  identitySources: string[];
  /** 0: every request is asked about anew. */
  ttlSeconds: number;
}

/** `authorized` carries what the handler finds in `requestContext.authorizer.lambda`. */
export type Verdict =
  | { outcome: 'unauthorized' | 'forbidden' }
  | { outcome: 'authorized'; context: Record<string, unknown> };

const cacheEntriesMax = 10_000;

/**
 * A Lambda authorizer with simple responses.
 *
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export class LambdaAuthorizer {
  readonly #spec: AuthorizerSpec;
  readonly #api: ApiIdentity;
  readonly #invoke: Invoke;
  readonly #cache = new Map<string, { verdict: Verdict; expiresAt: number }>();

  constructor(spec: AuthorizerSpec, api: ApiIdentity, invoke: Invoke) {
    this.#spec = spec;
    this.#api = api;
    this.#invoke = invoke;
  }

  /** @throws whatever the function failed with */
  async authorize(event: HttpEvent, method: string): Promise<Verdict> {
    const identity: string[] = [];
    for (const source of this.#spec.identitySources) {
      const value = identityValue(source, event);
      if (!value) return { outcome: 'unauthorized' };
      identity.push(value);
    }
    const key = JSON.stringify(identity);
    const kept = this.#cache.get(key);
    if (kept && kept.expiresAt > Date.now()) return kept.verdict;
    const verdict = await this.#ask(event, method, identity);
    this.#keep(key, verdict);
    return verdict;
  }

  async #ask(event: HttpEvent, method: string, identitySource: string[]): Promise<Verdict> {
    const { region, accountId, apiId, stage } = this.#api;
    const routeArn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/${method}${event.rawPath}`;
    const answer = await this.#invoke(this.#spec.functionArn, {
      ...event,
      type: 'REQUEST',
      routeArn,
      identitySource,
    });
    const { isAuthorized, context } = (answer ?? {}) as {
      isAuthorized?: unknown;
      context?: Record<string, unknown>;
    };
    if (isAuthorized !== true) return { outcome: 'forbidden' };
    return { outcome: 'authorized', context: context ?? {} };
  }

  #keep(key: string, verdict: Verdict): void {
    if (this.#spec.ttlSeconds <= 0) return;
    if (this.#cache.size >= cacheEntriesMax) this.#cache.clear();
    this.#cache.set(key, { verdict, expiresAt: Date.now() + this.#spec.ttlSeconds * 1000 });
  }
}

function identityValue(source: string, event: HttpEvent): string | undefined {
  const [, kind, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (kind === 'header') return event.headers[name.toLowerCase()];
  if (kind === 'querystring') return event.queryStringParameters?.[name];
  throw new Error(`The local cloud does not know the identity source ${source}`);
}
