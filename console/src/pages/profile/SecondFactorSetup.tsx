import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { SecondFactorSecret } from '../../api/schema.ts';
import { Secret } from '../../parts/Secret.tsx';
import { CodeField, digitsOf } from '../sign-in/CodeField.tsx';
import { useSending } from '../sign-in/useSending.ts';

/** Wide enough for a phone's camera, and for the window of a phone. */
const codePixels = 200;

interface SecondFactorSetupProps {
  secret: SecondFactorSecret;
  onDone: () => Promise<void>;
  onCancel: () => void;
}

/** Shows the secret for the authenticator app, and asks for a code of it: only then does it count. */
export function SecondFactorSetup({ secret: { secret, uri }, onDone, onCancel }: SecondFactorSetupProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [isTried, setIsTried] = useState(false);
  const { isSending, refusal, send } = useSending();

  async function confirm(digits: string) {
    await answer(api.POST('/api/v1/me/totp/confirm', { body: { code: digits } }));
    await onDone();
  }

  function submit() {
    setIsTried(true);
    const digits = digitsOf(code);
    if (digits !== undefined) void send(() => confirm(digits));
  }

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <SpaceBetween size="m">
        <Box>{t('profile.factor.step')}</Box>
        <QRCodeSVG value={uri} size={codePixels} marginSize={4} title={t('profile.factor.picture')} />
        <Secret text={secret} label={t('profile.factor.secret')} />
        <Link href={uri}>{t('profile.factor.app')}</Link>
        {refusal && <Alert type="error">{refusal}</Alert>}
        <CodeField code={code} onChange={setCode} isTried={isTried} />
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" formAction="none" onClick={onCancel}>
            {t('shell.cancel')}
          </Button>
          <Button variant="primary" formAction="submit" loading={isSending}>
            {t('profile.factor.confirm')}
          </Button>
        </SpaceBetween>
      </SpaceBetween>
    </form>
  );
}
