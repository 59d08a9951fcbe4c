import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useTranslation } from 'react-i18next';

interface CodeFieldProps {
  code: string;
  onChange: (code: string) => void;
  /** The form was sent once, so what is wrong is said. */
  isTried: boolean;
}

/** The six digits that were typed, undefined where they are something else. Apps show them with a gap. */
export function digitsOf(code: string): string | undefined {
  const digits = code.replaceAll(/\s/g, '');
  return /^\d{6}$/.test(digits) ? digits : undefined;
}

/** A code of the authenticator app. */
export function CodeField({ code, onChange, isTried }: CodeFieldProps) {
  const { t } = useTranslation();
  const isWrong = isTried && digitsOf(code) === undefined;
  return (
    <FormField
      label={t('signIn.code.label')}
      constraintText={t('signIn.code.hint')}
      errorText={isWrong ? t('signIn.code.hint') : undefined}
    >
      <Input
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        autoFocus
        value={code}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}
