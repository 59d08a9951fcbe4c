import { useState } from 'react';

/** What somebody writes in a form, of a thing that others may change meanwhile. */
export interface Draft<T, D extends object> {
  /** The thing as it was when this began: what is saved goes on top of it. */
  base: T;
  draft: D;
  set(change: Partial<D>): void;
  hasChanges: boolean;
  /** What somebody else changed meanwhile; empty where nobody did, or nothing is lost by it. */
  theirs: readonly (keyof D)[];
  isMine(field: keyof D): boolean;
  /** Puts what was written here on top of what is there now. */
  keep(): void;
  /** Lets go of it, for what is there now. */
  discard(): void;
  /** Begins anew with what was just saved. */
  begin(thing: T): void;
}

/**
 * A draft of a thing that is read again behind it. Whoever wrote nothing sees the new version at once; what was written is
 * never lost by one, and where it would hide what somebody else changed, the person decides.
 */
export function useDraft<T extends { version: number }, D extends object>(
  current: T,
  draftOf: (thing: T) => D,
): Draft<T, D> {
  const fresh = (thing: T) => ({ base: thing, draft: draftOf(thing) });
  const [{ base, draft }, setState] = useState(() => fresh(current));
  const mine = changedFields(draftOf(base), draft);
  const theirs = current.version === base.version ? [] : changedFields(draftOf(base), draftOf(current));
  const keep = () => setState({ base: current, draft: { ...draftOf(current), ...only(draft, mine) } });
  const isDecided = mine.length === 0 || theirs.length === 0;
  if (current.version > base.version && isDecided) keep();
  return {
    base,
    draft,
    set: (change) => setState((before) => ({ ...before, draft: { ...before.draft, ...change } })),
    hasChanges: mine.length > 0,
    theirs: isDecided ? [] : theirs,
    isMine: (field) => mine.includes(field),
    keep,
    discard: () => setState(fresh(current)),
    begin: (thing) => setState(fresh(thing)),
  };
}

/** The fields whose content differs; drafts hold texts, choices and lists of them. */
export function changedFields<D extends object>(before: D, after: D): (keyof D)[] {
  const fields = Object.keys(after) as (keyof D)[];
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}

function only<D extends object>(draft: D, fields: readonly (keyof D)[]): Partial<D> {
  return Object.fromEntries(fields.map((field) => [field, draft[field]])) as Partial<D>;
}
