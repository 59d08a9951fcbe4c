import { DirectoryMessage } from '../aws/directory-queue.ts';
import { refreshDirectory } from '../aws/directory-refresh.ts';
import type { Deps } from './deps.ts';
import { queueFunction } from './queue.ts';

/** Serves the directory queue: one after the other, for of two messages about one organization the second is idle. */
export function directoryFunction(deps: Pick<Deps, 'table' | 'directoryObjects' | 'organizations'>) {
  const refresh = async ({ organization, whole }: { organization: string; whole?: boolean | undefined }) =>
    refreshDirectory(deps, organization, { whole });
  return queueFunction(DirectoryMessage, refresh, { inTurn: true });
}
