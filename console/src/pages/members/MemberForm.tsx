import DatePicker from '@cloudscape-design/components/date-picker';
import FormField from '@cloudscape-design/components/form-field';
import Input, { type InputProps } from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../api/problem.ts';
import type { Department, RosterSchema } from '../../api/schema.ts';
import { useOrganization } from '../../session/me.ts';
import { useDepartments, useRoles } from './data.ts';

type Column = RosterSchema['columns'][number];

/** What people may change of a member. */
export interface MemberDraft {
  values: Readonly<Record<string, string>>;
  departments: readonly string[];
  roles: readonly string[];
}

interface MemberFormProps {
  columns: readonly Column[];
  draft: MemberDraft;
  onChange: (draft: MemberDraft) => void;
  /** What is wrong, by column name, `departments` or `roles`. */
  faults: ReadonlyMap<string, string>;
  /** The state is changed by disabling and enabling, and an id never. */
  isNew: boolean;
}

/** The faults that the API found, by the field that each names. */
export function faultsOf(error: unknown): ReadonlyMap<string, string> {
  if (!(error instanceof ApiProblem)) return new Map();
  return new Map(error.places.map(({ path, message }) => [path.split('/').at(-1) ?? path, message]));
}

export function MemberForm({ columns, draft, onChange, faults, isNew }: MemberFormProps) {
  const { t } = useTranslation();
  const departments = useOfferedDepartments(draft.departments);
  const roles = useRoles().data?.items ?? [];
  const shown = columns.filter(({ role }) => isNew || (role !== 'externalId' && role !== 'state'));
  const departmentOptions = departments.map(({ id, path }) => ({ value: id, label: path }));
  const roleOptions = roles.map(({ id, name }) => ({ value: id, label: name }));
  const lists = [
    { name: 'departments' as const, options: departmentOptions },
    { name: 'roles' as const, options: roleOptions },
  ];
  return (
    <SpaceBetween size="m">
      {shown.map((column) => (
        <FormField
          key={column.name}
          label={column.required ? `${column.name} *` : column.name}
          constraintText={constraintOf(column)}
          errorText={faults.get(column.name)}
        >
          <ValueInput
            column={column}
            value={draft.values[column.name] ?? ''}
            onChange={(value) => onChange({ ...draft, values: { ...draft.values, [column.name]: value } })}
          />
        </FormField>
      ))}
      {lists.map(
        ({ name, options }) =>
          options.length > 0 && (
            <FormField key={name} label={t(`members.fields.${name}`)} errorText={faults.get(name)}>
              <Multiselect
                filteringType="auto"
                placeholder={t('members.choose')}
                options={options}
                selectedOptions={options.filter(({ value }) => draft[name].includes(value))}
                onChange={({ detail }) =>
                  onChange({ ...draft, [name]: detail.selectedOptions.map(({ value }) => value!) })
                }
              />
            </FormField>
          ),
      )}
    </SpaceBetween>
  );
}

/** All below the root; a coordinator's own and those below, beside those that the member is in. */
function useOfferedDepartments(present: readonly string[]): readonly Department[] {
  const { level, departments: own = [] } = useOrganization();
  const items = useDepartments().data?.items ?? [];
  const all = items.filter(({ parent }) => parent !== undefined);
  if (level !== 'coordinator') return all;
  const paths = items.filter(({ id }) => own.includes(id)).map(({ path }) => path);
  return all.filter(
    ({ id, path }) =>
      present.includes(id) || paths.some((covered) => path === covered || path.startsWith(`${covered} / `)),
  );
}

function constraintOf({ type, dateFormat }: Column): string | undefined {
  return type === 'date' ? (dateFormat ?? 'YYYY-MM-DD') : undefined;
}

const inputs: Partial<Record<Column['type'], Pick<InputProps, 'type' | 'inputMode'>>> = {
  email: { type: 'email' },
  phone: { type: 'text', inputMode: 'tel' },
  integer: { type: 'text', inputMode: 'numeric' },
  decimal: { type: 'text', inputMode: 'decimal' },
};

interface ValueInputProps {
  column: Column;
  value: string;
  onChange: (value: string) => void;
}

/** One value, as its type is best given. What was imported stays as it is until it is changed. */
function ValueInput({ column, value, onChange }: ValueInputProps) {
  const { t } = useTranslation();
  const { type, values, dateFormat } = column;
  if (type === 'enum' || type === 'boolean') {
    const choices = type === 'enum' ? (values ?? []) : ['true', 'false'];
    const labels: Record<string, string> =
      type === 'enum' ? {} : { true: t('members.yes'), false: t('members.no') };
    const all = ['', ...new Set([...choices, ...(value ? [value] : [])])];
    const options = all.map((choice) => ({ value: choice, label: labels[choice] ?? (choice || '–') }));
    return (
      <Select
        options={options}
        selectedOption={options.find((option) => option.value === value) ?? null}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? '')}
      />
    );
  }
  if (
    type === 'date' &&
    (dateFormat ?? 'YYYY-MM-DD') === 'YYYY-MM-DD' &&
    /^(\d{4}-\d\d-\d\d)?$/.test(value)
  ) {
    return (
      <DatePicker
        value={value}
        format="iso"
        placeholder="YYYY-MM-DD"
        openCalendarAriaLabel={(day) => [t('members.openCalendar'), day].filter(Boolean).join(', ')}
        onChange={({ detail }) => onChange(detail.value)}
      />
    );
  }
  return (
    <Input
      {...inputs[type]}
      value={value}
      autoComplete={false}
      spellcheck={false}
      onChange={({ detail }) => onChange(detail.value)}
    />
  );
}
