import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { watchJob } from '../members/watchJob.tsx';
import { rereadInvitations, useSendAllPreview } from './data.ts';

/** One more round to everybody without an account (S4.8), once it is said how many they are. */
export function SendAll() {
  const { t } = useTranslation();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Button variant="primary" onClick={() => setIsAsking(true)}>
        {t('invitations.sendAll')}
      </Button>
      {isAsking && <Asking onClose={() => setIsAsking(false)} />}
    </>
  );
}

function Asking({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const flash = useFlash();
  const formats = useFormats();
  const { org, may } = useOrganization();
  const { isBusy, run } = useAction();
  const preview = useSendAllPreview();

  async function send() {
    const params = { path: { org } };
    const job = await answer(api.POST('/api/v1/orgs/{org}/invitations/send-all', { params }));
    onClose();
    void watchJob(org, job, { flash, t, mayUndo: may('members.write') }).then(() => rereadInvitations(org));
  }

  const found = preview.data && 'matched' in preview.data ? preview.data : undefined;
  return (
    <Confirm
      title={t('invitations.sendAll')}
      confirmText={t('invitations.sendAllConfirm')}
      isBusy={isBusy}
      isDisabled={found === undefined || found.matched === 0}
      onConfirm={() => run(send)}
      onCancel={onClose}
    >
      {preview.isPending && <Loading />}
      {preview.isError && <Failure error={preview.error} retry={preview.refetch} />}
      {found && (
        <SpaceBetween size="s">
          <Box variant="strong">
            {t('invitations.toWhom', { count: found.matched, number: formats.number(found.matched) })}
          </Box>
          <Box>{t('invitations.sendAllText')}</Box>
        </SpaceBetween>
      )}
    </Confirm>
  );
}
