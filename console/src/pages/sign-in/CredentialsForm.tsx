import Alert from '@cloudscape-design/components/alert';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import type { Challenge } from '../../api/schema.ts';
import { useFollow } from '../../parts/follow.ts';
import { session } from '../../session/session.ts';
import { PlainForm } from './PlainForm.tsx';
import { useSending } from './useSending.ts';
import { WhoFields } from './WhoFields.tsx';
import type { Who } from './who.ts';

interface CredentialsFormProps {
  who: Who;
  /** Somebody was signed in here a moment ago. */
  isEnded: boolean;
  onWho: (who: Who) => void;
  onChallenge: (challenge: Challenge | undefined) => void;
}

export function CredentialsForm({ who, isEnded, onWho, onChallenge }: CredentialsFormProps) {
  const { t } = useTranslation();
  const { search } = useLocation();
  const follow = useFollow();
  const [password, setPassword] = useState('');
  const [isTried, setIsTried] = useState(false);
  const { isSending, refusal, send } = useSending();
  const isMissing = isTried && password.trim() === '';

  function submit() {
    setIsTried(true);
    const organization = who.organization.trim();
    const login = who.login.trim();
    if (login === '' || password === '') return;
    void send(async () => onChallenge(await session.signIn({ organization, login, password })));
  }

  return (
    <PlainForm
      title={t('signIn.title')}
      refusal={refusal}
      isSending={isSending}
      submitText={t('signIn.submit')}
      onSubmit={submit}
      secondary={
        <Link href={`/sign-in/forgotten${search}`} onFollow={follow}>
          {t('signIn.forgotten')}
        </Link>
      }
    >
      {isEnded && refusal === undefined && <Alert type="info">{t('signIn.ended')}</Alert>}
      <WhoFields who={who} onChange={onWho} isTried={isTried} />
      <FormField label={t('signIn.password')} errorText={isMissing ? t('signIn.required') : undefined}>
        <Input
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={({ detail }) => setPassword(detail.value)}
        />
      </FormField>
    </PlainForm>
  );
}
