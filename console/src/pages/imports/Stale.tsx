import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import LiveRegion from '@cloudscape-design/components/live-region';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { Import } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useOrganization } from '../../session/me.ts';
import { keepImport } from './importQueries.ts';

/** The roster has moved on since the plan was made. */
export function Stale({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const queries = useQueryClient();
  const flash = useFlash();
  const replan = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/orgs/{org}/imports/{importId}/replan', {
          params: { path: { org, importId: job.importId } },
        }),
      ),
    onSuccess: async (after) => {
      queries.removeQueries({ queryKey: [org, 'imports', job.importId, 'changes'] });
      await keepImport(org, after);
    },
    onError: flash.problem,
  });
  const action = job.actions.includes('replan') && (
    <Button onClick={() => replan.mutate()} loading={replan.isPending}>
      {t('imports.actions.replan')}
    </Button>
  );
  return (
    <Alert type="warning" header={t('imports.stale')} action={action}>
      <LiveRegion>{t('imports.staleText', { count: job.changedMembers ?? 0 })}</LiveRegion>
    </Alert>
  );
}
