import Box from '@cloudscape-design/components/box';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { isProblemOf } from '../../api/problem.ts';
import type { Import } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { importQuery, keepImport } from './importQueries.ts';
import { countOfKind } from './kinds.ts';
import type { Selection } from './selection.ts';

/** How many of those left out are named. */
const namedMax = 10;

interface Props {
  job: Import;
  selection: Selection;
  onClose: () => void;
}

/** Says once more whom the plan touches, and has it applied. A held one has the number of members typed. */
export function ApproveImport({ job, selection, onClose }: Props) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const approve = useApprove(job, onClose);
  const { kinds, exclude } = selection;
  const disabled = job.hold && job.hold.disabling > 0 ? String(job.hold.disabling) : undefined;
  return (
    <Confirm
      title={t('imports.approveTitle')}
      confirmText={t('imports.actions.approve')}
      isBusy={approve.isPending}
      {...(disabled !== undefined && { typed: disabled })}
      onConfirm={() => approve.mutate()}
      onCancel={onClose}
    >
      <Box variant="p">{t('imports.approveText')}</Box>
      <ul>
        {kinds.map((kind) => {
          const count = job.counts[countOfKind[kind]];
          return <li key={kind}>{t(`imports.kindCounts.${kind}`, { count, number: number(count) })}</li>;
        })}
      </ul>
      {exclude.length > 0 && (
        <Box variant="p">
          {t('imports.exceptFor', {
            count: exclude.length,
            members: exclude.slice(0, namedMax).join(', ') + (exclude.length > namedMax ? ' …' : ''),
          })}
        </Box>
      )}
      {job.hold && (
        <Box variant="p">
          {t(`imports.holdTexts.${job.hold.reason}`, {
            count: job.hold.disabling,
            disabling: number(job.hold.disabling),
            members: number(job.hold.members),
          })}
        </Box>
      )}
    </Confirm>
  );
}

function useApprove(job: Import, onClose: () => void) {
  const { org } = useOrganization();
  const queries = useQueryClient();
  const flash = useFlash();
  const { importId, planVersion, hold } = job;
  return useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/orgs/{org}/imports/{importId}/approve', {
          params: { path: { org, importId } },
          body: {
            // Without kinds and exclusions it is for what was chosen, which this version of the plan is with.
            ...(hold && { confirmHold: true }),
            ...(planVersion !== undefined && { planVersion }),
          },
        }),
      ),
    onSuccess: (after) => keepImport(org, after),
    onError: (error) => {
      flash.problem(error);
      // Somebody was quicker, or the plan is another one: show how it is now.
      const isElsewhere = isProblemOf(error, 'plan_changed') || isProblemOf(error, 'import_not_in_review');
      if (isElsewhere) void queries.invalidateQueries(importQuery(org, importId));
    },
    onSettled: onClose,
  });
}
