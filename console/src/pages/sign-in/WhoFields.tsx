import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import type { Who } from './who.ts';

interface WhoFieldsProps {
  who: Who;
  onChange: (who: Who) => void;
  /** The form was sent once, so what is missing is said. */
  isTried: boolean;
}

/** Organization and login, of whoever signs in or forgot the password. */
export function WhoFields({ who, onChange, isTried }: WhoFieldsProps) {
  const { t } = useTranslation();
  const isMissing = isTried && who.login.trim() === '';
  return (
    <SpaceBetween size="m">
      <FormField label={t('signIn.organization')} description={t('signIn.organizationHint')}>
        <Input
          name="organization"
          autoComplete="organization"
          spellcheck={false}
          value={who.organization}
          onChange={({ detail }) => onChange({ ...who, organization: detail.value })}
        />
      </FormField>
      <FormField
        label={t('signIn.login')}
        description={t('signIn.loginHint')}
        errorText={isMissing ? t('signIn.required') : undefined}
      >
        <Input
          name="login"
          autoComplete="username"
          spellcheck={false}
          value={who.login}
          onChange={({ detail }) => onChange({ ...who, login: detail.value })}
        />
      </FormField>
    </SpaceBetween>
  );
}
