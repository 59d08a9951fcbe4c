import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';

interface PasswordFieldProps {
  label: string;
  name?: string;
  rules?: string;
  autoFocus?: boolean;
  autoComplete: 'current-password' | 'new-password';
  value: string;
  onChange: (value: string) => void;
  fault?: string | undefined;
}

/** A password, the current one or one that is chosen. */
export function PasswordField({ label, rules, value, onChange, fault, ...input }: PasswordFieldProps) {
  return (
    <FormField label={label} constraintText={rules} errorText={fault}>
      <Input {...input} type="password" value={value} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}
