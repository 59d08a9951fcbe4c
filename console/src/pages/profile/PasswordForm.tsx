import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Challenge } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useOrganization } from '../../session/me.ts';
import { session } from '../../session/session.ts';
import { CodeField, digitsOf } from '../sign-in/CodeField.tsx';
import { PasswordField } from '../sign-in/PasswordField.tsx';
import { useSending } from '../sign-in/useSending.ts';

const nothing = { current: '', next: '', again: '' };

/** Changes the own password, which ends all other sessions; then a code is asked for where a second factor is on. */
export function PasswordForm() {
  const { t } = useTranslation();
  const flash = useFlash();
  const { organization, login } = useOrganization();
  const [typed, setTyped] = useState(nothing);
  const [code, setCode] = useState('');
  const [asked, setAsked] = useState<Challenge>();
  const [isTried, setIsTried] = useState(false);
  const { isSending, refusal, send } = useSending();
  const set = (change: Partial<typeof nothing>) => setTyped((before) => ({ ...before, ...change }));
  const isSame = typed.next === typed.again;

  function goOn(challenge: Challenge | undefined) {
    // No password is kept once it was sent.
    setTyped(nothing);
    setCode('');
    setIsTried(false);
    setAsked(challenge);
    if (challenge === undefined) flash.success(t('profile.password.changed'));
  }

  async function change() {
    const { current, next } = typed;
    goOn(await session.changePassword({ currentPassword: current, newPassword: next }));
  }

  async function giveCode(of: string, digits: string) {
    const given = { challenge: 'SOFTWARE_TOKEN_MFA' as const, session: of, organization, login };
    goOn(await session.answer({ ...given, code: digits }));
  }

  function submit() {
    setIsTried(true);
    const digits = digitsOf(code);
    if (asked) return digits === undefined ? undefined : void send(() => giveCode(asked.session, digits));
    if (typed.current !== '' && typed.next !== '' && isSame) void send(change);
  }

  const missing = (text: string) => (isTried && text === '' ? t('signIn.required') : undefined);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <input type="text" name="login" autoComplete="username" value={login} readOnly hidden />
      <Form
        actions={
          <Button variant="primary" formAction="submit" loading={isSending}>
            {t('profile.password.submit')}
          </Button>
        }
      >
        <Container header={<Header variant="h2">{t('signIn.password')}</Header>}>
          <SpaceBetween size="m">
            {refusal && <Alert type="error">{refusal}</Alert>}
            {asked ? (
              <CodeField code={code} onChange={setCode} isTried={isTried} />
            ) : (
              <SpaceBetween size="m">
                <PasswordField
                  label={t('profile.password.current')}
                  autoComplete="current-password"
                  value={typed.current}
                  onChange={(current) => set({ current })}
                  fault={missing(typed.current)}
                />
                <PasswordField
                  label={t('signIn.firstPassword.new')}
                  rules={t('signIn.firstPassword.rules')}
                  autoComplete="new-password"
                  value={typed.next}
                  onChange={(next) => set({ next })}
                  fault={missing(typed.next)}
                />
                <PasswordField
                  label={t('signIn.firstPassword.again')}
                  autoComplete="new-password"
                  value={typed.again}
                  onChange={(again) => set({ again })}
                  fault={isTried && !isSame ? t('signIn.firstPassword.differ') : undefined}
                />
              </SpaceBetween>
            )}
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}
