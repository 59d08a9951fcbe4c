import { changedFields } from 'roster/domain/audit';
import { type DropPolicy, settledPolicy } from 'roster/domain/drop';
import { MusterError } from 'roster/domain/errors';
import type { HoldPolicy } from 'roster/domain/import';
import { type Features, featuresOf } from 'roster/domain/organization';
import { type Level, mayDo } from 'roster/domain/permissions';
import { presets } from 'roster/domain/presets';
import { checkRegistration, closedRegistration, openColumns } from 'roster/domain/registration';
import { checkSchema } from 'roster/domain/schema';
import { samplePreset, sampleRoster } from 'roster/domain/template';
import { type Deps, deps } from 'roster/lambda/deps';
import { expectDelivery, requireRecipients } from 'roster/lambda/feed-recipients';
import { actorOf, type HttpHandlers, httpFunction, requireVersion } from 'roster/lambda/http';
import { previewMail } from 'roster/lambda/mail-preview';
import { templateFile } from 'roster/lambda/template';

const handlers: HttpHandlers<'organization', Deps> = {
  async getOrganization({ params }, { organizations }) {
    const body = await organizations.get(params.org);
    return { status: 200, version: body.version, body };
  },

  async updateOrganization(
    { params, body: patch, ifMatch, ...call },
    { organizations, accounts, feeds, clock },
  ) {
    const current = await organizations.get(params.org);
    requireVersion(ifMatch, current.version);
    requireRename(call.caller.level, current.name, patch.name);
    requireSwitch(call.caller.level, featuresOf(current), patch.features);
    requireForHold(call.caller.level, current.hold, patch.hold);
    requireForDrop(call.caller.level, current.dropAll, patch.dropAll);
    if (patch.requireSecondFactor === true && !current.requireSecondFactor) {
      requireOwnSecondFactor((await accounts.standing(call.caller.account)).account);
    }
    if (patch.registration !== undefined) {
      const { columns } = await organizations.schema(params.org, current.schemaVersion);
      checkRegistration(patch.registration, columns);
    }
    if (patch.feed !== undefined) await requireRecipients({ accounts }, params.org, patch.feed);
    const dropAll = patch.dropAll && settledPolicy(current.dropAll, patch.dropAll, clock());
    // A hold that says nothing of the second administrator leaves that as it is.
    const hold = patch.hold && { ...current.hold, ...patch.hold };
    const changes = { ...patch, ...(hold && { hold }), ...(dropAll && { dropAll }) };
    const settings = { ...changes, updatedAt: clock().toISOString() };
    const body = await organizations.update(current, settings, {
      action: 'organization.update',
      actor: actorOf(call),
      subject: params.org,
      ...changedFields(current, changes),
    });
    await expectDelivery(feeds, body, clock());
    return { status: 200, version: body.version, body };
  },

  async previewMail({ params, query }, { organizations }) {
    const { name, language, timeZone, mail } = await organizations.get(params.org);
    // Links lead to the site on which the preview is looked at.
    const sender = { organizationName: name, language: query.language ?? language, timeZone, siteUrl: '' };
    const body = await previewMail(query.kind, sender);
    return { status: 200, body: { ...body, ...(mail?.from !== undefined && { from: mail.from }) } };
  },

  async getSchema({ params }, { organizations }) {
    const body = await organizations.schema(params.org);
    return { status: 200, version: body.version, body };
  },

  // The body's own version is not compared, so that a schema read from one organization can be given to another.
  async putSchema({ params, body: { columns }, ifMatch, ...call }, { organizations }) {
    checkSchema(columns);
    const current = await organizations.get(params.org);
    requireVersion(ifMatch, current.schemaVersion);
    const before = await organizations.schema(params.org, current.schemaVersion);
    // Nobody can prove anything any more by a column that is gone.
    const isClosed = current.registration?.isOpen === true && !openColumns(current.registration, columns);
    const event = {
      action: 'schema.update' as const,
      actor: actorOf(call),
      subject: params.org,
      before: { ...before },
      after: { version: before.version + 1, columns },
      ...(isClosed && { details: { registrationClosed: true } }),
    };
    const settings = isClosed ? { registration: closedRegistration } : undefined;
    const body = await organizations.putSchema(current, columns, event, settings);
    return { status: 200, version: body.version, body };
  },

  async listAudit({ params, query }, { audit }) {
    const { sort, ...rest } = query;
    const page = await audit.list(params.org, { ...rest, ascending: sort === 'time' });
    const head = await audit.head(params.org);
    const items = page.items.map((entry) => ({ ...entry, actor: { ...entry.actor } }));
    return { status: 200, body: { ...page, items, ...(head && { head }) } };
  },

  async getSchemaTemplate({ params, query }, { organizations }) {
    const { columns } = await organizations.schema(params.org);
    const sample = query.preset === undefined ? sampleRoster(columns) : samplePreset(query.preset);
    return { status: 200, file: await templateFile(sample, query.format) };
  },

  async listSchemaPresets() {
    const items = presets.map(({ id, columns }) => ({ preset: id, columns: [...columns] }));
    return { status: 200, body: { items } };
  },
};

/** The name is the owner's to change (S3.2); others may send it as it is. @throws MusterError `forbidden` */
function requireRename(level: Level, current: string, wanted: string | undefined): void {
  if (wanted === undefined || wanted === current || mayDo(level, 'organization.rename')) return;
  throw new MusterError('forbidden', 'Only the owner renames the organization.');
}

/**
 * Where two administrators have to approve, neither of them takes that away, nor moves the bounds from which on they
 * do: that is for those who answer for security. @throws MusterError `forbidden`
 */
function requireForHold(level: Level, current: HoldPolicy, wanted: HoldPolicy | undefined): void {
  if (current.secondAdministrator !== true || wanted === undefined) return;
  const isSame = Object.keys(changedFields(current, wanted).after).length === 0;
  if (isSame || mayDo(level, 'members.levels')) return;
  const message =
    'While imports need a second administrator, only owners and security administrators change the hold.';
  throw new MusterError('forbidden', message);
}

/** Whether a drop takes two is for those to say who may ask for one. @throws MusterError `forbidden` */
function requireForDrop(level: Level, current: DropPolicy | undefined, wanted: DropPolicy | undefined): void {
  const isSame = wanted?.secondAdministrator === (current?.secondAdministrator ?? false);
  if (wanted === undefined || isSame || mayDo(level, 'organization.drop')) return;
  throw new MusterError(
    'forbidden',
    'Only an owner says whether dropping all data takes two administrators.',
  );
}

/** Features are an owner's to switch (S2.6); others may send them as they are. @throws MusterError `forbidden` */
function requireSwitch(level: Level, current: Features, wanted: Features | undefined): void {
  const isSame = wanted === undefined || wanted.importExport === current.importExport;
  if (isSame || mayDo(level, 'organization.features')) return;
  throw new MusterError('forbidden', 'Only an owner switches features on and off.');
}

/** Whoever requires it of others has it, or would be locked out itself. @throws MusterError `no_second_factor` */
function requireOwnSecondFactor(own: { secondFactor?: boolean } | undefined): void {
  if (own?.secondFactor === true) return;
  const why =
    'Set up a second factor for your own account first; without one you could not act here any more.';
  throw new MusterError('no_second_factor', why);
}

/** An organization's settings and roster schema. */
export const handler = httpFunction('organization', handlers, deps);
