import FormField from '@cloudscape-design/components/form-field';
import Select, { type SelectProps } from '@cloudscape-design/components/select';

interface ChoiceProps<T extends string> {
  label: string;
  description?: string;
  options: readonly (SelectProps.Option & { value: T })[];
  value: T;
  onChange: (value: T) => void;
}

/** A field of a form that takes one of some values. */
export function Choice<T extends string>({ label, description, options, value, onChange }: ChoiceProps<T>) {
  return (
    <FormField label={label} description={description}>
      <Select
        options={options}
        selectedOption={options.find((one) => one.value === value) ?? null}
        onChange={({ detail }) => onChange(detail.selectedOption.value as T)}
      />
    </FormField>
  );
}
