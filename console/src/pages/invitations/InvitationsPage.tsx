import Button from '@cloudscape-design/components/button';
import { useTranslation } from 'react-i18next';
import { useFollow } from '../../parts/follow.ts';
import { Page } from '../../parts/Page.tsx';
import { useOrganization } from '../../session/me.ts';
import { InvitationTable } from './InvitationTable.tsx';

/** Those without an account, and the rounds by which they are invited (S4.2 to S4.8). */
export default function InvitationsPage() {
  const { t } = useTranslation();
  const follow = useFollow();
  const { org, may } = useOrganization();
  return (
    <Page
      title={t('invitations.title')}
      description={t('invitations.about')}
      actions={
        may('members.read') && (
          <Button href={`/orgs/${org}/invitations/reminders`} onFollow={follow}>
            {t('invitations.reminders.title')}
          </Button>
        )
      }
    >
      <InvitationTable />
    </Page>
  );
}
