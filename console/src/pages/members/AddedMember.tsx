import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import { useFollow } from '../../parts/follow.ts';
import { problemText } from '../../parts/problemText.ts';
import { Secret } from '../../parts/Secret.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import type { Added } from './AddMemberPage.tsx';

/** Who was added, and what to hand over to that person, shown this once. */
export function AddedMember({ added, onAgain }: { added: Added; onAgain: () => void }) {
  const { t } = useTranslation();
  const follow = useFollow();
  const formats = useFormats();
  const { org } = useOrganization();
  const { member, oneTimePassword, invitation, refusal } = added;
  const name = member.name || member.externalId;
  const list = `/orgs/${org}/members`;
  return (
    <Container>
      <SpaceBetween size="m">
        <Alert type="success">{t('members.addition.added', { name })}</Alert>
        {refusal !== undefined && <Alert type="warning">{problemText(refusal, t)}</Alert>}
        {oneTimePassword && (
          <div>
            <Box variant="awsui-key-label">{t('members.login.oneTimePassword')}</Box>
            <Secret text={oneTimePassword} label={t('members.login.oneTimePassword')} />
            <Box>{t('members.login.oneTimeText')}</Box>
          </div>
        )}
        {invitation?.url && (
          <div>
            <Box variant="awsui-key-label">{t('members.login.invitationLink')}</Box>
            <Secret
              text={new URL(invitation.url, location.origin).href}
              label={t('members.login.invitationLink')}
            />
            <Box>{t('members.login.linkText', { until: formats.time(invitation.expiresAt) })}</Box>
          </div>
        )}
        {invitation && !invitation.url && <Box>{t('members.login.invited', { name })}</Box>}
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={onAgain}>{t('members.addition.another')}</Button>
          <Button
            variant="primary"
            href={`${list}?member=${encodeURIComponent(member.memberId)}`}
            onFollow={follow}
          >
            {t('members.addition.show')}
          </Button>
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  );
}
