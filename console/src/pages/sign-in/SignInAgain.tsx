import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input, { type InputProps } from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Challenge } from '../../api/schema.ts';
import { recentSignIn } from '../../session/recentSignIn.ts';
import { session } from '../../session/session.ts';
import { CodeField, digitsOf } from './CodeField.tsx';
import { useSending } from './useSending.ts';
import type { Who } from './who.ts';

const refuse = () => recentSignIn.end(false);

/** Asks whoever is in for the password, and a code where there is a second factor, above the page that goes on then. */
export default function SignInAgain({ who }: { who: Who }) {
  const { t } = useTranslation();
  const form = useId();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [asked, setAsked] = useState<Challenge>();
  const [isTried, setIsTried] = useState(false);
  const { isSending, refusal, send } = useSending();
  // What waits is refused as well where the page goes away, as when the session ends in another tab.
  useEffect(() => refuse, []);

  function goOn(challenge: Challenge | undefined) {
    if (challenge === undefined) return recentSignIn.end(true);
    setAsked(challenge);
    setIsTried(false);
  }

  function submit() {
    setIsTried(true);
    if (asked === undefined) return password === '' ? undefined : void send(givePassword);
    const digits = digitsOf(code);
    if (digits !== undefined) void send(() => giveCode(asked.session, digits));
  }

  const givePassword = () =>
    // It is kept no longer than it takes to send it.
    session.signIn({ ...who, password }).then(goOn, forgetting(setPassword));
  const giveCode = (of: string, digits: string) =>
    session
      .answer({ challenge: 'SOFTWARE_TOKEN_MFA', session: of, ...who, code: digits })
      .then(goOn, forgetting(setCode));

  const isFirstPassword = asked?.challenge === 'NEW_PASSWORD_REQUIRED';
  return (
    <Modal
      visible
      header={t('signIn.again.title')}
      closeAriaLabel={t('shell.close')}
      onDismiss={refuse}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={refuse} disabled={isSending}>
              {t('shell.cancel')}
            </Button>
            <Button
              variant="primary"
              formAction="submit"
              form={form}
              loading={isSending}
              disabled={isFirstPassword}
            >
              {t('signIn.again.submit')}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <SpaceBetween size="m">
          <Box>{t('signIn.again.text')}</Box>
          {refusal && <Alert type="error">{refusal}</Alert>}
          {isFirstPassword && <Alert type="error">{t('signIn.again.firstPassword')}</Alert>}
          {asked === undefined && (
            <PasswordFields login={who.login} password={password} onChange={setPassword} isTried={isTried} />
          )}
          {asked?.challenge === 'SOFTWARE_TOKEN_MFA' && (
            <CodeField code={code} onChange={setCode} isTried={isTried} />
          )}
        </SpaceBetween>
      </form>
    </Modal>
  );
}

/** Empties a field whose content was refused. */
function forgetting(set: (text: string) => void) {
  return (error: unknown) => {
    set('');
    throw error;
  };
}

interface PasswordFieldsProps {
  login: string;
  password: string;
  onChange: (password: string) => void;
  isTried: boolean;
}

/** The login stands there for people and their password managers, and is not theirs to change. */
function PasswordFields({ login, password, onChange, isTried }: PasswordFieldsProps) {
  const { t } = useTranslation();
  const isMissing = isTried && password === '';
  const input = useRef<InputProps.Ref>(null);
  useEffect(() => {
    // A dialog that opens gives the focus to what closes it; this comes after.
    const timer = setTimeout(() => input.current?.focus());
    return () => clearTimeout(timer);
  }, []);
  return (
    <SpaceBetween size="m">
      <FormField label={t('signIn.login')}>
        <Input name="login" autoComplete="username" readOnly value={login} />
      </FormField>
      <FormField label={t('signIn.password')} errorText={isMissing ? t('signIn.required') : undefined}>
        <Input
          ref={input}
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={({ detail }) => onChange(detail.value)}
        />
      </FormField>
    </SpaceBetween>
  );
}
