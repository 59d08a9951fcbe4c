import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { useAction } from '../../parts/useAction.ts';
import { session } from '../../session/session.ts';
import { Memberships } from './Memberships.tsx';
import { PasswordForm } from './PasswordForm.tsx';
import { SecondFactor } from './SecondFactor.tsx';

/** One's own account: where it belongs, its password and second factor, and its sessions. */
export default function ProfilePage() {
  const { t } = useTranslation();
  return (
    <Page title={t('shell.ownAccount')} description={t('profile.about')}>
      <SpaceBetween size="l">
        <Memberships />
        <PasswordForm />
        <SecondFactor />
        <Sessions />
      </SpaceBetween>
    </Page>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const { isBusy, run } = useAction();
  const signOut = (
    <Button loading={isBusy} onClick={() => void run(() => session.signOut())}>
      {t('shell.signOut')}
    </Button>
  );
  return (
    <Container
      header={
        <Header variant="h2" actions={signOut}>
          {t('profile.sessions')}
        </Header>
      }
    >
      <Box>{t('profile.sessionsText')}</Box>
    </Container>
  );
}
