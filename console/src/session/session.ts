import createClient from 'openapi-fetch';
import { ApiProblem, problemOf, Unreachable } from '../api/problem.ts';
import type { Challenge, ChallengeAnswer, paths, Tokens } from '../api/schema.ts';
import { accountOf } from './accountOf.ts';

/** `unknown` until the first look; `ended` are those who were in and no longer are. */
export type SessionState = 'unknown' | 'out' | 'in' | 'ended';
export interface Credentials {
  organization?: string;
  login: string;
  password: string;
}
type Answer =
  | Omit<Extract<ChallengeAnswer, { newPassword: string }>, 'cookie'>
  | Omit<Extract<ChallengeAnswer, { code: string }>, 'cookie'>;

/** Set while somebody is signed in here, so that other tabs hear of it; it holds no secret. */
const mark = 'muster.signed-in';
/** A token is renewed when it has this long to go, so that hardly any call comes with an expired one. */
const renewedBeforeMs = 60_000;

const sessions = createClient<paths>({ baseUrl: globalThis.location?.origin });
/** By the browser and for this origin's session calls alone: no script sees it. */
const cookie = true as const;

/** The session of this page: the access token in memory, and the refresh token in a cookie. */
class Session {
  #state: SessionState = 'unknown';
  #token: { text: string; expiresAt: number } | undefined;
  #refreshing: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor() {
    globalThis.addEventListener?.('storage', ({ key, newValue }) => {
      if (key === mark && newValue === null && this.#state === 'in') this.#end('ended');
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly state = (): SessionState => this.#state;

  /** Takes up the session of this browser, if there is one. */
  async start(): Promise<void> {
    if (localStorage.getItem(mark) === null) return this.#become('out');
    await this.refresh().catch((error) => {
      if (!(error instanceof ApiProblem)) throw error;
    });
  }

  /**
   * Signs in. Whoever is in already proves to be the same person by it: another account does not take the session over.
   * @returns what is asked before somebody is in, if anything. @throws ApiProblem, Unreachable
   */
  async signIn({ organization, ...given }: Credentials): Promise<Challenge | undefined> {
    const body = { ...given, ...(organization && { organization }), cookie };
    return this.#enter(await reached(sessions.POST('/api/v1/sessions', { body })));
  }

  /** @returns what is asked next, if anything. @throws ApiProblem, Unreachable */
  async answer(given: Answer): Promise<Challenge | undefined> {
    const body = { ...given, cookie } as ChallengeAnswer;
    return this.#enter(await reached(sessions.POST('/api/v1/sessions/challenge', { body })));
  }

  /**
   * Changes the password. All sessions of the account end, and this one is begun anew.
   * @returns what is asked before it is, if anything. @throws ApiProblem, Unreachable
   */
  async changePassword(given: {
    currentPassword: string;
    newPassword: string;
  }): Promise<Challenge | undefined> {
    const headers = { authorization: `Bearer ${await this.token()}` };
    const body = { ...given, cookie };
    return this.#enter(await reached(sessions.POST('/api/v1/me/password', { headers, body })));
  }

  /** An access token that is good for now. @throws ApiProblem if the session has ended, Unreachable */
  async token(): Promise<string> {
    if (this.#token === undefined || this.#token.expiresAt - renewedBeforeMs < Date.now())
      await this.refresh();
    return this.#token?.text ?? '';
  }

  /** Gets a new access token; who asks meanwhile waits for the same one. @throws ApiProblem, Unreachable */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Signs this account out everywhere. */
  async signOut(): Promise<void> {
    const headers = { authorization: `Bearer ${await this.token()}` };
    const { response } = await reached(sessions.DELETE('/api/v1/sessions', { headers }));
    if (!response.ok) throw problemOf(response, undefined);
    this.#end('out');
  }

  async #refresh(): Promise<void> {
    const { data, error, response } = await reached(
      sessions.POST('/api/v1/sessions/refresh', { body: { cookie } }),
    );
    if (data) return this.#take(data);
    const problem = problemOf(response, error);
    if (problem.status === 401 || problem.status === 403) this.#end(this.#state === 'in' ? 'ended' : 'out');
    throw problem;
  }

  #enter({ data, error, response }: { data?: Tokens | Challenge; error?: unknown; response: Response }) {
    if (data === undefined) throw problemOf(response, error);
    if ('challenge' in data) return data;
    this.#take(data);
    return undefined;
  }

  #take({ accessToken, expiresInSeconds }: Tokens): void {
    // What the page shows, and is about to do, is of the account that was in.
    if (this.#token && accountOf(this.#token.text) !== accountOf(accessToken)) {
      this.#end('ended');
      throw new ApiProblem(403, 'unauthenticated', 'This is another account.');
    }
    this.#token = { text: accessToken, expiresAt: Date.now() + expiresInSeconds * 1_000 };
    localStorage.setItem(mark, 'yes');
    this.#become('in');
  }

  #end(state: 'out' | 'ended'): void {
    this.#token = undefined;
    localStorage.removeItem(mark);
    this.#become(state);
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Unreachable('', { cause });
  }
}

export const session = new Session();
