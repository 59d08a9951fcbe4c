/** Finds what a member is responsible for, and who takes it over when the member is removed (S3.25). */
import { standingFor } from '../domain/departments.ts';
import { isMusterError, MusterError } from '../domain/errors.ts';
import type { Membership } from '../domain/organization.ts';
import {
  importsTransferredMax,
  isResponsible,
  type Responsibilities,
  takeOver,
  transferRequired,
} from '../domain/responsibilities.ts';
import type { Deps } from './deps.ts';

/** What looking for responsibilities needs. */
export type ResponsibilityDeps = Pick<Deps, 'roster' | 'accounts' | 'departments' | 'imports' | 'clock'>;

/** What goes to whom. `heir` is the same before and after where its membership need not change. */
export interface Handover {
  own: Responsibilities;
  heirId: string;
  heir: { before: Membership; after: Membership };
}

/** What a membership is responsible for; somebody without one is responsible for nothing. */
export async function responsibilitiesOf(
  deps: ResponsibilityDeps,
  membership: Membership | undefined,
): Promise<Responsibilities> {
  if (membership === undefined) return { departments: [], imports: [] };
  const { organization, account, scope = [] } = membership;
  const [tree, open] = await Promise.all([
    scope.length === 0 ? undefined : deps.departments.read(organization).then((read) => read.tree),
    deps.imports.open(organization, deps.clock()),
  ]);
  // A department that another one took over goes as that one, and one that is gone does not go at all.
  const departments = tree === undefined ? [] : scope.flatMap((id) => standingFor(tree, id) ?? []);
  const uploaded = open.filter(({ uploaderAccount }) => uploaderAccount === account);
  return {
    departments: [...new Set(departments)],
    imports: uploaded
      .slice(0, importsTransferredMax)
      .map(({ importId, fileName, step }) => ({ importId, fileName, step })),
  };
}

/**
 * Decides who takes over from a member that is removed; undefined where there is nothing to take over.
 * @param transferTo the id of the member who does
 * @throws MusterError `transfer_required` where nobody is named, `invalid_transfer`
 */
export async function handoverOf(
  deps: ResponsibilityDeps,
  leaver: Membership | undefined,
  transferTo: string | undefined,
): Promise<Handover | undefined> {
  const own = await responsibilitiesOf(deps, leaver);
  if (leaver === undefined || !isResponsible(own)) return undefined;
  if (transferTo === undefined) throw transferRequired(own);
  const before = await membershipOf(deps, leaver.organization, transferTo);
  const after = takeOver(own, leaver, before);
  return { own, heirId: transferTo, heir: { before: before ?? after, after } };
}

async function membershipOf(
  { roster, accounts }: ResponsibilityDeps,
  organization: string,
  memberId: string,
): Promise<Membership | undefined> {
  try {
    const { account } = await roster.get(organization, memberId);
    return account === undefined ? undefined : (await accounts.standing(account, organization)).membership;
  } catch (error) {
    if (!isMusterError(error, 'not_found')) throw error;
    throw new MusterError('invalid_transfer', 'There is no such member to take over.', { cause: error });
  }
}
