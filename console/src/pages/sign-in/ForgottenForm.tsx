import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { anonymousApi, answer } from '../../api/client.ts';
import { PlainForm } from './PlainForm.tsx';
import { useSending } from './useSending.ts';
import { WhoFields } from './WhoFields.tsx';
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
      <WhoFields who={who} onChange={setWho} isTried={isTried} />
    </PlainForm>
  );
}
