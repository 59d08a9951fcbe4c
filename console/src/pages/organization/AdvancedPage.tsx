import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useFlash } from '../../parts/flash.tsx';
import { Page } from '../../parts/Page.tsx';
import { useOrganization } from '../../session/me.ts';
import { watchJob } from '../members/watchJob.tsx';
import { ConfirmByEmail } from './ConfirmByEmail.tsx';
import { DropAll } from './DropAll.tsx';

/** What takes much away at once. Each asks for the own email, typed, and a recent sign-in. */
export default function AdvancedPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('organization.advanced.title')} description={t('organization.advanced.about')}>
      <SpaceBetween size="l">
        <ClearUsernames />
        <DropAll />
      </SpaceBetween>
    </Page>
  );
}

/** Takes the account from everybody who joined (S4.9). */
function ClearUsernames() {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org, may } = useOrganization();
  const [isAsking, setIsAsking] = useState(false);

  async function clear(email: string) {
    const call = { params: { path: { org } }, body: { email } };
    const job = await answer(api.POST('/api/v1/orgs/{org}/clear-usernames', call));
    setIsAsking(false);
    void watchJob(org, job, { flash, t, mayUndo: may('members.write') });
  }

  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={<Button onClick={() => setIsAsking(true)}>{t('organization.clear.title')}</Button>}
        >
          {t('organization.clear.title')}
        </Header>
      }
    >
      <Box>{t('organization.clear.text')}</Box>
      {isAsking && (
        <ConfirmByEmail
          title={t('organization.clear.title')}
          confirmText={t('organization.clear.confirm')}
          onConfirm={clear}
          onCancel={() => setIsAsking(false)}
        >
          <Alert type="warning">{t('organization.clear.text')}</Alert>
        </ConfirmByEmail>
      )}
    </Container>
  );
}
