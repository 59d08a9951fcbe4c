/** Tells the recipients of a feed that no file came by the time at which one is expected. */

import { isMusterError } from '../domain/errors.ts';
import { isExpectedAt, lastExpected, nextExpected } from '../domain/feed.ts';
import type { Organization } from '../domain/organization.ts';
import type { Deps } from './deps.ts';
import { addressesOf } from './feed-recipients.ts';
import { logger } from './observability.ts';

type ExpectationDeps = Pick<Deps, 'feeds' | 'organizations' | 'accounts' | 'mailQueue' | 'clock'>;

/**
 * Looks at every expectation whose time has come, and says when to look next. One of a schedule that was changed since
 * is no reason to mail. A look that is repeated mails nothing twice.
 * @throws AggregateError of what failed, once the others were looked at
 */
export async function lookForDeliveries(deps: ExpectationDeps): Promise<{ looked: number; missed: number }> {
  const run = { looked: 0, missed: 0 };
  const faults: unknown[] = [];
  for await (const expected of deps.feeds.due(deps.clock())) {
    run.looked += 1;
    try {
      if (await look(deps, expected)) run.missed += 1;
    } catch (error) {
      faults.push(error);
    }
  }
  logger.info('Looked for deliveries', { ...run, failed: faults.length });
  if (faults.length > 0) throw new AggregateError(faults, 'Some expectations could not be looked at.');
  return run;
}

/** Whether a delivery was missed. */
async function look(deps: ExpectationDeps, expected: { organization: string; at: string }): Promise<boolean> {
  const organization = await organizationOf(deps, expected.organization);
  const schedule = organization?.feed?.isOn ? organization.feed.expected : undefined;
  let isMissed = false;
  if (organization !== undefined && schedule !== undefined) {
    const at = new Date(expected.at);
    const { timeZone } = organization;
    if (isExpectedAt(schedule, timeZone, at)) {
      const last = await deps.feeds.lastDelivery(expected.organization);
      isMissed = last === undefined || Date.parse(last) <= lastExpected(schedule, timeZone, at).getTime();
      if (isMissed) await tell(deps, organization, expected.at);
    }
    // From now on, so that an installation that slept does not mail for each day that it missed.
    await deps.feeds.expect(expected.organization, nextExpected(schedule, timeZone, deps.clock()));
  }
  await deps.feeds.settle(expected);
  return isMissed;
}

async function organizationOf(
  { organizations }: ExpectationDeps,
  id: string,
): Promise<Organization | undefined> {
  try {
    return await organizations.get(id);
  } catch (error) {
    if (isMusterError(error, 'not_found')) return undefined;
    throw error;
  }
}

async function tell(deps: ExpectationDeps, organization: Organization, at: string): Promise<void> {
  const id = organization.organization;
  for (const { login, address } of await addressesOf(deps, organization)) {
    await deps.mailQueue.send(id, {
      mail: { kind: 'feedMissed', expectedAt: at, link: '/#/imports' },
      to: address,
      owner: { kind: 'feed', id: at },
      key: `feed/${at}/${login}`,
    });
  }
}
