/**
 * What a member is responsible for, which has to go to somebody when the member is removed (S3.25). A later kind gets
 * its field in `Responsibilities`, its entry in `kinds`, and its writes in the removal's transaction.
 *
 * What somebody did before stays as it is told: who added a member, approved an import or wrote an audit entry is
 * history, and no one else has done it.
 */
import { MusterError } from './errors.ts';
import type { Import } from './import.ts';
import { isAbove } from './member-authority.ts';
import type { Membership } from './organization.ts';
import { mayDo } from './permissions.ts';
import { scopeDepartmentsMax } from './scope.ts';

/** How many open imports one removal hands over at most; it is one transaction. */
export const importsTransferredMax = 40;

/** `departments` are the scope of a coordinator; `imports` were uploaded by the member and have not ended. */
export interface Responsibilities {
  departments: string[];
  imports: Pick<Import, 'importId' | 'fileName' | 'step'>[];
}

/** A kind of responsibility: why somebody cannot take it over, if so. */
type Refuse = (own: Responsibilities, heir: Membership) => string | undefined;

const kinds: Record<keyof Responsibilities, Refuse> = {
  departments: (own, heir) => {
    if (isAbove(heir.level, 'coordinator')) return undefined;
    if (heir.level !== 'coordinator') return 'Departments go to a coordinator, or to somebody above.';
    const most = `A coordinator has ${scopeDepartmentsMax} departments at most.`;
    return mergedScope(own, heir).length > scopeDepartmentsMax ? most : undefined;
  },
  imports: (_, heir) =>
    mayDo(heir.level, 'imports.write') ? undefined : 'Open imports go to somebody who may import.',
};

/** What a membership is responsible for. @param open the organization's imports that have not ended */
export function heldBy(
  { account, scope = [] }: Pick<Membership, 'account' | 'scope'>,
  open: readonly Import[],
): Responsibilities {
  const uploaded = open.filter(({ uploaderAccount }) => uploaderAccount === account);
  return {
    departments: [...scope],
    imports: uploaded
      .slice(0, importsTransferredMax)
      .map(({ importId, fileName, step }) => ({ importId, fileName, step })),
  };
}

/** Whether somebody has to take anything over. */
export function isResponsible(own: Responsibilities): boolean {
  return Object.values(own).some((held) => held.length > 0);
}

/**
 * The membership of who takes over, as it is then: a coordinator answers for the departments beside its own; higher
 * levels see all of them already. The very same object where nothing differs.
 * @param heir undefined for a member without an account
 * @throws MusterError `invalid_transfer` for one that cannot hold what there is
 */
export function takeOver(
  own: Responsibilities,
  leaver: Membership,
  heir: Membership | undefined,
): Membership {
  if (heir === undefined || heir.state !== 'enabled') throw refused('It needs an account that is enabled.');
  if (heir.account === leaver.account) throw refused('Nobody takes over from oneself.');
  for (const [kind, refuse] of Object.entries(kinds)) {
    const reason = own[kind as keyof Responsibilities].length > 0 ? refuse(own, heir) : undefined;
    if (reason !== undefined) throw refused(reason);
  }
  const scope = mergedScope(own, heir);
  if (heir.level !== 'coordinator' || scope.length === heir.scope?.length) return heir;
  return { ...heir, scope, version: heir.version + 1 };
}

function mergedScope({ departments }: Responsibilities, heir: Membership): string[] {
  return [...new Set([...(heir.scope ?? []), ...departments])];
}

/** The refusal to remove somebody without naming who takes over. */
export function transferRequired(own: Responsibilities): MusterError {
  const places = [
    ...own.departments.map((id) => ({ path: 'departments', message: id })),
    ...own.imports.map(({ importId }) => ({ path: 'imports', message: importId })),
  ];
  const message = 'The member is responsible for something. Name with transferTo who takes it over.';
  return new MusterError('transfer_required', message, { places });
}

function refused(reason: string): MusterError {
  return new MusterError('invalid_transfer', `This member cannot take over. ${reason}`);
}
