/** What became of the members of a job, with their names. */
import type * as z from 'zod';
import type { BulkResultList, BulkResultsQuery } from '../domain/api.ts';
import { coversMember } from '../domain/scope.ts';
import type { Deps } from './deps.ts';
import { type Bounded, withinOf } from './scope.ts';

/**
 * A page of results in the order in which the members were acted on: one query, and one read of the members.
 * A member that is not there any more, or that the caller does not see any more, comes without a name.
 * @throws MusterError `invalid_cursor`
 */
export async function listJobResults(
  deps: Pick<Deps, 'bulkJobs' | 'roster' | 'departments'>,
  caller: Bounded & { organization: string },
  jobId: string,
  query: z.output<typeof BulkResultsQuery>,
): Promise<z.input<typeof BulkResultList>> {
  const { organization } = caller;
  const { items, ...page } = await deps.bulkJobs.results(organization, jobId, query);
  const [members, within] = await Promise.all([
    deps.roster.some(
      organization,
      items.map(({ id }) => id),
    ),
    withinOf(deps, caller),
  ]);
  const seen = members.filter((member) => coversMember(within, member));
  const names = new Map(seen.map(({ externalId, name }) => [externalId, name]));
  return {
    ...page,
    items: items.map(({ id, outcome, code, message }) => ({
      memberId: id,
      name: names.get(id),
      outcome,
      code,
      message,
    })),
  };
}
