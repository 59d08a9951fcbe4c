import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { session } from '../../session/session.ts';
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
  const digits = code.replaceAll(/\s/g, '');

  function submit() {
    setIsTried(true);
    if (!/^\d{6}$/.test(digits)) return;
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
      <FormField
        label={t('signIn.code.label')}
        constraintText={t('signIn.code.hint')}
        errorText={isTried && !/^\d{6}$/.test(digits) ? t('signIn.code.hint') : undefined}
      >
        <Input
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          autoFocus
          value={code}
          onChange={({ detail }) => setCode(detail.value)}
        />
      </FormField>
    </PlainForm>
  );
}
