/** The settings of an organization as a form has them, and what of them a form changed. */
import type { Organization, OrganizationPatch } from '../../api/schema.ts';

export interface Draft {
  name: string;
  language: Organization['language'];
  timeZone: string;
  requireSecondFactor: boolean;
  /** Dropping all data takes a second administrator. */
  dropConfirmed: boolean;
  mode: Organization['importDefaults']['mode'];
  onRowErrors: Organization['importDefaults']['onRowErrors'];
  approve: Organization['importDefaults']['approve'];
  /** In percent, as typed. */
  holdShare: string;
  holdMembers: string;
  secondAdministrator: boolean;
  importExport: boolean;
  inviteImported: boolean;
  isRegistrationOpen: boolean;
  registrationColumns: readonly string[];
  from: string;
  replyTo: string;
}

/** By which text of the settings each part is called. */
export const textOf = {
  name: 'name',
  language: 'language',
  timeZone: 'timeZone',
  requireSecondFactor: 'secondFactor',
  dropConfirmed: 'dropConfirmed',
  mode: 'mode',
  onRowErrors: 'onRowErrors',
  approve: 'approve',
  holdShare: 'holdShare',
  holdMembers: 'holdMembers',
  secondAdministrator: 'secondAdministrator',
  importExport: 'importExport',
  inviteImported: 'inviteImported',
  isRegistrationOpen: 'registration',
  registrationColumns: 'registrationColumns',
  from: 'from',
  replyTo: 'replyTo',
} as const satisfies Record<keyof Draft, string>;

export function draftOf(organization: Organization): Draft {
  const { importDefaults, hold, registration, mail, features, dropAll } = organization;
  return {
    name: organization.name,
    language: organization.language,
    timeZone: organization.timeZone,
    requireSecondFactor: organization.requireSecondFactor,
    dropConfirmed: dropAll.secondAdministrator,
    ...importDefaults,
    // 0.07 × 100 is not quite 7.
    holdShare: String(Math.round(hold.disabledShareMax * 10_000) / 100),
    holdMembers: String(hold.disabledMembersMax),
    secondAdministrator: hold.secondAdministrator,
    importExport: features.importExport,
    inviteImported: organization.inviteImported,
    isRegistrationOpen: registration.isOpen,
    registrationColumns: registration.columns,
    from: mail?.from ?? '',
    replyTo: mail?.replyTo ?? '',
  };
}

/** A patch of what differs from the settings as they are; empty where nothing does. */
export function changesOf(organization: Organization, draft: Draft): OrganizationPatch {
  const before = draftOf(organization);
  const differs = (...names: (keyof Draft)[]) =>
    names.some((name) => JSON.stringify(before[name]) !== JSON.stringify(draft[name]));
  const one = <K extends 'name' | 'language' | 'timeZone' | 'requireSecondFactor' | 'inviteImported'>(
    name: K,
  ) => differs(name) && { [name]: draft[name] };
  const { mode, onRowErrors, approve, secondAdministrator, importExport, from, replyTo } = draft;
  return {
    ...one('name'),
    ...one('language'),
    ...one('timeZone'),
    ...one('requireSecondFactor'),
    ...one('inviteImported'),
    ...(differs('dropConfirmed') && { dropAll: { secondAdministrator: draft.dropConfirmed } }),
    ...(differs('mode', 'onRowErrors', 'approve') && { importDefaults: { mode, onRowErrors, approve } }),
    ...(differs('holdShare', 'holdMembers', 'secondAdministrator') && {
      hold: {
        disabledShareMax: Number(draft.holdShare) / 100,
        disabledMembersMax: Number(draft.holdMembers),
        secondAdministrator,
      },
    }),
    ...(differs('importExport') && { features: { importExport } }),
    ...(differs('isRegistrationOpen', 'registrationColumns') && {
      registration: { isOpen: draft.isRegistrationOpen, columns: [...draft.registrationColumns] },
    }),
    ...(differs('from', 'replyTo') && {
      mail: { ...(from.trim() && { from: from.trim() }), ...(replyTo.trim() && { replyTo: replyTo.trim() }) },
    }),
  };
}
