import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useOptimistic, useTransition } from 'react';
import { answer, api } from '../../api/client.ts';
import type { Change, Import, Selection as Stored } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useOrganization } from '../../session/me.ts';
import type { Choosing } from './ChangesTable.tsx';
import { type ChangeKind, importQuery, keepImport } from './importQueries.ts';
import { changesIn, countOfKind, kinds } from './kinds.ts';

/** How many single members can be left out of one approval. */
const excludedMax = 1_000;

type Choice = Pick<Stored, 'kinds' | 'exclude'>;

const everything: Choice = { kinds, exclude: [] };

/** What of a plan is wanted: kinds as a whole, but for single members. It is kept by the API, so that anybody goes on. */
export interface Selection extends Choosing, Choice {
  /** Whether no more single members can be left out. */
  isFull: boolean;
  /** Whether what was chosen last is still on its way. */
  isBusy: boolean;
  setKind(kind: ChangeKind, isWanted: boolean): void;
}

export function selectionQuery(org: string, importId: string) {
  return queryOptions({
    queryKey: [org, 'imports', importId, 'selection'],
    queryFn: () =>
      answer(
        api.GET('/api/v1/orgs/{org}/imports/{importId}/selection', { params: { path: { org, importId } } }),
      ),
    staleTime: 0,
  });
}

/** Everything is wanted until somebody says otherwise. */
export function useSelection(job: Import): Selection {
  const { org } = useOrganization();
  const stored = useQuery(selectionQuery(org, job.importId)).data;
  const { choice, save, isSaving } = useChoice(job, stored ?? everything);
  const present = choice.kinds.filter((kind) => job.counts[countOfKind[kind]] > 0);
  const excluded = new Set(choice.exclude);
  return {
    kinds: present,
    exclude: choice.exclude,
    isFull: excluded.size >= excludedMax,
    isBusy: stored === undefined || isSaving,
    isWanted: ({ kind, externalId }) => present.includes(kind) && !excluded.has(externalId),
    setKind: (kind, isWanted) => {
      const wanted = kinds.filter((one) => (one === kind ? isWanted : choice.kinds.includes(one)));
      // One kind of those in the plan stays: to apply nothing one cancels the import.
      if (changesIn(job, wanted) > 0) save({ kinds: wanted, exclude: choice.exclude });
    },
    want: (wanted, page) => save({ kinds: choice.kinds, exclude: exclusions(choice, wanted, page) }),
  };
}

/** Who is left out once these changes of a page are wanted, and its others not. */
function exclusions(
  { kinds, exclude }: Choice,
  wanted: readonly Change[],
  page: readonly Change[],
): string[] {
  const after = new Set(exclude);
  const isWanted = new Set(wanted.map(({ externalId }) => externalId));
  for (const { externalId, kind } of page) {
    if (isWanted.has(externalId)) after.delete(externalId);
    // Those of a kind that is not wanted at all are left out with it.
    else if (kinds.includes(kind) && after.size < excludedMax) after.add(externalId);
  }
  return [...after];
}

/** Shows a choice in the moment that it is made and sends it; one after the other, the last one stays. */
function useChoice({ importId }: Import, stored: Choice) {
  const { org } = useOrganization();
  const queries = useQueryClient();
  const flash = useFlash();
  const [choice, show] = useOptimistic(stored);
  const [isSaving, startSaving] = useTransition();
  const { queryKey } = selectionQuery(org, importId);
  const { mutateAsync } = useMutation({
    scope: { id: `selection ${importId}` },
    mutationFn: async ({ kinds, exclude }: Choice) => {
      const planVersion = queries.getQueryData(importQuery(org, importId).queryKey)?.planVersion;
      const body = { kinds, exclude, ...(planVersion !== undefined && { planVersion }) };
      await queries.cancelQueries({ queryKey });
      return answer(
        api.PUT('/api/v1/orgs/{org}/imports/{importId}/selection', {
          params: { path: { org, importId } },
          body,
        }),
      );
    },
    onSuccess: async ({ import: job }, saved) => {
      queries.setQueryData(queryKey, (before) => before && { ...before, ...saved });
      await keepImport(org, job);
    },
    onError: (error) => {
      flash.problem(error);
      void queries.invalidateQueries({ queryKey });
      void queries.invalidateQueries(importQuery(org, importId));
    },
  });
  const save = (next: Choice) =>
    startSaving(async () => {
      show(next);
      // A refusal is told above, and what is stored is shown again.
      await mutateAsync(next).catch(() => undefined);
    });
  return { choice, save, isSaving };
}
