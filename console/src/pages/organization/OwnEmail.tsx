import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useTranslation } from 'react-i18next';

/** The own email or login, typed, as a proof that somebody means it (S0.24). */
export function OwnEmail({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  return (
    <FormField label={t('organization.advanced.email')} description={t('organization.advanced.emailText')}>
      <Input
        value={value}
        autoComplete={false}
        spellcheck={false}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}
