import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { Page } from '../../parts/Page.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { watchJob } from '../members/watchJob.tsx';
import { DropAll } from './DropAll.tsx';
import { OwnEmail } from './OwnEmail.tsx';

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
  const { isBusy, run } = useAction();
  const [isAsking, setIsAsking] = useState(false);
  const [email, setEmail] = useState('');

  async function clear() {
    const call = { params: { path: { org } }, body: { email: email.trim() } };
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
        <Confirm
          title={t('organization.clear.title')}
          confirmText={t('organization.clear.confirm')}
          isBusy={isBusy}
          isDisabled={email.trim() === ''}
          onConfirm={() => run(clear)}
          onCancel={() => setIsAsking(false)}
        >
          <Alert type="warning">{t('organization.clear.text')}</Alert>
          <OwnEmail value={email} onChange={setEmail} />
        </Confirm>
      )}
    </Container>
  );
}
