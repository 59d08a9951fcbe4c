import Box from '@cloudscape-design/components/box';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { Import } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useOrganization } from '../../session/me.ts';
import { keepImport } from './importQueries.ts';

/** Ends an import of which nothing was applied. */
export function CancelImport({ job, onClose }: { job: Import; onClose: () => void }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  const cancel = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/orgs/{org}/imports/{importId}/cancel', {
          params: { path: { org, importId: job.importId } },
        }),
      ),
    onSuccess: (after) => keepImport(org, after),
    onError: flash.problem,
    onSettled: onClose,
  });
  return (
    <Confirm
      title={t('imports.cancelTitle')}
      confirmText={t('imports.actions.cancel')}
      isBusy={cancel.isPending}
      onConfirm={() => cancel.mutate()}
      onCancel={onClose}
    >
      <Box variant="p">{t('imports.cancelText', { file: job.fileName })}</Box>
    </Confirm>
  );
}
