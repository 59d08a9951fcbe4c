import type * as z from 'zod';
import type { MemberFilterInput } from '../domain/api.ts';
import { MusterError } from '../domain/errors.ts';
import type { MemberFilter } from '../domain/member-filter.ts';
import type { Deps } from './deps.ts';

/**
 * What a filter of the API means to the roster.
 * @throws MusterError `invalid_request` for what cannot be filtered by
 */
export async function memberFilterOf(
  _deps: Pick<Deps, 'departments'>,
  _organization: string,
  { q, status, below: _, ...others }: z.output<typeof MemberFilterInput>,
): Promise<MemberFilter> {
  if (Object.values(others).some((one) => one !== undefined)) {
    throw new MusterError('invalid_request', 'Members are filtered by q and status only.');
  }
  return { q, states: status };
}
