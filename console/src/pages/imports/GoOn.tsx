import Button from '@cloudscape-design/components/button';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { Import } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useOrganization } from '../../session/me.ts';
import { keepImport } from './importQueries.ts';

/** Goes on with an import that was interrupted while it was applied. */
export function GoOn({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  const resume = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/orgs/{org}/imports/{importId}/resume', {
          params: { path: { org, importId: job.importId } },
        }),
      ),
    onSuccess: (after) => keepImport(org, after),
    onError: flash.problem,
  });
  return (
    <Button variant="primary" onClick={() => resume.mutate()} loading={resume.isPending}>
      {t('jobs.resume')}
    </Button>
  );
}
