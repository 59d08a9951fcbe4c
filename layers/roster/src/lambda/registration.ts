/**
 * Self-registration: who proves to be on the roster gets the invitation, at the address on file. Nobody else gets
 * anything, and nobody learns from the answer who is on the roster (S0.6, issue 4).
 */
import type * as z from 'zod';
import type { RegistrationForm } from '../domain/api.ts';
import { memberRegistrationCounters, proofCounters, registrationCounters } from '../domain/attempt-limits.ts';
import { type AuditActor, registrationActor } from '../domain/audit.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { Member } from '../domain/member.ts';
import type { Organization } from '../domain/organization.ts';
import { openColumns, type Proof, readProof } from '../domain/registration.ts';
import type { Column } from '../domain/schema.ts';
import type { Deps } from './deps.ts';
import { isWithinLimits } from './limited.ts';
import type { MemberOutcome } from './member-call.ts';
import { logger } from './observability.ts';
import type { Origin } from './request.ts';

/** Makes an invitation of a member, and sends it. */
export type SendRound = (
  organization: Organization,
  found: MemberOutcome,
  how: { actor: AuditActor; method: 'link' | 'email'; kind: 'invitation' | 'reminder' },
) => Promise<unknown>;

/** What registering works with. */
export type RegistrationDeps = Pick<Deps, 'organizations' | 'roster' | 'attempts'> & {
  sendRound: SendRound;
};

/** What somebody gives: the values by column, as typed. */
export interface RegistrationInput {
  organization: string;
  values: Record<string, string>;
}

/**
 * What an organization asks of those who register.
 * @throws MusterError `not_found`, for an organization that is closed and for one that is not there alike
 */
export async function registrationForm(
  deps: Pick<RegistrationDeps, 'organizations'>,
  organization: string,
): Promise<z.input<typeof RegistrationForm>> {
  const open = await openRegistration(deps, organization);
  if (open === undefined) throw new MusterError('not_found', 'Nobody can register here.');
  const columns = open.columns.map(({ name, type, dateFormat }) => ({
    name,
    type,
    ...(dateFormat && { dateFormat }),
  }));
  return { name: open.organization.name, columns };
}

/**
 * Invites the one member who has not joined and whom the values fit. Ends alike in every other case, too many attempts
 * included; only faults of ours are thrown. Attempts count whatever comes of them.
 */
export async function register(
  deps: RegistrationDeps,
  { organization, values }: RegistrationInput,
  origin: Origin,
): Promise<void> {
  if (!(await isWithinLimits(deps, registrationCounters(organization, origin)))) return;
  const open = await openRegistration(deps, organization);
  const proof = open && readProof(open.columns, values);
  if (open === undefined || proof === undefined) return;
  if (!(await isWithinLimits(deps, proofCounters(organization, Object.values(proof.key).join(), origin)))) {
    return;
  }
  const member = await memberProven(deps, organization, proof);
  if (member?.email === undefined) return;
  if (!(await isWithinLimits(deps, memberRegistrationCounters(organization, member.externalId)))) return;
  const actor = { ...registrationActor, ...origin };
  try {
    await deps.sendRound(open.organization, { member }, { actor, method: 'email', kind: 'invitation' });
  } catch (error) {
    // Refused for a reason of the member's, or somebody else was quicker: that is not for the caller to learn.
    if (!(isMusterError(error) && error.status < 500)) throw error;
    logger.info('A registration came to nothing', { organization, code: error.code });
  }
}

async function openRegistration(
  { organizations }: Pick<RegistrationDeps, 'organizations'>,
  id: string,
): Promise<{ organization: Organization; columns: Column[] } | undefined> {
  const organization = await organizations.get(id).catch(noneIfMissing);
  if (organization?.registration?.isOpen !== true) return undefined;
  const schema = await organizations.schema(id, organization.schemaVersion);
  const columns = openColumns(organization.registration, schema.columns);
  return columns && { organization, columns };
}

function noneIfMissing(error: unknown): undefined {
  if (!isMusterError(error, 'not_found')) throw error;
}

/** The only member who has not joined and whom the proof fits. */
async function memberProven(
  deps: Pick<RegistrationDeps, 'roster'>,
  organization: string,
  { key, fits }: Proof,
): Promise<Member | undefined> {
  const candidates =
    'externalId' in key
      ? [await deps.roster.get(organization, key.externalId).catch(noneIfMissing)]
      : await membersByEmail(deps, organization, key.email);
  const proven = candidates.filter(
    (member) => member?.state === 'not_joined' && member.account === undefined && fits(member),
  );
  return proven.length === 1 ? proven[0] : undefined;
}

/** A search also finds addresses that only begin like this one; so many of them are looked at, no more. */
const searched = { members: 50, pages: 4 } as const;

async function membersByEmail(
  { roster }: Pick<RegistrationDeps, 'roster'>,
  organization: string,
  email: string,
): Promise<Member[]> {
  const found: Member[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < searched.pages; pages++) {
    const query = { limit: searched.members, filter: { q: email }, sort: 'name' as const, cursor };
    const page = await roster.list(organization, query);
    found.push(...page.items.filter((member) => member.email === email));
    cursor = page.nextCursor;
    if (cursor === undefined) return found;
  }
  // Others may be beyond, so whoever was found might not be the only one.
  return [];
}
