import * as z from 'zod';
import type { Features, Membership } from '../domain/organization.ts';
import { levels } from '../domain/permissions.ts';
import { normalizeLogin } from '../domain/username.ts';
import { compileColumn } from '../domain/validate.ts';
import { directoryChange } from './directory-log.ts';
import { keys, tableShape } from './keys.ts';
import { parseItem } from './parse-item.ts';
import {
  type Action,
  attributeIs,
  type Item,
  isAbsent,
  isPresent,
  type Table,
  transactionActionsMax,
  type Update,
} from './table.ts';

export { normalizeLogin } from '../domain/username.ts';

/** A person's sign-in. Tokens issued before `tokensValidFromSeconds` (Unix epoch) are refused everywhere. */
export interface Account {
  account: string;
  email?: string;
  tokensValidFromSeconds: number;
  createdAt: string;
  /** Whether signing in takes a second factor. */
  secondFactor?: boolean;
  /** The hash of the newest reset link; older ones are void. */
  resetLink?: string;
}

const AccountItem = z.object({
  account: z.string(),
  email: z.string().optional(),
  tokensValidFromSeconds: z.int().min(0),
  createdAt: z.string(),
  secondFactor: z.boolean().optional(),
  resetLink: z.string().optional(),
});

/** What of an organization is read with a caller's standing; written by `organizationRecords`. */
const RequirementItem = z.object({
  requireSecondFactor: z.boolean().default(false),
  dropping: z.string().optional(),
  features: z.object({ importExport: z.boolean() }).optional(),
});

const MembershipItem = z.object({
  account: z.string(),
  organization: z.string(),
  level: z.enum(levels),
  scope: z.array(z.string()).optional(),
  login: z.string(),
  state: z.enum(['enabled', 'disabled']),
  externalId: z.string().optional(),
  tokensValidFromSeconds: z.int().min(0),
  version: z.int().min(1),
  logins: z.object({ email: z.string().optional(), phone: z.string().optional() }).optional(),
  activatedAt: z.string().optional(),
  lastSignInAt: z.string().optional(),
});

const LoginItem = z.object({ account: z.string(), loginSk: z.string() });

/** How many organizations' accounts a login without an organization is looked up in, to see whether it is unique. */
const loginMatchesMax = 50;

const phoneForm = compileColumn({ name: 'phone', type: 'phone' });

/** The one form of a login that all ways to write it have in common, as it is counted. */
export function countedLogin(login: string): string {
  return loginForms(login).at(-1) ?? '';
}

/** The forms of a login to look up, best first: as it is compared and, if it is written like one, as a phone number. */
function loginForms(login: string): string[] {
  const normalized = normalizeLogin(login);
  const phone = phoneForm(normalized);
  return typeof phone === 'string' && phone !== normalized ? [normalized, phone] : [normalized];
}

/** Everything that a membership's account signs in with in its organization, normalized, each once. */
export function loginsOf({ login, logins }: Pick<Membership, 'login' | 'logins'>): string[] {
  const all = [login, logins?.email, logins?.phone].filter((one) => one !== undefined);
  return [...new Set(all.map(normalizeLogin))];
}

/** Accounts, their memberships and their logins. */
export interface AccountRecords {
  /**
   * The account that a login names in one organization or, without one, in all of them if exactly one account
   * has it; with the memberships that the login was found in. Undefined if there is none, or more than one.
   */
  findByLogin(
    login: string,
    organization?: string,
  ): Promise<{ account: string; memberships: Membership[] } | undefined>;
  /**
   * The account and, if an organization is given, its membership there, whether the organization requires a second
   * factor of its administrators, whether its data is being dropped and what is switched off: all as they are this moment, in one read.
   */
  standing(
    account: string,
    organization?: string,
  ): Promise<{
    account: Account | undefined;
    membership: Membership | undefined;
    requiresSecondFactor?: boolean;
    isDropping?: boolean;
    /** What of the organization is switched off, if anything is. */
    featuresOff?: (keyof Features)[];
  }>;
  memberships(account: string): Promise<Membership[]>;
  /** Refuses the account's tokens issued before this second, from the next request on. */
  refuseTokensBefore(account: string, seconds: number): Promise<void>;
  /**
   * Keeps the time of a sign-in on the memberships that it was for and on their members, each membership with its
   * member or not at all.
   * @throws TransactionFailed if one of them is gone.
   */
  recordSignIn(memberships: readonly Membership[], at: string): Promise<void>;
}

/** Takes a login in an organization for an account; the condition does not hold if somebody has it. */
export function takeLogin(organization: string, login: string, account: string): Action {
  const index = tableShape.indexes.byLogin;
  const item = {
    ...keys.login(organization, login),
    [index.partitionKey]: keys.loginAnywhere(login),
    [index.sortKey]: `O#${organization}`,
    account,
  };
  return { put: item, condition: isAbsent };
}

/** Gives a login of an account back; the condition does not hold if the account does not have it. */
export function leaveLogin(organization: string, login: string, account: string): Action {
  return { delete: keys.login(organization, login), condition: attributeIs('account', account) };
}

/** The three actions that make an account with its first membership and the login of that membership. */
export function newAccountActions(account: Account, membership: Membership): [Action, Action, Action] {
  const { organization } = membership;
  return [
    { put: { ...keys.account(account.account), ...account }, condition: isAbsent },
    { put: { ...keys.membership(account.account, organization), ...membership }, condition: isAbsent },
    takeLogin(organization, normalizeLogin(membership.login), account.account),
  ];
}

/** Accounts in the table. */
export function accountRecords(table: Table): AccountRecords {
  const loginItems = async (login: string, organization: string | undefined): Promise<Item[]> => {
    const forms = loginForms(login);
    if (organization !== undefined) {
      const wanted = forms.map((form) => keys.login(organization, form));
      const items = await table.batchGet(wanted, { consistent: true });
      return items.filter((item) => item !== undefined).slice(0, 1);
    }
    const index = tableShape.indexes.byLogin;
    const found = await Promise.all(
      forms.map((form) =>
        table.query({
          IndexName: index.name,
          KeyConditionExpression: '#pk = :login',
          ExpressionAttributeNames: { '#pk': index.partitionKey },
          ExpressionAttributeValues: { ':login': keys.loginAnywhere(form) },
          Limit: loginMatchesMax,
        }),
      ),
    );
    return found.find(({ items }) => items.length > 0)?.items ?? [];
  };
  return {
    async findByLogin(login, organization) {
      const found = (await loginItems(login, organization)).map((item) =>
        parseItem(LoginItem, item, 'login'),
      );
      const [account, ...others] = new Set(found.map((item) => item.account));
      const isOne = account !== undefined && others.length === 0;
      const organizations = isOne ? found.map(({ loginSk }) => loginSk.slice('O#'.length)) : ['-'];
      // Read even where nobody was found, so that the time taken does not tell.
      const items = await table.batchGet(
        organizations.map((one) => keys.membership(account ?? '-', one)),
        { consistent: true },
      );
      if (!isOne) return undefined;
      return { account, memberships: items.filter((item) => item !== undefined).map(toMembership) };
    },
    async standing(account, organization) {
      const wanted = [keys.account(account)];
      if (organization !== undefined) {
        wanted.push(keys.membership(account, organization), keys.organization(organization));
      }
      const [own, membership, settings] = await table.batchGet(wanted, { consistent: true });
      const { requireSecondFactor, dropping, features } = parseItem(
        RequirementItem,
        settings ?? {},
        'organization',
      );
      return {
        account: own && parseItem(AccountItem, own, 'account'),
        membership: membership && toMembership(membership),
        ...(requireSecondFactor && { requiresSecondFactor: true }),
        ...(dropping !== undefined && { isDropping: true }),
        ...(features?.importExport === false && { featuresOff: ['importExport'] }),
      };
    },
    async memberships(account) {
      const all: Membership[] = [];
      const items = table.queryAll({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': keys.memberships(account), ':prefix': keys.membershipPrefix },
        ConsistentRead: true,
      });
      for await (const item of items) all.push(toMembership(item));
      return all;
    },
    async refuseTokensBefore(account, seconds) {
      await table.update({ key: keys.account(account), set: { tokensValidFromSeconds: seconds } });
    },
    async recordSignIn(memberships, at) {
      const actions = memberships.map((membership) => signedIn(membership, at));
      for (let start = 0; start < actions.length; start += signInsPerTransaction) {
        await table.transact(actions.slice(start, start + signInsPerTransaction).flat());
      }
    },
  };
}

/** A sign-in takes three actions. */
const signInsPerTransaction = Math.floor(transactionActionsMax / 3);

/** Leaves versions as they are: a sign-in is no change that an admin could be in the way of. */
function signedIn({ account, organization, externalId, activatedAt }: Membership, at: string): Action[] {
  const membership: Update = {
    key: keys.membership(account, organization),
    set: { lastSignInAt: at, ...(activatedAt === undefined && { activatedAt: at }) },
    condition: isPresent,
  };
  // An owner made by the operator is on no roster.
  if (externalId === undefined) return [{ update: membership }];
  const member: Update = {
    key: keys.member(organization, externalId),
    set: { lastSignInAt: at, activatedAt: activatedAt ?? at },
    condition: isPresent,
  };
  return [{ update: membership }, { update: member }, directoryChange(organization, [externalId])];
}

/** Reads a stored membership. @throws MusterError `corrupt_item` */
export function toMembership(item: Item): Membership {
  return parseItem(MembershipItem, item, 'membership');
}
