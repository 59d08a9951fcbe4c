/** The policy of a feed as a form has it, and as the API takes it. */
import type { Organization } from '../../api/schema.ts';

export type FeedPolicy = NonNullable<Organization['feed']>;

export interface FeedDraft {
  isOn: boolean;
  approve: FeedPolicy['approve'];
  /** Empty: as in an import by hand. */
  mode: NonNullable<FeedPolicy['mode']> | '';
  onRowErrors: NonNullable<FeedPolicy['onRowErrors']> | '';
  recipients: readonly string[];
  isExpected: boolean;
  /** ISO 8601: 1 is Monday. */
  days: readonly number[];
  by: string;
}

const workdays = [1, 2, 3, 4, 5];

export function draftOf({ feed }: Pick<Organization, 'feed'>): FeedDraft {
  return {
    isOn: feed?.isOn ?? false,
    approve: feed?.approve ?? 'auto',
    mode: feed?.mode ?? '',
    onRowErrors: feed?.onRowErrors ?? '',
    recipients: feed?.recipients ?? [],
    isExpected: feed?.expected !== undefined,
    days: feed?.expected?.days ?? workdays,
    by: feed?.expected?.by ?? '06:00',
  };
}

export function policyOf({ mode, onRowErrors, isExpected, days, by, ...draft }: FeedDraft): FeedPolicy {
  return {
    ...draft,
    recipients: [...draft.recipients],
    ...(mode !== '' && { mode }),
    ...(onRowErrors !== '' && { onRowErrors }),
    ...(isExpected && { expected: { days: [...days].sort((one, other) => one - other), by } }),
  };
}

/** Whether it can be saved: a time of day, and a day to expect a file on. */
export function isWhole({ isExpected, days, by }: FeedDraft): boolean {
  return !isExpected || (days.length > 0 && /^\d\d:\d\d$/.test(by));
}
