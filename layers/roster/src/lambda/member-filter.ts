import type * as z from 'zod';
import type { MemberFilterInput } from '../domain/api.ts';
import { namesInMembers, rootDepartment, subtreeOf } from '../domain/departments.ts';
import { MusterError } from '../domain/errors.ts';
import type { MemberFilter, TimeFilter } from '../domain/member-filter.ts';
import type { Deps } from './deps.ts';

type Input = z.output<typeof MemberFilterInput>;

/**
 * Reads which members are meant, as HTTP has it. The tree of departments is read only where departments are named:
 * each stands for all below it too, unless `below` is false, and for those whose members it took. With those below
 * it the root is everybody. A department or role that is not there is nobody's.
 * @throws MusterError `invalid_request` where a time is to be never and within bounds
 */
export async function memberFilterOf(
  deps: Pick<Deps, 'departments'>,
  organization: string,
  input: Input,
): Promise<MemberFilter> {
  const { q, status, role, group } = input;
  const departments = await departmentsOf(deps, organization, input);
  const lastSignIn = timeOf('lastSignIn', input.lastSignIn, input.lastSignInFrom, input.lastSignInTo);
  const activated = timeOf('activated', input.activated, input.activatedFrom, input.activatedTo);
  return {
    ...(q && { q }),
    ...(status && { states: status }),
    ...(departments && { departments }),
    ...(role && { roles: role }),
    ...(group && { group }),
    ...(lastSignIn && { lastSignIn }),
    ...(activated && { activated }),
  };
}

async function departmentsOf(
  { departments }: Pick<Deps, 'departments'>,
  organization: string,
  { department: wanted, below = true }: Input,
): Promise<string[] | undefined> {
  if (wanted === undefined || (below && wanted.includes(rootDepartment))) return undefined;
  const { tree } = await departments.read(organization);
  const known = wanted.filter((id) => tree.departments.has(id));
  const ids = below ? known.flatMap((id) => subtreeOf(tree, id).map((one) => one.id)) : known;
  return [...namesInMembers(tree, ids)];
}

function timeOf(
  name: string,
  never: 'never' | undefined,
  from?: string,
  to?: string,
): TimeFilter | undefined {
  if (never === undefined)
    return from === undefined && to === undefined ? undefined : { ...(from && { from }), ...(to && { to }) };
  if (from === undefined && to === undefined) return { never: true };
  const places = [{ path: `query.${name}`, message: 'Never, or between two times: not both.' }];
  throw new MusterError('invalid_request', 'The filter contradicts itself.', { places });
}
