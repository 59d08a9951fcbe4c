import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MemberDetails } from '../../api/schema.ts';
import { SidePanel } from '../../parts/SidePanel.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { useMember } from './data.ts';
import { LoginSection } from './LoginSection.tsx';
import { MemberEdit } from './MemberEdit.tsx';
import { MemberFacts } from './MemberFacts.tsx';
import { RemoveMember } from './RemoveMember.tsx';
import { StateToggle } from './StateToggle.tsx';

/** One member, beside the list (S0.18, S3.20): what is known, how it signs in, and what can be done. */
export default function MemberPanel({ memberId, onClose }: { memberId: string; onClose: () => void }) {
  const member = useMember(memberId);
  const title = member.data?.name || member.data?.externalId || memberId;
  return (
    <SidePanel title={title} onClose={onClose}>
      {member.isPending && <Loading />}
      {member.isError && <Failure error={member.error} retry={member.refetch} />}
      {member.data && <Details member={member.data} onClose={onClose} />}
    </SidePanel>
  );
}

function Details({ member, onClose }: { member: MemberDetails; onClose: () => void }) {
  const { t } = useTranslation();
  const { may, level } = useOrganization();
  const [act, setAct] = useState<'edit' | 'remove'>();
  const mayWrite = may('members.write');
  if (act === 'edit') return <MemberEdit member={member} onEnd={() => setAct(undefined)} />;
  return (
    <SpaceBetween size="l">
      {mayWrite && (
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="edit" onClick={() => setAct('edit')}>
            {t('members.edit')}
          </Button>
          <StateToggle member={member} isText />
          {level !== 'coordinator' && (
            <Button iconName="remove" onClick={() => setAct('remove')}>
              {t('members.remove.title')}
            </Button>
          )}
        </SpaceBetween>
      )}
      {member.disabledBy === 'period' && <Alert type="info">{t('members.periodText')}</Alert>}
      <MemberFacts member={member} />
      <LoginSection member={member} />
      {act === 'remove' && (
        <RemoveMember member={member} onCancel={() => setAct(undefined)} onRemoved={onClose} />
      )}
    </SpaceBetween>
  );
}
