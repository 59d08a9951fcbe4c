import * as z from 'zod';
import type { Membership } from '../domain/organization.ts';
import { levels } from '../domain/permissions.ts';
import { keys, tableShape } from './keys.ts';
import { parseItem } from './parse-item.ts';
import { type Action, type Item, isAbsent, type Table } from './table.ts';

/** A person's sign-in. Tokens issued before `tokensValidFromSeconds` (Unix epoch) are refused everywhere. */
export interface Account {
  account: string;
  email: string;
  tokensValidFromSeconds: number;
  createdAt: string;
}

const AccountItem = z.object({
  account: z.string(),
  email: z.string(),
  tokensValidFromSeconds: z.int().min(0),
  createdAt: z.string(),
});

const MembershipItem = z.object({
  account: z.string(),
  organization: z.string(),
  level: z.enum(levels),
  login: z.string(),
  state: z.enum(['enabled', 'disabled']),
  externalId: z.string().optional(),
  tokensValidFromSeconds: z.int().min(0),
  version: z.int().min(1),
});

const LoginItem = z.object({ account: z.string(), loginSk: z.string() });

/** How many organizations' accounts a login without an organization is looked up in, to see whether it is unique. */
const loginMatchesMax = 50;

/** A login as it is compared: NFKC, without surrounding white space, in lower case. */
export function normalizeLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
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
  /** The account and, if an organization is given, its membership there, both as they are this moment. */
  standing(
    account: string,
    organization?: string,
  ): Promise<{ account: Account | undefined; membership: Membership | undefined }>;
  memberships(account: string): Promise<Membership[]>;
  /** Refuses the account's tokens issued before this second, from the next request on. */
  refuseTokensBefore(account: string, seconds: number): Promise<void>;
}

/** The three actions that make an account with its first membership and the login of that membership. */
export function newAccountActions(account: Account, membership: Membership): [Action, Action, Action] {
  const { organization } = membership;
  const login = normalizeLogin(membership.login);
  const index = tableShape.indexes.byLogin;
  const loginItem = {
    ...keys.login(organization, login),
    [index.partitionKey]: keys.loginAnywhere(login),
    [index.sortKey]: `O#${organization}`,
    account: account.account,
  };
  return [
    { put: { ...keys.account(account.account), ...account }, condition: isAbsent },
    { put: { ...keys.membership(account.account, organization), ...membership }, condition: isAbsent },
    { put: loginItem, condition: isAbsent },
  ];
}

/** Accounts in the table. */
export function accountRecords(table: Table): AccountRecords {
  const loginsOf = async (login: string, organization: string | undefined): Promise<Item[]> => {
    const normalized = normalizeLogin(login);
    if (organization !== undefined) {
      const item = await table.get(keys.login(organization, normalized), { consistent: true });
      return item === undefined ? [] : [item];
    }
    const index = tableShape.indexes.byLogin;
    const { items } = await table.query({
      IndexName: index.name,
      KeyConditionExpression: '#pk = :login',
      ExpressionAttributeNames: { '#pk': index.partitionKey },
      ExpressionAttributeValues: { ':login': keys.loginAnywhere(normalized) },
      Limit: loginMatchesMax,
    });
    return items;
  };
  return {
    async findByLogin(login, organization) {
      const found = (await loginsOf(login, organization)).map((item) => parseItem(LoginItem, item, 'login'));
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
      if (organization !== undefined) wanted.push(keys.membership(account, organization));
      const [own, membership] = await table.batchGet(wanted, { consistent: true });
      return {
        account: own && parseItem(AccountItem, own, 'account'),
        membership: membership && toMembership(membership),
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
  };
}

function toMembership(item: Item): Membership {
  return parseItem(MembershipItem, item, 'membership');
}
