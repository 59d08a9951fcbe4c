import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/schema.ts';

/** The state of a member, with that of its invitation while it has not joined. */
export function StateText({ member: { state, invitation, disabledBy } }: { member: Member }) {
  const { t } = useTranslation();
  if (state === 'enabled')
    return <StatusIndicator type="success">{t('members.states.enabled')}</StatusIndicator>;
  if (state === 'disabled') {
    const why = disabledBy && ` (${t(`members.disabledBy.${disabledBy}`)})`;
    return (
      <StatusIndicator type="stopped">
        {t('members.states.disabled')}
        {why}
      </StatusIndicator>
    );
  }
  const invited = invitation?.state ?? 'none';
  const isTrouble = invited === 'rejected' || invited === 'expired' || invited === 'undeliverable';
  return (
    <StatusIndicator type={isTrouble ? 'warning' : 'pending'}>
      {t('members.states.not_joined')}
      {invited !== 'none' && ` (${t(`members.invitationStates.${invited}`)})`}
    </StatusIndicator>
  );
}
