import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { SecondFactorSecret } from '../../api/schema.ts';
import { queries } from '../../app/queries.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useAction } from '../../parts/useAction.ts';
import { meQuery, useMe } from '../../session/me.ts';
import { PasswordField } from '../sign-in/PasswordField.tsx';
import { SecondFactorSetup } from './SecondFactorSetup.tsx';

/** Whether an authenticator app is asked for at sign-in, and how that is changed. */
export function SecondFactor() {
  const { t } = useTranslation();
  const flash = useFlash();
  const { isBusy, run } = useAction();
  const { secondFactor: isOn } = useMe();
  const [secret, setSecret] = useState<SecondFactorSecret>();
  const [isAsking, setIsAsking] = useState(false);
  const begin = async () => setSecret(await answer(api.POST('/api/v1/me/totp')));

  async function tell(text: string) {
    setSecret(undefined);
    setIsAsking(false);
    await queries.invalidateQueries({ queryKey: meQuery.queryKey });
    flash.success(text);
  }

  const action = isOn ? (
    <Button onClick={() => setIsAsking(true)}>{t('profile.factor.drop')}</Button>
  ) : (
    <Button loading={isBusy} disabled={secret !== undefined} onClick={() => void run(begin)}>
      {t('profile.factor.begin')}
    </Button>
  );
  return (
    <Container
      header={
        <Header variant="h2" actions={action}>
          {t('signIn.code.title')}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <StatusIndicator type={isOn ? 'success' : 'warning'}>
          {t(isOn ? 'profile.factor.on' : 'profile.factor.off')}
        </StatusIndicator>
        <Box>{t('profile.factor.text')}</Box>
        {secret && (
          <SecondFactorSetup
            secret={secret}
            onDone={() => tell(t('profile.factor.done'))}
            onCancel={() => setSecret(undefined)}
          />
        )}
      </SpaceBetween>
      {isAsking && (
        <DropFactor onDone={() => tell(t('profile.factor.dropped'))} onCancel={() => setIsAsking(false)} />
      )}
    </Container>
  );
}

function DropFactor({ onDone, onCancel }: { onDone: () => Promise<void>; onCancel: () => void }) {
  const { t } = useTranslation();
  const { isBusy, run } = useAction();
  const [password, setPassword] = useState('');

  async function drop() {
    await answer(api.DELETE('/api/v1/me/totp', { body: { password } }));
    await onDone();
  }

  return (
    <Confirm
      title={t('profile.factor.drop')}
      confirmText={t('profile.factor.drop')}
      isBusy={isBusy}
      isDisabled={password === ''}
      onConfirm={() => void run(drop).finally(() => setPassword(''))}
      onCancel={onCancel}
    >
      <Box>{t('profile.factor.dropText')}</Box>
      <PasswordField
        label={t('profile.password.current')}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
    </Confirm>
  );
}
