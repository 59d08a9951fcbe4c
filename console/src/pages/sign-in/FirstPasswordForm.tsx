import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Challenge } from '../../api/schema.ts';
import { session } from '../../session/session.ts';
import { PasswordField } from './PasswordField.tsx';
import { PlainForm } from './PlainForm.tsx';
import { useSending } from './useSending.ts';
import { namesOf, type Who } from './who.ts';

export interface AnswerProps {
  who: Who;
  /** Cognito's, of the challenge. */
  session: string;
  onChallenge: (challenge: Challenge | undefined) => void;
  onBack: () => void;
}

export function FirstPasswordForm({ who, session: asked, onChallenge, onBack }: AnswerProps) {
  const { t } = useTranslation();
  const [first, setFirst] = useState('');
  const [again, setAgain] = useState('');
  const [isTried, setIsTried] = useState(false);
  const { isSending, refusal, send } = useSending();
  const isSame = first === again;

  function submit() {
    setIsTried(true);
    if (first === '' || !isSame) return;
    const challenge = 'NEW_PASSWORD_REQUIRED' as const;
    const given = { challenge, session: asked, ...namesOf(who), newPassword: first };
    void send(async () => onChallenge(await session.answer(given)));
  }

  return (
    <PlainForm
      title={t('signIn.firstPassword.title')}
      description={t('signIn.firstPassword.text')}
      refusal={refusal}
      isSending={isSending}
      submitText={t('signIn.firstPassword.submit')}
      onSubmit={submit}
      secondary={
        <Button variant="link" formAction="none" onClick={onBack}>
          {t('signIn.back')}
        </Button>
      }
    >
      <PasswordField
        label={t('signIn.firstPassword.new')}
        name="new-password"
        autoComplete="new-password"
        autoFocus
        rules={t('signIn.firstPassword.rules')}
        value={first}
        onChange={setFirst}
        fault={isTried && first === '' ? t('signIn.required') : undefined}
      />
      <PasswordField
        label={t('signIn.firstPassword.again')}
        name="new-password-again"
        autoComplete="new-password"
        value={again}
        onChange={setAgain}
        fault={isTried && !isSame ? t('signIn.firstPassword.differ') : undefined}
      />
    </PlainForm>
  );
}
