import Box from '@cloudscape-design/components/box';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { answer, api } from '../../api/client.ts';
import type { Import } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { importQuery, keepImport } from './importQueries.ts';
import { changesIn } from './kinds.ts';

/** Begins to undo an import: that is an import of its own, whose plan is looked at and approved as any other. */
export function UndoImport({ job, onClose }: { job: Import; onClose: () => void }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { number } = useFormats();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const flash = useFlash();
  const undo = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/orgs/{org}/imports/{importId}/undo', {
          params: { path: { org, importId: job.importId } },
        }),
      ),
    onSuccess: async (plan) => {
      await keepImport(org, plan);
      void queries.invalidateQueries(importQuery(org, job.importId));
      await navigate(`/orgs/${org}/imports/${plan.importId}`);
    },
    onError: flash.problem,
    onSettled: onClose,
  });
  const changed = changesIn(job);
  return (
    <Confirm
      title={t('imports.undoTitle', { file: job.fileName })}
      confirmText={t('imports.undoPlan')}
      isBusy={undo.isPending}
      onConfirm={() => undo.mutate()}
      onCancel={onClose}
    >
      <Box variant="p">{t('imports.undoText', { count: changed, changes: number(changed) })}</Box>
    </Confirm>
  );
}
