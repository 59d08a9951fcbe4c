import * as z from 'zod';
import type { AuditEvent } from '../domain/audit.ts';
import { MusterError } from '../domain/errors.ts';
import { FeedPolicy } from '../domain/feed.ts';
import { ImportMode, OnRowErrors } from '../domain/import.ts';
import { defaultTimeZone } from '../domain/local-time.ts';
import { defaultMailLanguage, MailLanguage } from '../domain/mail.ts';
import type { Organization } from '../domain/organization.ts';
import type { Organizations } from '../domain/ports.ts';
import { defaultReminders, ReminderPolicy } from '../domain/reminders.ts';
import { type Column, RosterSchema } from '../domain/schema.ts';
import type { AuditTrail } from './audit.ts';
import { keys } from './keys.ts';
import { parseItem } from './parse-item.ts';
import {
  type Action,
  allOf,
  attributeIs,
  ConditionFailed,
  isAbsent,
  type Table,
  TransactionFailed,
  versionIs,
} from './table.ts';

const OrganizationItem = z.object({
  organization: z.string(),
  name: z.string(),
  hold: z.object({
    disabledShareMax: z.number(),
    disabledMembersMax: z.number(),
    secondAdministrator: z.boolean().optional(),
  }),
  importDefaults: z.object({
    mode: ImportMode,
    onRowErrors: OnRowErrors,
    approve: z.enum(['auto', 'review']),
  }),
  timeZone: z.string().default(defaultTimeZone),
  requireSecondFactor: z.boolean().optional(),
  inviteImported: z.boolean().optional(),
  registration: z.object({ isOpen: z.boolean(), columns: z.array(z.string()) }).optional(),
  mail: z.object({ from: z.string().optional(), replyTo: z.string().optional() }).optional(),
  language: MailLanguage.default(defaultMailLanguage),
  reminders: ReminderPolicy.default(defaultReminders),
  features: z.object({ importExport: z.boolean() }).optional(),
  feed: FeedPolicy.optional(),
  dropAll: z.object({ secondAdministrator: z.boolean(), relaxedAt: z.string().optional() }).optional(),
  dropping: z.string().optional(),
  era: z.int().optional(),
  schemaVersion: z.int().min(1),
  version: z.int().min(1),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** The adapter's port: what imports need of organizations, and what their admins change. */
export interface OrganizationRecords extends Organizations {
  /** Several organizations by id; one that is gone is left out. */
  several(organizations: readonly string[]): Promise<Map<string, Organization>>;
  /**
   * Changes settings; with an `event`, in one transaction with its audit entry.
   * @throws MusterError `precondition_failed` if the organization changed since `current` was read.
   */
  update(current: Organization, patch: Partial<Organization>, event?: AuditEvent): Promise<Organization>;
  /**
   * Stores the next version of the roster schema and makes it the one in force, in one transaction with the
   * audit entry; older ones stay. `settings` that do not go with it are changed along.
   * @throws MusterError `precondition_failed` if another version came in between.
   */
  putSchema(
    current: Organization,
    columns: Column[],
    event: AuditEvent,
    settings?: Partial<Organization>,
  ): Promise<RosterSchema>;
}

/**
 * The actions that make an organization with its first schema, for a transaction that makes its one owner too.
 * The condition of the first one, at its index, does not hold if the id is taken.
 */
export function newOrganizationActions(
  organization: Organization,
  columns: readonly Column[],
): [Action, Action, Action] {
  const id = organization.organization;
  return [
    { put: { ...keys.organization(id), ...organization }, condition: isAbsent },
    {
      put: schemaItem(id, { version: organization.schemaVersion, columns: [...columns] }),
      condition: isAbsent,
    },
    { put: { ...keys.owners(id), enabled: 1 }, condition: isAbsent },
  ];
}

function schemaItem(organization: string, schema: RosterSchema) {
  return { ...keys.schema(organization, schema.version), ...schema };
}

/** Organizations and their roster schemas in the table. `get` and `schema` throw `not_found`. */
export function organizationRecords(table: Table, audit: Pick<AuditTrail, 'commit'>): OrganizationRecords {
  const get = async (organization: string): Promise<Organization> => {
    const item = await table.get(keys.organization(organization), { consistent: true });
    if (item === undefined) throw new MusterError('not_found', `There is no organization ${organization}.`);
    return parseItem(OrganizationItem, item, 'organization');
  };
  return {
    get,
    async several(organizations) {
      const items = await table.batchGet(organizations.map(keys.organization));
      const found = items.filter((item) => item !== undefined);
      const parsed = found.map((item) => parseItem(OrganizationItem, item, 'organization'));
      return new Map(parsed.map((one) => [one.organization, one]));
    },
    async schema(organization, version) {
      const wanted = version ?? (await get(organization)).schemaVersion;
      const item = await table.get(keys.schema(organization, wanted), { consistent: true });
      if (item === undefined) throw new MusterError('not_found', `There is no roster schema ${wanted}.`);
      const { pk: _, sk: __, ...schema } = item;
      return parseItem(RosterSchema, schema, 'roster schema');
    },
    async update(current, patch, event) {
      const change = {
        key: keys.organization(current.organization),
        set: { ...patch, organization: current.organization, version: current.version + 1 },
        condition: versionIs(current.version),
      };
      try {
        if (event === undefined) {
          return parseItem(OrganizationItem, await table.update(change), 'organization');
        }
        await audit.commit(current.organization, event, [{ update: change }]);
        return await get(current.organization);
      } catch (error) {
        const isStale = error instanceof ConditionFailed || error instanceof TransactionFailed;
        if (isStale) throw changedMeanwhile(error);
        throw error;
      }
    },
    async putSchema(current, columns, event, settings) {
      const schema = { version: current.schemaVersion + 1, columns };
      const inForce = {
        key: keys.organization(current.organization),
        set: {
          ...settings,
          schemaVersion: schema.version,
          ...(settings && { version: current.version + 1 }),
        },
        condition: allOf(
          attributeIs('schemaVersion', current.schemaVersion),
          ...(settings ? [versionIs(current.version)] : []),
        ),
      };
      try {
        await audit.commit(current.organization, event, [
          { update: inForce },
          { put: schemaItem(current.organization, schema), condition: isAbsent },
        ]);
      } catch (error) {
        if (error instanceof TransactionFailed) throw changedMeanwhile(error);
        throw error;
      }
      return schema;
    },
  };
}

function changedMeanwhile(cause: unknown): MusterError {
  return new MusterError('precondition_failed', 'It was changed meanwhile. Read it again and repeat.', {
    cause,
  });
}
