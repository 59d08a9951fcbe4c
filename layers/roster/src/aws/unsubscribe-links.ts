/** Links that end the reminders of an invitation, under the SHA-256 of their tokens. */
import * as z from 'zod';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import type { Table } from './table.ts';

const UnsubscribeLink = z.object({
  organization: z.string(),
  externalId: z.string(),
  invitationId: z.string(),
});
/** Whose reminders a link ends: those of one invitation of one member. */
export type UnsubscribeLink = z.infer<typeof UnsubscribeLink>;

export interface UnsubscribeLinks {
  /** Keeps a link until a moment. */
  issue(hash: string, link: UnsubscribeLink, until: Date): Promise<void>;
  /** The link, or undefined if there is none. */
  find(hash: string): Promise<UnsubscribeLink | undefined>;
}

const LinkItem = UnsubscribeLink.extend({ kind: z.string() });

/** Opens the links over the table. */
export function unsubscribeLinksInTable(table: Table): UnsubscribeLinks {
  return {
    issue: (hash, link, until) =>
      table.put({
        ...keys.linkToken(hash),
        kind: 'unsubscribe',
        ...link,
        expiresAt: Math.ceil(until.getTime() / 1000),
      }),
    async find(hash) {
      const item = await table.get(keys.linkToken(hash), { consistent: true });
      // Tokens of other links are none of these.
      if (item === undefined || item.kind !== 'unsubscribe') return undefined;
      const { kind: _, ...link } = parseItem(LinkItem, item, 'unsubscribe link');
      return link;
    },
  };
}
