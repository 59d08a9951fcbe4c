/** Drop All Data, as people ask for it (S0.23, S0.24): looked at before, guarded, confirmed by a second administrator. */
import type * as z from 'zod';
import { toMembership } from '../aws/accounts.ts';
import { keys } from '../aws/keys.ts';
import type { DropBody, DropPreview } from '../domain/api.ts';
import { type AuditAction, type AuditActor, type AuditEvent, firstPreviousHash } from '../domain/audit.ts';
import {
  cancelledDrop,
  confirmedDrop,
  type Drop,
  dropAsOf,
  isDropOpen,
  needsConfirmation,
  newDrop,
  resumedDrop,
} from '../domain/drop.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import { type Level, levels } from '../domain/permissions.ts';
import type { Deps } from './deps.ts';
import type { Acting } from './member-call.ts';
import { requireOwnEmail } from './own-email.ts';
import { requireRecentSignIn } from './recent-sign-in.ts';

type DropDeps = Pick<
  Deps,
  'drops' | 'dropQueue' | 'accounts' | 'organizations' | 'roster' | 'table' | 'clock' | 'newId'
>;

/** Who asks, as the authorizer verified, and when it signed in (Unix epoch). */
export interface DropCaller extends Acting {
  organization: string;
  signedInAtSeconds?: number | undefined;
}

/** How many members with an account are looked at for their levels before it is said "at least". */
const lookedAtMax = 1_000;
const pageMax = 200;

/** What a drop would remove, and who would lose access. Nothing is written. */
export async function previewDrop(deps: DropDeps, caller: DropCaller): Promise<z.input<typeof DropPreview>> {
  const { organization, account } = caller;
  const [{ dropAll }, summary, own] = await Promise.all([
    deps.organizations.get(organization),
    deps.roster.summary(organization),
    deps.accounts.standing(account, organization),
  ]);
  const { byLevel, isWhole } = await levelsOf(deps, organization, account);
  return {
    members: summary.total,
    losingAccess: byLevel,
    losingAccessAtLeast: !isWhole,
    callerOnRoster: own.membership?.externalId !== undefined,
    needsConfirmation: needsConfirmation(dropAll, deps.clock()),
  };
}

/** How many on the roster would lose which level; the caller loses none. */
async function levelsOf(deps: DropDeps, organization: string, caller: string) {
  const byLevel = Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>;
  const filter = { states: ['enabled' as const, 'disabled' as const] };
  let looked = 0;
  let cursor: string | undefined;
  do {
    const at = cursor === undefined ? {} : { cursor };
    const page = await deps.roster.list(organization, { limit: pageMax, ...at, filter, sort: 'name' });
    const accounts = page.items.flatMap((one) => one.account ?? []);
    const items = await deps.table.batchGet(accounts.map((one) => keys.membership(one, organization)));
    const found = items.filter((item) => item !== undefined).map(toMembership);
    for (const { account, level } of found) if (account !== caller) byLevel[level] += 1;
    looked += page.items.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined && looked < lookedAtMax);
  return { byLevel, isWhole: cursor === undefined };
}

/**
 * Asks for all data to be dropped. It begins at once, or waits for a second administrator where the organization
 * requires one. Asked for while one waits, runs or has stopped, it is that one: pressed twice is once, and one that
 * stopped goes on.
 * @param email what the caller typed: the own address, in any case of letters
 * @throws MusterError `recent_sign_in_required`, `email_mismatch`
 */
export async function dropAll(deps: DropDeps, caller: DropCaller, email: string): Promise<Drop> {
  await requireGuards(deps, caller, email);
  const { organization } = caller;
  const { dropAll: policy } = await deps.organizations.get(organization);
  const { total } = await deps.roster.summary(organization);
  const asked = {
    dropId: deps.newId(),
    askedBy: actorOf(caller),
    needsConfirmation: needsConfirmation(policy, deps.clock()),
    erasedDigest: firstPreviousHash,
  };
  return onDrop(deps, caller, (found, now) => {
    if (found === undefined || !isDropOpen(dropAsOf(found, now))) {
      const drop = newDrop(asked, now);
      const action = drop.state === 'running' ? 'drop.start' : 'drop.ask';
      return { drop, event: eventOf(action, caller, drop, { members: total }) };
    }
    return { drop: found.state === 'error' ? resumedDrop(found, now) : found };
  });
}

/**
 * Lets a drop begin that somebody else asked for.
 * @throws MusterError `recent_sign_in_required`, `email_mismatch`, `drop_not_awaiting`, `own_request`, and
 * `drop_not_awaiting` too where whoever asked may not any more
 */
export async function confirmDrop(deps: DropDeps, caller: DropCaller, email: string): Promise<Drop> {
  await requireGuards(deps, caller, email);
  const { organization } = caller;
  const asker = (await deps.drops.get(organization))?.askedBy;
  if (asker !== undefined) {
    const { membership } = await deps.accounts.standing(asker.account, organization);
    if (membership?.state !== 'enabled' || membership.level !== 'owner') {
      throw new MusterError('drop_not_awaiting', 'Whoever asked for the drop is no owner any more.');
    }
  }
  return onDrop(deps, caller, (found, now) => {
    const drop = confirmedDrop(required(found), actorOf(caller), now);
    return { drop, event: eventOf('drop.start', caller, drop, { askedBy: drop.askedBy.login }) };
  });
}

/** Calls a drop off that waits to be confirmed. @throws MusterError `not_found`, `drop_not_awaiting` */
export function cancelDrop(deps: DropDeps, caller: DropCaller): Promise<Drop> {
  return onDrop(deps, caller, (found, now) => {
    const drop = cancelledDrop(required(found), now);
    return { drop, event: eventOf('drop.cancel', caller, drop) };
  });
}

/** The newest drop. @throws MusterError `not_found` */
export async function findDrop({ drops, clock }: DropDeps, organization: string): Promise<Drop> {
  return dropAsOf(required(await drops.get(organization)), clock());
}

/** A drop as the API tells it. */
export function dropBody({ askedBy, confirmedBy, ...drop }: Drop): z.input<typeof DropBody> {
  return {
    ...drop,
    askedBy: askedBy.login,
    ...(confirmedBy && { confirmedBy: confirmedBy.login }),
  };
}

async function requireGuards(deps: DropDeps, caller: DropCaller, email: string): Promise<void> {
  requireRecentSignIn(caller, deps.clock());
  await requireOwnEmail(deps, caller, email);
}

const attemptsMax = 10;

/** Decides on the stored drop, stores what was decided, and queues a drop that runs: again where the word may be lost. */
async function onDrop(
  deps: DropDeps,
  { organization }: DropCaller,
  decide: (found: Drop | undefined, now: Date) => { drop: Drop; event?: AuditEvent },
): Promise<Drop> {
  for (let attempt = 1; ; attempt++) {
    const found = await deps.drops.get(organization);
    const { drop, event } = decide(found, deps.clock());
    try {
      if (drop !== found) await deps.drops.put(organization, drop, found?.version, event);
    } catch (error) {
      if (!isMusterError(error, 'conflict') || attempt >= attemptsMax) throw error;
      continue;
    }
    if (drop.state === 'running') await deps.dropQueue.send({ organization, dropId: drop.dropId });
    return drop;
  }
}

function required(found: Drop | undefined): Drop {
  if (found === undefined) throw new MusterError('not_found', 'Nothing was dropped here.');
  return found;
}

function actorOf({ account, login, origin }: DropCaller): AuditActor {
  return { account, login, ...origin };
}

function eventOf(
  action: AuditAction,
  caller: DropCaller,
  { dropId }: Drop,
  details?: Record<string, unknown>,
): AuditEvent {
  return { action, actor: actorOf(caller), subject: dropId, ...(details && { details }) };
}
