import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { session } from '../../session/session.ts';
import { CodeField, digitsOf } from './CodeField.tsx';
import type { AnswerProps } from './FirstPasswordForm.tsx';
import { PlainForm } from './PlainForm.tsx';
import { useSending } from './useSending.ts';
import { namesOf } from './who.ts';

/** Asks for a code of the authenticator app. */
export function CodeForm({ who, session: asked, onChallenge, onBack }: AnswerProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [isTried, setIsTried] = useState(false);
  const { isSending, refusal, send } = useSending();

  function submit() {
    setIsTried(true);
    const digits = digitsOf(code);
    if (digits === undefined) return;
    const given = { challenge: 'SOFTWARE_TOKEN_MFA' as const, session: asked, ...namesOf(who), code: digits };
    void send(async () => onChallenge(await session.answer(given)));
  }

  return (
    <PlainForm
      title={t('signIn.code.title')}
      refusal={refusal}
      isSending={isSending}
      submitText={t('signIn.code.submit')}
      onSubmit={submit}
      secondary={
        <Button variant="link" formAction="none" onClick={onBack}>
          {t('signIn.back')}
        </Button>
      }
    >
      <CodeField code={code} onChange={setCode} isTried={isTried} />
    </PlainForm>
  );
}
