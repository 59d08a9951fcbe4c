import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { isProblemOf } from '../../api/problem.ts';
import type { Drop, DropPreview } from '../../api/schema.ts';
import { queries } from '../../app/queries.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { ConfirmByEmail } from './ConfirmByEmail.tsx';

const waitMs = 1_000;
/** How often to look whether another administrator confirmed. */
const confirmationMs = 5_000;
/** In the order in which they are done. */
const stages = ['stopping', 'members', 'due', 'records', 'files', 'audit'] as const;

/** Removes all members and all that was made of them (S0.23, S0.24), and shows how far that is. */
export function DropAll() {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const [asking, setAsking] = useState<'drop' | 'confirm'>();
  const drop = useDrop();
  const close = () => setAsking(undefined);
  const reread = () => queries.invalidateQueries({ queryKey: [org] });
  if (!may('organization.confirmDrop')) return null;
  const isUnderWay = drop.data?.state === 'running' || drop.data?.state === 'awaiting_confirmation';
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            may('organization.drop') && (
              <Button disabled={isUnderWay} onClick={() => setAsking('drop')}>
                {t('organization.drop.title')}
              </Button>
            )
          }
        >
          {t('organization.drop.title')}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Box>{t('organization.drop.text')}</Box>
        {drop.isError && <Failure error={drop.error} retry={drop.refetch} />}
        {drop.data && <Progress drop={drop.data} onConfirm={() => setAsking('confirm')} />}
      </SpaceBetween>
      {asking === 'drop' && <AskForDrop onClose={close} onDone={reread} />}
      {asking === 'confirm' && <ConfirmDrop onClose={close} onDone={reread} />}
    </Container>
  );
}

/** The newest drop; null where there never was one. Read again as long as it runs. */
function useDrop() {
  const { org } = useOrganization();
  return useQuery({
    queryKey: [org, 'drop'],
    queryFn: async () => {
      try {
        return await answer(api.GET('/api/v1/orgs/{org}/drop-all', { params: { path: { org } } }));
      } catch (error) {
        if (isProblemOf(error, 'not_found')) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => {
      if (state.data?.state === 'awaiting_confirmation') return confirmationMs;
      return state.data?.state === 'running' ? waitMs : false;
    },
  });
}

function Progress({ drop, onConfirm }: { drop: Drop; onConfirm: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { org, login } = useOrganization();
  const { isBusy, run } = useAction();
  const { state, stage, counts, askedBy, confirmUntil, error } = drop;
  const removed = t('organization.drop.removed', {
    members: formats.number(counts.members),
    files: formats.number(counts.files),
  });

  async function cancel() {
    await answer(api.DELETE('/api/v1/orgs/{org}/drop-all', { params: { path: { org } } }));
    await queries.invalidateQueries({ queryKey: [org, 'drop'] });
  }

  if (state === 'running') {
    return (
      <ProgressBar
        value={(100 * stages.indexOf(stage)) / stages.length}
        label={t(`organization.drop.stages.${stage}`)}
        additionalInfo={removed}
      />
    );
  }
  if (state === 'awaiting_confirmation') {
    return (
      <Alert
        type="warning"
        action={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={isBusy} onClick={() => run(cancel)}>
              {t('organization.drop.cancel')}
            </Button>
            {login !== askedBy && (
              <Button disabled={isBusy} onClick={onConfirm}>
                {t('organization.drop.confirmOther')}
              </Button>
            )}
          </SpaceBetween>
        }
      >
        {t('organization.drop.waits', { by: askedBy, until: formats.time(confirmUntil) })}
      </Alert>
    );
  }
  if (state === 'error') return <Alert type="error">{error?.message}</Alert>;
  return (
    <Alert type="info">
      {t(`organization.drop.ended.${state}`, { by: askedBy, at: formats.time(drop.updatedAt) })}{' '}
      {state === 'complete' && removed}
    </Alert>
  );
}

interface AskingProps {
  onClose: () => void;
  onDone: () => Promise<void>;
}

function AskForDrop({ onClose, onDone }: AskingProps) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const params = { path: { org } };
  const preview = useQuery({
    queryKey: [org, 'drop', 'preview'],
    queryFn: () =>
      answer(
        api.POST('/api/v1/orgs/{org}/drop-all', { params, body: { dryRun: true } }),
      ) as Promise<DropPreview>,
    gcTime: 0,
    staleTime: 0,
  });

  async function drop(email: string) {
    await answer(api.POST('/api/v1/orgs/{org}/drop-all', { params, body: { email } }));
    onClose();
    await onDone();
  }

  return (
    <ConfirmByEmail
      title={t('organization.drop.title')}
      confirmText={t('organization.drop.confirm')}
      isDisabled={preview.data === undefined}
      onConfirm={drop}
      onCancel={onClose}
    >
      {preview.isPending && <Loading />}
      {preview.isError && <Failure error={preview.error} retry={preview.refetch} />}
      {preview.data && <Touched preview={preview.data} />}
    </ConfirmByEmail>
  );
}

/** What will be gone, and who is out afterwards. */
function Touched({ preview }: { preview: DropPreview }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const losing = Object.entries(preview.losingAccess).map(
    ([level, count]) => `${t(`members.levels.${level as 'owner'}`)}: ${formats.number(count)}`,
  );
  return (
    <Alert type="warning">
      <SpaceBetween size="xs">
        <Box variant="strong" color="inherit">
          {t('organization.drop.touches', { number: formats.number(preview.members) })}
        </Box>
        {losing.length > 0 && (
          <span>
            {t(preview.losingAccessAtLeast ? 'organization.drop.losingAtLeast' : 'organization.drop.losing', {
              who: losing.join(', '),
            })}
          </span>
        )}
        {preview.callerOnRoster && <span>{t('organization.drop.caller')}</span>}
        {preview.needsConfirmation && <span>{t('organization.drop.second')}</span>}
      </SpaceBetween>
    </Alert>
  );
}

function ConfirmDrop({ onClose, onDone }: AskingProps) {
  const { t } = useTranslation();
  const { org } = useOrganization();

  async function confirm(email: string) {
    const call = { params: { path: { org } }, body: { email } };
    await answer(api.POST('/api/v1/orgs/{org}/drop-all/confirm', call));
    onClose();
    await onDone();
  }

  return (
    <ConfirmByEmail
      title={t('organization.drop.confirmOther')}
      confirmText={t('organization.drop.confirm')}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <Alert type="warning">{t('organization.drop.text')}</Alert>
    </ConfirmByEmail>
  );
}
