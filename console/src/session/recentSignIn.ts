/** What takes much away is done by whoever gave the password a moment ago; else it is asked for, in place. */
class RecentSignIn {
  #asking: { isGiven: Promise<boolean>; end: (isGiven: boolean) => void } | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly isAsked = (): boolean => this.#asking !== undefined;

  /** Has this person sign in anew; calls that need it at the same time wait for the same answer. */
  ask(): Promise<boolean> {
    if (this.#asking === undefined) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#asking = { isGiven: promise, end: resolve };
      this.#tell();
    }
    return this.#asking.isGiven;
  }

  /** Lets what waits go on, or be refused. */
  end(isGiven: boolean): void {
    this.#asking?.end(isGiven);
    this.#asking = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const recentSignIn = new RecentSignIn();
