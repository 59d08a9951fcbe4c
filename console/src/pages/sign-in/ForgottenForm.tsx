import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { anonymousApi, answer } from '../../api/client.ts';
import { PlainForm } from './PlainForm.tsx';
import { useSending } from './useSending.ts';
import { namesOf, type Who } from './who.ts';

/** Has a link mailed. The answer is the same whether there is such an account or not. */
export function ForgottenForm({ who: known }: { who: Who }) {
  const { t } = useTranslation();
  const [who, setWho] = useState(known);
  const [isTried, setIsTried] = useState(false);
  const [isSent, setIsSent] = useState(false);
  const { isSending, refusal, send } = useSending();
  const navigate = useNavigate();
  const { search } = useLocation();

  function submit() {
    setIsTried(true);
    if (who.login.trim() === '') return;
    void send(async () => {
      await answer(anonymousApi.POST('/api/v1/public/resets/request', { body: namesOf(who) }));
      setIsSent(true);
    });
  }

  return (
    <PlainForm
      title={t('signIn.reset.title')}
      description={t('signIn.reset.text')}
      refusal={refusal}
      isSending={isSending}
      submitText={t('signIn.reset.submit')}
      onSubmit={submit}
      secondary={
        <Button variant="link" formAction="none" onClick={() => navigate(`/sign-in${search}`)}>
          {t('signIn.back')}
        </Button>
      }
    >
      {isSent && <Alert type="success">{t('signIn.reset.sent')}</Alert>}
      <FormField label={t('signIn.organization')} description={t('signIn.organizationHint')}>
        <Input
          name="organization"
          autoComplete="organization"
          spellcheck={false}
          value={who.organization}
          onChange={({ detail }) => setWho({ ...who, organization: detail.value })}
        />
      </FormField>
      <FormField
        label={t('signIn.login')}
        description={t('signIn.loginHint')}
        errorText={isTried && who.login.trim() === '' ? t('signIn.required') : undefined}
      >
        <Input
          name="login"
          autoComplete="username"
          spellcheck={false}
          value={who.login}
          onChange={({ detail }) => setWho({ ...who, login: detail.value })}
        />
      </FormField>
    </PlainForm>
  );
}
