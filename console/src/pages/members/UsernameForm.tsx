import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { MemberDetails } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { problemText } from '../../parts/problemText.ts';
import { useOrganization } from '../../session/me.ts';
import { showMember } from './data.ts';

interface UsernameFormProps {
  member: MemberDetails;
  onPassword: (oneTimePassword: string) => void;
}

/** Changes the username, apart from the password (S4.13); or gives a first one, with a one-time password. */
export function UsernameForm({ member, onPassword }: UsernameFormProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const { memberId, account, state } = member;
  const [username, setUsername] = useState(account?.username ?? member.username ?? '');
  const [fault, setFault] = useState<string>();
  const [isSaving, setIsSaving] = useState(false);
  const isSame = username.trim() === account?.username;

  async function save() {
    if (username.trim() === '' || isSame) return;
    setIsSaving(true);
    setFault(undefined);
    try {
      const call = { params: { path: { org, memberId } }, body: { username: username.trim() } };
      const { oneTimePassword, ...details } = await answer(
        api.POST('/api/v1/orgs/{org}/members/{memberId}/username', call),
      );
      await showMember(org, details);
      if (oneTimePassword) onPassword(oneTimePassword);
      else flash.success(t('members.login.usernameChanged', { username: username.trim() }));
    } catch (error) {
      setFault(problemText(error, t));
    } finally {
      setIsSaving(false);
    }
  }

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <FormField
        label={t('members.fields.username')}
        description={account === undefined ? t('members.login.firstUsername') : undefined}
        errorText={fault}
        secondaryControl={
          <Button loading={isSaving} disabled={username.trim() === '' || isSame || state === 'disabled'}>
            {t(account === undefined ? 'members.login.give' : 'members.login.change')}
          </Button>
        }
      >
        <SpaceBetween size="xs">
          <Input
            value={username}
            autoComplete={false}
            spellcheck={false}
            onChange={({ detail }) => setUsername(detail.value)}
          />
        </SpaceBetween>
      </FormField>
    </form>
  );
}
