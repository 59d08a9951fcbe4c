/** The request and response bodies of the HTTP API, as Zod schemas (design section 6). */
import * as z from 'zod';
import { auditActions } from './audit.ts';
import { bulkActions, bulkIdsMax, bulkJobActions, bulkJobStates, bulkOutcomes, narrows } from './bulk-job.ts';
import { columnRoles, columnTypes, dateFormats } from './column-kinds.ts';
import { rootDepartment } from './departments.ts';
import { dropStages, dropStates } from './drop.ts';
import { exportFormats, exportPresets } from './export.ts';
import { FeedPolicy, feedFileName } from './feed.ts';
import { delimiters, encodings } from './file-format.ts';
import { GroupName } from './group-name.ts';
import { matchWays } from './header.ts';
import {
  ChangeKind,
  changeKinds,
  ImportMode,
  ImportStatus,
  ImportStep,
  importKinds,
  importNoticeCodes,
  OnRowErrors,
} from './import.ts';
import { importActionNames, importNeeds } from './import-actions.ts';
import { invitationMethods, invitationStates } from './invitation.ts';
import { isTimeZone } from './local-time.ts';
import { MailAddress, MailKind, MailLanguage, MailState } from './mail.ts';
import { mappingModes } from './mapping.ts';
import { disabledByValues, MemberState } from './member.ts';
import { memberSorts } from './member-filter.ts';
import { defaultFeatures } from './organization.ts';
import { type Level, levels, permissions } from './permissions.ts';
import { presetIds } from './presets.ts';
import { closedRegistration, registrationColumnsMax } from './registration.ts';
import { ReminderPolicy } from './reminders.ts';
import { Column, columnsMax, RosterSchema } from './schema.ts';
import { scopeDepartmentsMax } from './scope.ts';

const count = z.int().min(0);
const time = z.iso.datetime();

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    places: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

const organizationId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'an organization id: a-z, 0-9 and hyphens');
const ulid = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'an id of 26 letters and digits');
const login = z.string().trim().min(1).max(254);
const password = z.string().min(1).max(256);

export const Params = {
  org: z.object({ org: organizationId }),
  import: z.object({ org: organizationId, importId: ulid }),
  department: z.object({ org: organizationId, departmentId: z.union([z.literal(rootDepartment), ulid]) }),
  role: z.object({ org: organizationId, roleId: ulid }),
  feedKey: z.object({ org: organizationId, keyId: ulid }),
  savedMapping: z.object({ org: organizationId, mappingId: z.string().regex(/^[0-9a-f]{32}$/) }),
  job: z.object({ org: organizationId, jobId: ulid }),
  export: z.object({ org: organizationId, exportId: ulid }),
  registration: z.object({ organization: organizationId }),
  member: z.object({ org: organizationId, memberId: z.string().min(1).max(200) }),
};

export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(2_000).optional(),
});

function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}

// Sessions and accounts

/** A page's session: the refresh token comes and goes in a cookie that no script reads, and in no body. */
const cookie = z.literal(true).optional();
export const SignIn = z
  .strictObject({ organization: organizationId.optional(), login, password, cookie })
  .meta({ id: 'SignIn' });
export const Tokens = z
  .object({ accessToken: z.string(), refreshToken: z.string().optional(), expiresInSeconds: count })
  .meta({ id: 'Tokens' });
export const Challenge = z
  .object({ challenge: z.enum(['NEW_PASSWORD_REQUIRED', 'SOFTWARE_TOKEN_MFA']), session: z.string() })
  .meta({ id: 'Challenge' });
const code = z.string().regex(/^\d{6}$/, 'six digits');
const challengeAnswer = {
  session: z.string().min(1).max(4_000),
  organization: organizationId.optional(),
  login,
  cookie,
};
export const ChallengeAnswer = z
  .discriminatedUnion('challenge', [
    z.strictObject({
      challenge: z.literal('NEW_PASSWORD_REQUIRED'),
      ...challengeAnswer,
      newPassword: password,
    }),
    z.strictObject({ challenge: z.literal('SOFTWARE_TOKEN_MFA'), ...challengeAnswer, code }),
  ])
  .meta({ id: 'ChallengeAnswer' });
export const Refresh = z
  .union([
    z.strictObject({ refreshToken: z.string().min(1).max(8_000) }),
    z.strictObject({ cookie: z.literal(true) }),
  ])
  .meta({ id: 'Refresh' });

export const PasswordChange = z
  .strictObject({ currentPassword: password, newPassword: password, cookie })
  .meta({ id: 'PasswordChange' });
/** `secret` is in base32, for typing; `uri` is for a QR code (Key URI Format). */
export const SecondFactorSecret = z
  .object({ secret: z.string(), uri: z.string() })
  .meta({ id: 'SecondFactorSecret' });
export const SecondFactorCode = z.strictObject({ code }).meta({ id: 'SecondFactorCode' });
export const PasswordProof = z.strictObject({ password }).meta({ id: 'PasswordProof' });

/** `email` sends the link to the account's address instead of showing it. */
export const ResetLinkInput = z
  .strictObject({ method: z.enum(['link', 'email']).default('link') })
  .meta({ id: 'ResetLinkInput' });
/** `url` is relative to the installation's one origin, and holds the token behind the `#`; absent where it was mailed. */
export const ResetLinkBody = z
  .object({ url: z.string().optional(), expiresAt: time })
  .meta({ id: 'ResetLink' });
export const ResetRequest = z
  .strictObject({ organization: organizationId.optional(), login })
  .meta({ id: 'ResetRequest' });
/** The answer to strangers, the same whatever came of it. */
export const Heard = z.object({ heard: z.literal(true) }).meta({ id: 'Heard' });
const linkToken = z.string().min(1).max(200);
export const LinkToken = z.strictObject({ token: linkToken }).meta({ id: 'LinkToken' });
export const ResetLinkView = z
  .object({ organization: z.string(), name: z.string(), username: z.string(), expiresAt: time })
  .meta({ id: 'ResetLinkView' });
export const ResetCompletion = z
  .strictObject({ token: linkToken, newPassword: password })
  .meta({ id: 'ResetCompletion' });

const FeaturesBody = z.object({ importExport: z.boolean() });

export const Me = z
  .object({
    account: z.string(),
    secondFactor: z.boolean(),
    memberships: z.array(
      z.object({
        organization: z.string(),
        name: z.string(),
        level: z.enum(levels),
        /** Those that a coordinator answers for, with all below: its permissions on members hold there. */
        departments: z.array(z.string()).optional(),
        login: z.string(),
        permissions: z.array(z.enum(permissions)),
        /** What is switched off is not to be shown (S2.6). */
        features: FeaturesBody,
      }),
    ),
  })
  .meta({ id: 'Me' });

export const Config = z
  .object({ apiUrl: z.string(), region: z.string(), stage: z.string(), version: z.string() })
  .meta({ id: 'Config' });

// Registration

/** What people are asked for, to prove that they are on the roster. */
export const RegistrationForm = z
  .object({
    name: z.string(),
    columns: z.array(
      z.object({ name: z.string(), type: z.enum(columnTypes), dateFormat: z.enum(dateFormats).optional() }),
    ),
  })
  .meta({ id: 'RegistrationForm' });
/** `values` are by column name, as typed. */
export const RegistrationInput = z
  .strictObject({
    organization: organizationId,
    values: z
      .record(z.string().min(1).max(100), z.string().max(1_000))
      .refine((values) => Object.keys(values).length <= registrationColumnsMax, 'too many values'),
  })
  .meta({ id: 'RegistrationInput' });

// Organization and schema

export const OrganizationSettings = z.strictObject({
  name: z.string().trim().min(1).max(200),
  hold: z.strictObject({
    disabledShareMax: z.number().min(0).max(1),
    disabledMembersMax: count.max(1_000_000),
    secondAdministrator: z.boolean().optional(),
  }),
  importDefaults: z.strictObject({
    mode: ImportMode,
    onRowErrors: OnRowErrors,
    approve: z.enum(['auto', 'review']),
  }),
  timeZone: z.string().max(100).refine(isTimeZone, 'a time zone as Europe/Paris or UTC'),
  requireSecondFactor: z.boolean().optional(),
  inviteImported: z.boolean().optional(),
  registration: z
    .strictObject({
      isOpen: z.boolean(),
      columns: z.array(z.string().min(1).max(100)).max(registrationColumnsMax),
    })
    .optional(),
  /** `from` is used where the installation allows its domain and SES has verified it, else the installation's own. */
  mail: z.strictObject({ from: MailAddress.optional(), replyTo: MailAddress.optional() }).optional(),
  language: MailLanguage,
  reminders: ReminderPolicy,
  /** Switched by an owner. */
  features: z.strictObject({ importExport: z.boolean() }).optional(),
  /** Files that are delivered without a person, by a key. */
  feed: FeedPolicy.optional(),
  /** Whether dropping all data takes a second administrator; switched off, it does for a day more. */
  dropAll: z.strictObject({ secondAdministrator: z.boolean() }).optional(),
});
// Not strict: what else is stored of an organization falls away from the answer.
export const Organization = z
  .object({
    ...OrganizationSettings.shape,
    requireSecondFactor: z.boolean().default(false),
    hold: z.object({
      disabledShareMax: z.number(),
      disabledMembersMax: count,
      secondAdministrator: z.boolean().default(false),
    }),
    inviteImported: z.boolean().default(false),
    registration: z.object({ isOpen: z.boolean(), columns: z.array(z.string()) }).default(closedRegistration),
    features: FeaturesBody.default(defaultFeatures),
    dropAll: z
      .object({ secondAdministrator: z.boolean(), relaxedAt: time.optional() })
      .default({ secondAdministrator: false }),
    /** The drop that is removing all data; no change is taken until it has ended. */
    dropping: z.string().optional(),
    organization: z.string(),
    version: count,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Organization' });
export const OrganizationPatch = OrganizationSettings.partial().meta({ id: 'OrganizationPatch' });

export const RosterSchemaBody = RosterSchema.meta({ id: 'RosterSchema' });
export const RosterSchemaInput = z
  .strictObject({ version: z.int().optional(), columns: z.array(Column).min(1).max(columnsMax) })
  .meta({ id: 'RosterSchemaInput' });
/** With a preset, the file of that system instead of one of the organization's own roster schema. */
export const TemplateQuery = z.object({
  format: z.enum(['csv', 'xlsx']).default('csv'),
  preset: z.enum(presetIds).optional(),
});
export const SchemaPresetList = z
  .object({ items: z.array(z.object({ preset: z.enum(presetIds), columns: z.array(Column) })) })
  .meta({ id: 'SchemaPresetList' });

// Mail

/** Without `language`, that of the organization. */
export const MailPreviewQuery = z.object({ kind: MailKind, language: MailLanguage.optional() });
export const MailPreview = z
  .object({
    subject: z.string(),
    html: z.string(),
    text: z.string(),
    /** The organization's own address, if it set one; whether it is verified shows when mails are sent. */
    from: z.string().optional(),
  })
  .meta({ id: 'MailPreview' });

// Reminders

/** Who gets a reminder next and when, as the roster and the settings are now. */
export const PlannedReminder = z.object({
  memberId: z.string(),
  name: z.string(),
  to: z.string().optional(),
  at: time,
  /** How many mails the invitation is with this one. */
  round: count,
});
export const PlannedReminders = listOf(PlannedReminder).meta({ id: 'PlannedReminders' });
export const UnsubscribeQuery = z.object({ token: z.string().min(20).max(200) });

// Feeds

/** `name` says whose key it is. */
export const FeedKeyInput = z
  .strictObject({ name: z.string().trim().min(1).max(100) })
  .meta({ id: 'FeedKeyInput' });
const feedKey = {
  keyId: z.string(),
  name: z.string(),
  createdAt: time,
  createdBy: z.string(),
  lastUsedAt: time.optional(),
};
export const FeedKeyBody = z.object(feedKey).meta({ id: 'FeedKey' });
/** `key` is in this answer and nowhere else. */
export const FeedKeyMade = z.object({ ...feedKey, key: z.string() }).meta({ id: 'FeedKeyMade' });
export const FeedKeyList = listOf(FeedKeyBody).meta({ id: 'FeedKeyList' });
/** The key goes into the header `Authorization: Bearer <key>`. */
export const FeedUpload = z
  .strictObject({ fileName: z.string().regex(feedFileName, 'a name that ends in .csv, .zip or .xlsx') })
  .meta({ id: 'FeedUpload' });
export const FeedUploadTicket = z
  .object({
    upload: z.object({ url: z.string(), fields: z.record(z.string(), z.string()) }),
    expiresInSeconds: count,
  })
  .meta({ id: 'FeedUploadTicket' });

// Dropping all data

/** `email` is the caller's own, typed (S0.24); `dryRun` only tells what would be removed. */
export const DropInput = z
  .strictObject({ email: z.string().min(1).max(254), dryRun: z.literal(false).optional() })
  .or(z.strictObject({ dryRun: z.literal(true), email: z.string().max(254).optional() }))
  .meta({ id: 'DropInput' });
export const DropConfirmation = z
  .strictObject({ email: z.string().min(1).max(254) })
  .meta({ id: 'DropConfirmation' });
/** `losingAccess` counts those on the roster with an account by level, but for the caller, who keeps the own access. */
export const DropPreview = z
  .object({
    members: count,
    losingAccess: z.record(z.enum(levels), count),
    /** There are more than were counted. */
    losingAccessAtLeast: z.boolean(),
    /** The caller is a member, and will be an owner who is on no roster. */
    callerOnRoster: z.boolean(),
    needsConfirmation: z.boolean(),
  })
  .meta({ id: 'DropPreview' });
export const DropBody = z
  .object({
    dropId: z.string(),
    state: z.enum(dropStates),
    stage: z.enum(dropStages),
    counts: z.object({
      members: count,
      accounts: count,
      imports: count,
      jobs: count,
      exports: count,
      files: count,
      auditEntries: count,
    }),
    askedBy: z.string(),
    confirmedBy: z.string().optional(),
    /** A second administrator has to confirm before. */
    confirmUntil: time.optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    createdAt: time,
    updatedAt: time,
    endedAt: time.optional(),
  })
  .meta({ id: 'Drop' });

// Audit

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
/** `from` is included, `to` is not; `sort` is by time, newest first unless `time`. */
export const AuditQuery = Page.extend({
  subject: z.string().min(1).max(200).optional(),
  action: z.enum(auditActions).optional(),
  from: moment.optional(),
  to: moment.optional(),
  sort: z.enum(['-time', 'time']).default('-time'),
});
const fields = z.record(z.string(), z.unknown());
// Loose, and not strict about what is stored: an entry that was tampered with must reach whoever verifies the chain.
export const AuditEntry = z
  .looseObject({
    sequence: z.int(),
    at: z.string(),
    action: z.enum(auditActions),
    actor: z.looseObject({
      account: z.string(),
      login: z.string(),
      address: z.string().optional(),
      via: z.string().optional(),
    }),
    subject: z.string(),
    before: fields.optional(),
    after: fields.optional(),
    details: fields.optional(),
    previousHash: z.string(),
    hash: z.string(),
    salt: z.string().optional(),
    /** What it said of persons was dropped with all data. */
    erased: z.literal(true).optional(),
  })
  .meta({ id: 'AuditEntry' });
export const AuditList = listOf(AuditEntry)
  .extend({ head: z.object({ sequence: count, hash: z.string() }).optional() })
  .meta({ id: 'AuditList' });

// Imports

export const ImportInput = z
  .strictObject({
    fileName: z.string().trim().min(1).max(255),
    mode: ImportMode.optional(),
    onRowErrors: OnRowErrors.optional(),
    approve: z.enum(['auto', 'review']).optional(),
    mapping: z.enum(mappingModes).optional(),
    encoding: z.enum(encodings).optional(),
    delimiter: z.enum(delimiters).optional(),
  })
  .meta({ id: 'ImportInput' });

export const ImportTicket = z
  .object({
    importId: z.string(),
    upload: z.object({ url: z.string(), fields: z.record(z.string(), z.string()) }),
  })
  .meta({ id: 'ImportTicket' });

const Counts = z.object({
  rows: count,
  added: count,
  updated: count,
  reactivated: count,
  disabled: count,
  disabledByFile: count,
  unchanged: count,
  skipped: count,
  rejected: count,
  excluded: count,
  conflicts: count,
  protected: count.default(0),
  removed: count.default(0),
  kept: count.default(0),
});

/**
 * `actions` are what the caller can do now; `waitsFor` is what the import needs of somebody to go on. `stale`: members
 * changed since the plan was made, `changedMembers` of them and perhaps others; what the plan would change of them is left
 * alone when it is applied, and a replan compares with them as they are.
 */
export const ImportBody = z
  .object({
    importId: z.string(),
    kind: z.enum(importKinds).default('file'),
    actions: z.array(z.enum(importActionNames)),
    waitsFor: z.enum(importNeeds).optional(),
    fileName: z.string(),
    mode: ImportMode,
    onRowErrors: OnRowErrors,
    approve: z.enum(['auto', 'review']),
    mapping: z.enum(mappingModes).optional(),
    encoding: z.string().optional(),
    delimiter: z.string().optional(),
    status: ImportStatus,
    step: ImportStep,
    uploadedBy: z.string(),
    /** It was delivered without a person. */
    source: z.literal('feed').optional(),
    createdAt: time,
    updatedAt: time,
    counts: Counts,
    progress: z.object({ done: count, total: count }).optional(),
    columns: z
      .object({
        mapped: z.record(z.string(), z.string()),
        ignored: z.array(z.string()),
        dropped: z.array(z.string()).optional(),
        missing: z.array(z.string()),
      })
      .optional(),
    notices: z
      .array(z.object({ code: z.enum(importNoticeCodes), message: z.string(), rows: count }))
      .optional(),
    mappingChoice: z.object({ by: z.string(), at: time }).optional(),
    file: z
      .object({
        bytes: count,
        inflatedBytes: count,
        sha256: z.string(),
        encoding: z.string(),
        format: z.string(),
        delimiter: z.string(),
      })
      .optional(),
    departmentsToCreate: z.array(z.string()).optional(),
    departmentsToCreateCount: count.optional(),
    hold: z
      .object({
        reason: z.enum(['mass_change', 'unreadable_rows']),
        message: z.string(),
        disabling: count,
        members: count,
        secondApproval: z
          .object({ required: z.literal(true), by: z.string().optional(), at: time.optional() })
          .optional(),
      })
      .optional(),
    planVersion: count.optional(),
    stale: z.literal(true).optional(),
    changedMembers: count.optional(),
    selection: z
      .object({ by: z.string(), at: time, kinds: z.array(ChangeKind), excludedCount: count })
      .optional(),
    approval: z
      .object({
        by: z.string(),
        at: time,
        kinds: z.array(ChangeKind),
        excludedCount: count,
        second: z.object({ by: z.string(), at: time }).optional(),
      })
      .optional(),
    undoOf: z.string().optional(),
    undoneBy: z.string().optional(),
    undoUntil: time.optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'Import' });

export const ImportList = listOf(ImportBody).meta({ id: 'ImportList' });
/** Without `import` where none is unfinished. */
export const UnfinishedImport = z.object({ import: ImportBody.optional() }).meta({ id: 'UnfinishedImport' });
/** `externalId` is one member's; `q` is a text in the identifier or in a value that the change writes, case and accents aside. */
export const ChangesQuery = Page.extend({
  kind: ChangeKind.optional(),
  externalId: z.string().min(1).max(200).optional(),
  q: z.string().trim().max(200).optional(),
});
export const ChangeList = listOf(
  z
    .object({
      kind: ChangeKind,
      externalId: z.string(),
      line: z.int().optional(),
      fields: z.record(z.string(), z.object({ before: z.string().nullable(), after: z.string().nullable() })),
      protectedFields: z
        .record(z.string(), z.object({ kept: z.string().nullable(), file: z.string().nullable() }))
        .optional(),
      excluded: z.boolean(),
      outcome: z.enum(['applied', 'excluded', 'conflict']).optional(),
    })
    .meta({ id: 'Change' }),
).meta({ id: 'ChangeList' });
export const RejectList = listOf(
  z
    .object({
      line: z.int(),
      externalId: z.string().optional(),
      column: z.string().optional(),
      code: z.string(),
      message: z.string(),
      value: z.string().optional(),
    })
    .meta({ id: 'Reject' }),
).meta({ id: 'RejectList' });

/** How the beginning of the file is to be read for once, in place of how it was read. */
export const MappingQuery = z
  .object({ encoding: z.enum(encodings), delimiter: z.enum(delimiters) })
  .partial();
/**
 * What the headers seem to mean: `column` is the one proposed and `by` why, `dropped` that a saved mapping leaves it out,
 * and `password` that it can only be dropped.
 * `samples` are a few values from the first rows.
 */
export const ProposedMapping = z
  .object({
    headers: z.array(
      z.object({
        name: z.string(),
        samples: z.array(z.string()),
        column: z.string().optional(),
        by: z.enum(matchWays).optional(),
        dropped: z.literal(true).optional(),
        password: z.literal(true).optional(),
      }),
    ),
    columns: z.array(
      z.object({ name: z.string(), required: z.boolean(), role: z.enum(columnRoles).optional() }),
    ),
    encoding: z.string(),
    delimiter: z.string(),
    format: z.string(),
    encodings: z.array(z.string()),
    delimiters: z.array(z.string()),
    preset: z.enum(presetIds).optional(),
  })
  .meta({ id: 'ProposedMapping' });
/** By header what becomes of it; each header of the file is named. `keep` adds a text column to the roster. */
export const MappingInput = z
  .strictObject({
    columns: z
      .record(
        z.string(),
        z.union([
          z.strictObject({ column: z.string().max(200) }),
          z.strictObject({ keep: z.literal(true) }),
          z.strictObject({ drop: z.literal(true) }),
        ]),
      )
      .default({}),
    encoding: z.enum(encodings).optional(),
    delimiter: z.enum(delimiters).optional(),
    save: z.boolean().default(true),
  })
  .meta({ id: 'MappingInput' });
const meaning = z.union([z.object({ column: z.string() }), z.object({ drop: z.literal(true) })]);
/** What a header means, kept for the next file with the same one. */
export const SavedMappingBody = z
  .object({
    mappingId: z.string(),
    headers: z.record(z.string(), meaning),
    fileName: z.string(),
    savedBy: z.string(),
    savedAt: time,
  })
  .meta({ id: 'SavedMapping' });
export const SavedMappingList = listOf(SavedMappingBody).meta({ id: 'SavedMappingList' });
/** What of a plan is wanted while it is reviewed. */
export const Selection = z
  .object({ kinds: z.array(ChangeKind), exclude: z.array(z.string()), import: ImportBody })
  .meta({ id: 'Selection' });
export const SelectionInput = z
  .strictObject({
    kinds: z
      .array(ChangeKind)
      .min(1)
      .default([...changeKinds]),
    exclude: z.array(z.string().min(1).max(200)).max(1_000).default([]),
    planVersion: count.optional(),
  })
  .meta({ id: 'SelectionInput' });

/**
 * Without `kinds` and `exclude` what is selected in the plan; else all without `kinds`, everybody without `exclude`.
 * `planVersion` names the plan that was looked at; it has to where there was more than one. Where two administrators
 * approve, what both of them did is applied.
 */
export const Approval = z
  .strictObject({
    kinds: z.array(ChangeKind).min(1).optional(),
    exclude: z.array(z.string().min(1).max(200)).max(1_000).optional(),
    confirmHold: z.boolean().optional(),
    planVersion: count.optional(),
  })
  .meta({ id: 'Approval' });

/** `rows=rejects`: the rejected rows under the columns of the file, to be corrected and imported again. */
export const ReportQuery = z.object({
  format: z.enum(exportFormats).default('csv'),
  rows: z.enum(['all', 'rejects']).default('all'),
});
export const Download = z.object({ url: z.string(), expiresInSeconds: count }).meta({ id: 'Download' });

// Members

const invitationFields = {
  method: z.enum(invitationMethods),
  rounds: count,
  sentAt: time,
  validUntil: time,
  to: z.string().optional(),
};

/**
 * `departments` and `roles` are ids; `departmentPaths` are those of the departments, in their order, the root's being the
 * organization's name.
 */
export const MemberBody = z
  .object({
    memberId: z.string(),
    externalId: z.string(),
    state: MemberState,
    disabledBy: z.enum(disabledByValues).optional(),
    name: z.string(),
    values: z.record(z.string(), z.string()),
    username: z.string().optional(),
    email: z.string().optional(),
    phone: z.string().optional(),
    activeFrom: z.string().optional(),
    activeUntil: z.string().optional(),
    departments: z.array(z.string()),
    departmentPaths: z.array(z.string()),
    roles: z.array(z.string()),
    protectedColumns: z.array(z.string()).optional(),
    version: count,
    createdAt: time,
    updatedAt: time,
    activatedAt: time.optional(),
    lastSignInAt: time.optional(),
    invitation: z.object({ state: z.enum(invitationStates), ...invitationFields }).optional(),
  })
  .meta({ id: 'Member' });
/**
 * How a member with an account signs in; `username` is as it is compared, `email` and `phone` are those that it signs
 * in with (S0.16), `departments` those that a coordinator answers for. Times are of sign-ins here.
 */
const AccountBody = z
  .object({
    username: z.string(),
    level: z.enum(levels),
    departments: z.array(z.string()).optional(),
    state: z.enum(['enabled', 'disabled']),
    email: z.string().optional(),
    phone: z.string().optional(),
    activatedAt: time.optional(),
    lastSignInAt: time.optional(),
  })
  .meta({ id: 'MemberAccount' });
/** Somebody whose level is above `member`; `memberId` and `name` are absent for one who is on no roster. */
export const AdministratorBody = AccountBody.extend({
  memberId: z.string().optional(),
  name: z.string().optional(),
}).meta({ id: 'Administrator' });
export const AdministratorsQuery = Page.extend({ level: z.enum(levels).exclude(['member']).optional() });
/** `owners` are all those that are enabled. */
export const AdministratorList = listOf(AdministratorBody)
  .extend({ owners: count })
  .meta({ id: 'AdministratorList' });
export const MemberDetails = MemberBody.extend({
  createdBy: z.string().optional(),
  account: AccountBody.optional(),
}).meta({ id: 'MemberDetails' });
export const MemberWithPassword = MemberDetails.extend({ oneTimePassword: z.string().optional() }).meta({
  id: 'MemberWithPassword',
});

const memberFields = {
  values: z.record(z.string().min(1).max(100), z.string().max(10_000).nullable()).optional(),
  departments: z.array(Params.department.shape.departmentId).max(200).optional(),
  roles: z.array(ulid).max(200).optional(),
  protectedColumns: z.array(z.string().min(1).max(100)).max(200).optional(),
};
const scope = z.array(ulid).min(1).max(scopeDepartmentsMax);
/** Departments are the bounds of a coordinator: that level has some, and no other one. */
function withScope<T extends z.ZodType<{ level?: Level | undefined; departments?: string[] | undefined }>>(
  shape: T,
) {
  return shape.refine(({ level, departments }) => (level === 'coordinator') === (departments !== undefined), {
    path: ['departments'],
    message: 'A coordinator has departments, and no other level has.',
  });
}
/** How a member is to sign in. A level is given with a new account only. */
export const AccountInput = withScope(
  z.strictObject({
    username: z.string().max(1_000),
    email: z.string().max(1_000).optional(),
    level: z.enum(levels).optional(),
    departments: scope.optional(),
  }),
).meta({ id: 'AccountInput' });
export const LevelInput = withScope(
  z.strictObject({ level: z.enum(levels), departments: scope.optional() }),
).meta({ id: 'LevelInput' });
export const MemberInput = z
  .strictObject({
    ...memberFields,
    account: AccountInput.optional(),
  })
  .meta({ id: 'MemberInput' });
export const MemberRemoval = z.object({ transferTo: Params.member.shape.memberId.optional() });
/**
 * `immediate`: nobody has to take anything over. `departments` are those that a coordinator answers for, `imports`
 * those uploaded and not ended.
 */
export const RemovalPreview = z
  .object({
    memberId: z.string(),
    immediate: z.boolean(),
    responsibilities: z.object({
      departments: z.array(z.object({ id: z.string(), path: z.string() })),
      imports: z.array(z.object({ importId: z.string(), fileName: z.string(), step: ImportStep })),
    }),
  })
  .meta({ id: 'RemovalPreview' });
export const MemberPatch = z.strictObject(memberFields).meta({ id: 'MemberPatch' });
/** `behind`: many members changed just now, and the list does not know all of them yet. */
export const MemberList = listOf(MemberBody)
  .extend({ behind: z.literal(true).optional() })
  .meta({ id: 'MemberList' });
function someOf<T extends z.ZodType>(one: T) {
  return z.union([one, z.array(one).max(100)]).transform((given) => [given].flat() as z.output<T>[]);
}
/**
 * Which members are meant, as a query and as a body. `department` is with those below unless `below` is false;
 * `lastSignIn=never` and `activated=never` are those it never happened to; `…From` is included, `…To` is not.
 */
export const MemberFilterInput = z
  .strictObject({
    q: z.string().trim().max(200),
    status: someOf(MemberState),
    department: someOf(z.union([z.literal(rootDepartment), ulid])),
    below: z.union([z.boolean(), z.stringbool()]),
    role: someOf(ulid),
    group: z.string().trim().min(1).max(1_000),
    lastSignIn: z.literal('never'),
    lastSignInFrom: moment,
    lastSignInTo: moment,
    activated: z.literal('never'),
    activatedFrom: moment,
    activatedTo: moment,
  })
  .partial()
  .meta({ id: 'MemberFilter' });
export const MembersQuery = Page.extend({
  ...MemberFilterInput.shape,
  sort: z.enum(memberSorts).default('name'),
});
export const Summary = z
  .object({ total: count, enrolled: count, enabled: count, disabled: count, notJoined: count })
  .meta({ id: 'Summary' });

// Invitations

export const InviteInput = z.strictObject({ method: z.enum(invitationMethods) }).meta({ id: 'InviteInput' });
/** `url` comes with the method `link` alone: relative to the one origin, with the token behind the `#`. */
export const InviteResult = z
  .object({ url: z.string().optional(), expiresAt: time, member: MemberDetails })
  .meta({ id: 'InviteResult' });
export const InvitationsQuery = Page.extend({
  q: z.string().trim().max(200).optional(),
  state: z.enum(invitationStates).optional(),
});
/** A member without an account. `delivery` is how far the mail of the last round is, and since when. */
export const InvitationBody = z
  .object({
    memberId: z.string(),
    name: z.string(),
    email: z.string().optional(),
    departments: z.array(z.string()),
    state: z.enum(invitationStates),
    ...z.object(invitationFields).partial().shape,
    rounds: count,
    delivery: z.object({ state: MailState, at: time, code: z.string().optional() }).optional(),
  })
  .meta({ id: 'Invitation' });
export const InvitationList = listOf(InvitationBody)
  .extend({ behind: z.literal(true).optional() })
  .meta({ id: 'InvitationList' });
/** `organization` is its id, `name` its name; `email` is masked. */
export const InvitationView = z
  .object({
    organization: z.string(),
    name: z.string(),
    memberName: z.string(),
    email: z.string().optional(),
    expiresAt: time,
    state: z.enum(invitationStates),
  })
  .meta({ id: 'InvitationView' });
export const InvitationAcceptance = z
  .strictObject({ token: linkToken, username: z.string().max(1_000), password })
  .meta({ id: 'InvitationAcceptance' });
/** Without `username` the account keeps the one it has elsewhere. */
export const InvitationJoining = z
  .strictObject({ token: linkToken, username: z.string().max(1_000).optional() })
  .meta({ id: 'InvitationJoining' });
export const JoinedMembership = z
  .object({ organization: z.string(), name: z.string(), username: z.string() })
  .meta({ id: 'JoinedMembership' });

// Bulk actions

const isUnique = (ids: readonly string[]) => new Set(ids).size === ids.length;
/** Members named one by one. */
const memberIds = z
  .array(z.string().min(1).max(200))
  .min(1)
  .max(bulkIdsMax)
  .refine(isUnique, 'names a member twice');
export const InvitationsInput = z.strictObject({ ids: memberIds }).meta({ id: 'InvitationsInput' });
/**
 * Who is meant is said in exactly one way: by `ids`, by a `filter` that leaves somebody out, or by `all: true`. So
 * a filter that was forgotten, or came empty from a form, acts on nobody. `dryRun` only counts.
 */
export const BulkInput = z
  .strictObject({
    action: z.enum(bulkActions),
    ids: memberIds.optional(),
    filter: MemberFilterInput.optional(),
    all: z.literal(true).optional(),
    dryRun: z.boolean().optional(),
    confirmHold: z.boolean().optional(),
  })
  .refine(({ ids, filter, all }) => [ids, filter, all].filter((one) => one !== undefined).length === 1, {
    message: 'needs exactly one of ids, filter and all',
  })
  .refine(({ filter }) => filter === undefined || narrows(filter), {
    path: ['filter'],
    message: 'leaves nobody out; to act on everybody give all: true instead',
  })
  .meta({ id: 'BulkInput' });
/** `email` is the caller's own, typed. */
export const UsernamesClearing = z
  .strictObject({ email: z.string().trim().min(1).max(254) })
  .meta({ id: 'UsernamesClearing' });
export const BulkResume = z.strictObject({ confirmHold: z.boolean().optional() }).meta({ id: 'BulkResume' });
/** `atLeast` tells that counting stopped there. `hold` is why `confirmHold` will be needed. */
export const BulkPreview = z
  .object({ matched: count, atLeast: z.boolean(), hold: z.string().optional() })
  .meta({ id: 'BulkPreview' });
export const BulkJobBody = z
  .object({
    jobId: z.string(),
    action: z.enum(bulkJobActions),
    state: z.enum(bulkJobStates),
    ids: count.optional(),
    filter: z.record(z.string(), z.unknown()).optional(),
    all: z.literal(true).optional(),
    undoOf: z.string().optional(),
    undoneBy: z.string().optional(),
    counts: z.object({ matched: count, done: count, unchanged: count, failed: count, kept: count }),
    behind: z.boolean().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    createdBy: z.string(),
    actingLogin: z.string(),
    createdAt: time,
    updatedAt: time,
    endedAt: time.optional(),
  })
  .meta({ id: 'BulkJob' });
export const BulkResultsQuery = Page.extend({ outcome: z.enum(bulkOutcomes).optional() });
export const BulkResultList = listOf(
  z
    .object({
      memberId: z.string(),
      /** As it is now; absent for a member that is not there any more, or that the caller does not see. */
      name: z.string().optional(),
      outcome: z.enum(bulkOutcomes),
      code: z.string().optional(),
      message: z.string().optional(),
    })
    .meta({ id: 'BulkResult' }),
).meta({ id: 'BulkResultList' });

// Exports

/**
 * `columns` are names of the roster schema's, in the order of the file, for the preset `roster` alone; without them it is
 * all, but emails and phones only as the options say. `filter` is that of the list of members.
 */
export const ExportInput = z
  .strictObject({
    format: z.enum(exportFormats),
    preset: z.enum(exportPresets).default('roster'),
    columns: z.array(z.string().min(1).max(100)).min(1).max(200).optional(),
    filter: MemberFilterInput.optional(),
    includeEmails: z.boolean().optional(),
    includePhones: z.boolean().optional(),
    byteOrderMark: z.boolean().default(true),
  })
  .meta({ id: 'ExportInput' });
const jobError = z.object({ code: z.string(), message: z.string() });
const progress = z.object({ done: count, total: count });
/** `progress` counts members that were looked at; `rows` are those in the file, which is there until `expiresAt`. */
export const ExportBody = z
  .object({
    exportId: z.string(),
    format: z.enum(exportFormats),
    preset: z.enum(exportPresets),
    columns: z.array(z.string()),
    includeEmails: z.boolean(),
    includePhones: z.boolean(),
    byteOrderMark: z.boolean(),
    filter: z.record(z.string(), z.unknown()).optional(),
    status: ImportStatus,
    progress,
    fileName: z.string(),
    rows: count.optional(),
    bytes: count.optional(),
    error: jobError.optional(),
    createdBy: z.string(),
    createdAt: time,
    updatedAt: time,
    endedAt: time.optional(),
    expiresAt: time.optional(),
  })
  .meta({ id: 'Export' });
export const ExportList = listOf(ExportBody).meta({ id: 'ExportList' });

// Jobs of all kinds

/**
 * What the jobs of all kinds have in common. `jobId` is the import's or export's id for those; `status` is in the words of
 * imports, `progress` in rows, changes or members.
 */
const jobFields = {
  jobId: z.string(),
  status: ImportStatus,
  progress: progress.optional(),
  error: jobError.optional(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  endedAt: time.optional(),
};
/** An import, an export or an action on many members; each has what its own call shows, as far as a list needs it. */
export const JobBody = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('import'),
      ...jobFields,
      fileName: z.string(),
      mode: ImportMode,
      step: ImportStep,
      counts: Counts,
      actions: z.array(z.enum(importActionNames)),
      waitsFor: z.enum(importNeeds).optional(),
    }),
    z.object({
      kind: z.literal('export'),
      ...jobFields,
      fileName: z.string(),
      format: z.enum(exportFormats),
      preset: z.enum(exportPresets),
      rows: count.optional(),
      expiresAt: time.optional(),
    }),
    z.object({ kind: z.literal('bulk'), ...BulkJobBody.shape, ...jobFields }),
  ])
  .meta({ id: 'Job' });
export const JobList = listOf(JobBody).meta({ id: 'JobList' });

// Departments and roles

/**
 * `path` is `A / B / C` from below the root; `members` are those in the department itself, absent where the caller does
 * not see them. The root has no `parent`.
 */
export const DepartmentBody = z
  .object({
    id: z.string(),
    name: z.string(),
    parent: z.string().optional(),
    path: z.string(),
    members: count.optional(),
    version: count,
  })
  .meta({ id: 'Department' });
/** The whole tree, the root first, each department before those below it, siblings by name. */
export const DepartmentTree = z
  .object({ items: z.array(DepartmentBody), version: count })
  .meta({ id: 'DepartmentTree' });
const departmentId = Params.department.shape.departmentId;
export const DepartmentInput = z
  .strictObject({ name: GroupName, parent: departmentId.default(rootDepartment) })
  .meta({ id: 'DepartmentInput' });
export const DepartmentPatch = z
  .strictObject({ name: GroupName.optional(), parent: departmentId.optional() })
  .meta({ id: 'DepartmentPatch' });
export const DepartmentDeletion = z.object({ transferTo: departmentId.optional() });

export const RoleBody = z
  .object({ id: z.string(), name: z.string(), members: count.optional(), version: count })
  .meta({ id: 'Role' });
export const RoleList = z.object({ items: z.array(RoleBody) }).meta({ id: 'RoleList' });
export const RoleInput = z.strictObject({ name: GroupName }).meta({ id: 'RoleInput' });
