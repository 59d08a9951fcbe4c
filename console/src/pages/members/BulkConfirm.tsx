import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Checkbox from '@cloudscape-design/components/checkbox';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { BulkInput, BulkJob, BulkPreview, Member } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import type { BulkAction } from './BulkActions.tsx';
import { useMemberList } from './data.ts';
import type { Selection } from './MemberTable.tsx';
import { narrows } from './view.ts';
import { watchJob } from './watchJob.tsx';

interface BulkConfirmProps {
  action: BulkAction;
  selection: Selection;
  onClose: () => void;
  onStarted: () => void;
}

/** How many of those that are touched are named. */
const namesMax = 8;

/** Says whom an action would touch, and does it once that is confirmed; where so many that a hold applies, twice. */
export default function BulkConfirm({ action, selection, onClose, onStarted }: BulkConfirmProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org, may } = useOrganization();
  const { isBusy, run } = useAction();
  const [isHoldConfirmed, setIsHoldConfirmed] = useState(false);
  const who = whoOf(selection);
  const preview = useQuery({
    queryKey: [org, 'members', 'bulk', action, who],
    queryFn: () => send({ action, ...who, dryRun: true }) as Promise<BulkPreview>,
    gcTime: 0,
    staleTime: 0,
  });

  function send(body: BulkInput): Promise<BulkPreview | BulkJob> {
    return answer(api.POST('/api/v1/orgs/{org}/members/bulk', { params: { path: { org } }, body }));
  }

  const hold = preview.data?.hold;
  async function start() {
    const job = (await send({ action, ...who, ...(hold && { confirmHold: true }) })) as BulkJob;
    onStarted();
    void watchJob(org, job, { flash, t, mayUndo: may('members.write') });
  }

  const isUndoable = action === 'disable' || action === 'enable';
  return (
    <Confirm
      title={t(`members.bulk.${action}.title`)}
      confirmText={t(`members.bulk.${action}.confirm`)}
      isBusy={isBusy}
      isDisabled={preview.data === undefined || (hold !== undefined && !isHoldConfirmed)}
      {...(action === 'remove' && { typed: t('members.bulk.remove.typed') })}
      onConfirm={() => run(start)}
      onCancel={onClose}
    >
      {preview.isPending && <Loading />}
      {preview.isError && <Failure error={preview.error} retry={preview.refetch} />}
      {preview.data && (
        <SpaceBetween size="s">
          <Touched preview={preview.data} selection={selection} />
          <Box>{t(`members.bulk.${action}.text`)}</Box>
          <Box color="text-body-secondary">
            {isUndoable ? t('members.bulk.undoable') : t('members.bulk.notUndoable')}
          </Box>
          {hold && (
            <>
              <Alert type="warning">{t('members.bulk.hold')}</Alert>
              <Checkbox
                checked={isHoldConfirmed}
                onChange={({ detail }) => setIsHoldConfirmed(detail.checked)}
              >
                {t('members.bulk.confirmHold')}
              </Checkbox>
            </>
          )}
        </SpaceBetween>
      )}
    </Confirm>
  );
}

function whoOf(selection: Selection): Pick<BulkInput, 'ids' | 'filter' | 'all'> {
  if ('members' in selection) return { ids: selection.members.map(({ memberId }) => memberId) };
  return narrows(selection.allOf) ? { filter: selection.allOf } : { all: true };
}

function Touched({ preview, selection }: { preview: BulkPreview; selection: Selection }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const number = formats.number(preview.matched);
  return (
    <div>
      <Box variant="strong">
        {t(preview.atLeast ? 'members.bulk.touchesAtLeast' : 'members.bulk.touches', {
          count: preview.matched,
          number,
        })}
      </Box>
      {'members' in selection ? (
        <Names members={selection.members} />
      ) : (
        <FoundNames filter={selection.allOf} />
      )}
    </div>
  );
}

function FoundNames({ filter }: { filter: Extract<Selection, { allOf: unknown }>['allOf'] }) {
  const list = useMemberList({ filter, sort: 'name', limit: namesMax + 1 });
  return <Names members={list.data?.items ?? []} />;
}

function Names({ members }: { members: readonly Member[] }) {
  const names = members.slice(0, namesMax).map(({ name, externalId }) => name || externalId);
  return (
    <Box color="text-body-secondary">
      {names.join(', ')}
      {members.length > namesMax && ', …'}
    </Box>
  );
}
