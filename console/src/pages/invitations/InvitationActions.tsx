import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { Secret } from '../../parts/Secret.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { inviteMember } from '../members/data.ts';
import { rereadInvitations } from './data.ts';

interface Made {
  link: string;
  until: string;
}

/** One more round for one member: mailed, or as a link to pass on. */
export function InvitationActions({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation();
  const flash = useFlash();
  const formats = useFormats();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const [made, setMade] = useState<Made>();
  const { memberId, email } = invitation;
  const name = invitation.name || memberId;

  async function invite(method: 'link' | 'email') {
    const { link, expiresAt } = await inviteMember(org, memberId, method);
    void rereadInvitations(org);
    if (link === undefined) return flash.success(t('members.login.invited', { name }));
    setMade({ link, until: formats.time(expiresAt) });
  }

  return (
    <SpaceBetween direction="horizontal" size="xxs">
      <Button
        variant="inline-link"
        disabled={isBusy || !email}
        ariaLabel={t('invitations.sendTo', { name })}
        onClick={() => run(() => invite('email'))}
      >
        {t('invitations.sendOne')}
      </Button>
      <Button
        variant="inline-link"
        disabled={isBusy}
        ariaLabel={t('invitations.linkFor', { name })}
        onClick={() => run(() => invite('link'))}
      >
        {t('invitations.link')}
      </Button>
      {made && (
        <Modal
          visible
          header={t('invitations.linkFor', { name })}
          closeAriaLabel={t('shell.close')}
          onDismiss={() => setMade(undefined)}
        >
          <SpaceBetween size="s">
            <Secret text={made.link} label={t('members.login.invitationLink')} />
            <span>{t('members.login.linkText', { until: made.until })}</span>
          </SpaceBetween>
        </Modal>
      )}
    </SpaceBetween>
  );
}
