import * as z from 'zod';
import { newAccountActions, normalizeLogin } from '../aws/accounts.ts';
import { administratorActions } from '../aws/administrators.ts';
import { newOrganizationActions } from '../aws/organizations.ts';
import { TransactionFailed } from '../aws/table.ts';
import { Params } from '../domain/api.ts';
import { operatorActor } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import { defaultHoldPolicy } from '../domain/import.ts';
import { defaultTimeZone } from '../domain/local-time.ts';
import { defaultMailLanguage } from '../domain/mail.ts';
import type { Organization } from '../domain/organization.ts';
import { organizationIdFrom } from '../domain/organization-id.ts';
import { defaultReminders } from '../domain/reminders.ts';
import { defaultColumns } from '../domain/schema.ts';
import type { Deps } from './deps.ts';
import { oneTimePassword } from './one-time-password.ts';
import { placesOf } from './problem.ts';

/**
 * What the operator gives: the organization's name and its owner's email address, which is the owner's login.
 * `organization` asks for an id; without it one is made from the name. `permanent` leaves the password as it is,
 * for a demo; otherwise the first sign-in must change it.
 */
const OrganizationToCreate = z.strictObject({
  name: z.string().trim().min(1).max(200),
  owner: z.email().max(254),
  organization: Params.org.shape.org.optional(),
  permanent: z.boolean().default(false),
});
type OrganizationToCreate = z.infer<typeof OrganizationToCreate>;

/** What the operator hands to the owner. The password is nowhere else. */
export interface CreatedOrganization {
  organization: string;
  login: string;
  password: string;
}

type CreateDeps = Pick<Deps, 'accountMaker' | 'audit' | 'clock' | 'newId'>;

/** After this many taken ids the name is refused: nobody has a hundred namesakes. */
const idAttemptsMax = 100;

/**
 * Makes an organization and its owner. The user pool's account comes first and the table's items follow in one
 * transaction: if that fails the account is deleted again, and if even that fails, or the process dies in between,
 * what is left is an account without membership, which may do nothing and takes no name, since its user name is
 * a new id. The other way round an organization would be left that nobody can enter, with its id taken.
 * @param event `{name, owner, organization?, permanent?}`, checked here
 * @throws MusterError `invalid_request`, and `organization_exists` if the id asked for is taken
 */
export async function createOrganization(deps: CreateDeps, event: unknown): Promise<CreatedOrganization> {
  const wanted = checked(event);
  const account = deps.newId();
  const password = oneTimePassword();
  const { owner: email, permanent } = wanted;
  try {
    await deps.accountMaker.createAccount(account, { email, password, permanent });
    const organization = await storeOrganization(deps, wanted, account);
    return { organization, login: normalizeLogin(email), password };
  } catch (error) {
    await undo(() => deps.accountMaker.deleteAccount(account), error);
    throw error;
  }
}

function checked(event: unknown): OrganizationToCreate {
  const parsed = OrganizationToCreate.safeParse(event);
  if (parsed.success) return parsed.data;
  const places = placesOf(parsed.error);
  const faults = places.map(({ path, message }) => `${path.slice(1) || 'event'}: ${message}`);
  throw new MusterError('invalid_request', faults.join('; '), { places });
}

/** Undoes a half; if that fails too, both errors are told. */
async function undo(work: () => Promise<void>, reason: unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new AggregateError(
      [reason, error],
      'The organization was not made, and its account could not be deleted.',
    );
  }
}

async function storeOrganization(
  deps: CreateDeps,
  wanted: OrganizationToCreate,
  account: string,
): Promise<string> {
  for (let attempt = 1; attempt <= idAttemptsMax; attempt++) {
    const organization = wanted.organization ?? organizationIdFrom(wanted.name, attempt);
    try {
      const event = {
        action: 'organization.create' as const,
        actor: operatorActor,
        subject: organization,
        after: { name: wanted.name },
        details: { owner: account },
      };
      await deps.audit.commit(organization, event, newItems(deps, wanted, account, organization));
      return organization;
    } catch (error) {
      const isTaken = error instanceof TransactionFailed && error.failedAt(0);
      if (!isTaken) throw error;
      if (wanted.organization !== undefined) break;
    }
  }
  throw new MusterError('organization_exists', 'There is an organization with this id already.');
}

function newItems({ clock }: CreateDeps, wanted: OrganizationToCreate, account: string, id: string) {
  const now = clock().toISOString();
  const organization: Organization = {
    organization: id,
    name: wanted.name,
    hold: defaultHoldPolicy,
    importDefaults: { mode: 'full', onRowErrors: 'reject_file', approve: 'review' },
    timeZone: defaultTimeZone,
    reminders: defaultReminders,
    language: defaultMailLanguage,
    schemaVersion: 1,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const owner = { account, email: wanted.owner, tokensValidFromSeconds: 0, createdAt: now };
  const membership = {
    account,
    organization: id,
    level: 'owner' as const,
    login: normalizeLogin(wanted.owner),
    state: 'enabled' as const,
    tokensValidFromSeconds: 0,
    version: 1,
  };
  return [
    ...newOrganizationActions(organization, defaultColumns),
    ...newAccountActions(owner, membership),
    ...administratorActions(undefined, membership),
  ];
}
