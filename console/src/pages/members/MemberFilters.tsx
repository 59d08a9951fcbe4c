import DateInput from '@cloudscape-design/components/date-input';
import FormField from '@cloudscape-design/components/form-field';
import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import { useTranslation } from 'react-i18next';
import type { Role } from '../../api/schema.ts';
import { useAddress } from '../../parts/address.ts';
import { useFormats } from '../../parts/times.ts';
import { memberStates, viewOf, withTokens } from './view.ts';

/** Filters by what is known of members; they are in the address. */
export default function MemberFilters({ roles }: { roles: readonly Role[] }) {
  const { t } = useTranslation();
  const [search, setSearch] = useAddress();
  const { tokens } = viewOf(search);
  return (
    <PropertyFilter
      query={{ operation: 'and', tokens: [...tokens] }}
      onChange={({ detail }) => setSearch((before) => withTokens(before, detail.tokens))}
      hideOperations
      disableFreeTextFiltering
      expandToViewport
      filteringAriaLabel={t('members.filters.label')}
      filteringPlaceholder={t('members.filters.placeholder')}
      filteringProperties={useFilteringProperties(roles)}
      filteringOptions={[
        ...memberStates.map((value) => ({
          propertyKey: 'status',
          value,
          label: t(`members.states.${value}`),
        })),
        ...roles.map(({ id, name }) => ({ propertyKey: 'role', value: id, label: name })),
        { propertyKey: 'lastSignIn', value: 'never', label: t('members.filters.never') },
        { propertyKey: 'activated', value: 'never', label: t('members.filters.never') },
      ]}
    />
  );
}

function useFilteringProperties(roles: readonly Role[]): PropertyFilterProps.FilteringProperty[] {
  const { t } = useTranslation();
  const formats = useFormats();
  const many = (labels: ReadonlyMap<string, string>) => ({
    operator: '=' as const,
    tokenType: 'enum' as const,
    format: (values: string[]) =>
      [values]
        .flat()
        .map((value) => labels.get(value) ?? value)
        .join(', '),
  });
  const states = new Map(memberStates.map((state) => [state, t(`members.states.${state}`)]));
  const bound = (operator: '>=' | '<') => ({
    operator,
    form: ({ value, onChange }: PropertyFilterProps.ExtendedOperatorFormProps<string>) => (
      <FormField constraintText="YYYY/MM/DD">
        <DateInput
          value={value ?? ''}
          placeholder="YYYY/MM/DD"
          ariaLabel={t('members.filters.day')}
          onChange={({ detail }) => onChange(detail.value)}
        />
      </FormField>
    ),
    format: (value: string) => formats.date(value),
  });
  const time = (key: 'lastSignIn' | 'activated') => ({
    key,
    propertyLabel: t(`members.fields.${key}`),
    groupValuesLabel: t(`members.fields.${key}`),
    operators: ['=' as const, bound('>='), bound('<')],
    defaultOperator: '=' as const,
  });
  return [
    {
      key: 'status',
      propertyLabel: t('members.fields.state'),
      groupValuesLabel: t('members.fields.state'),
      operators: [many(states)],
    },
    {
      key: 'role',
      propertyLabel: t('members.fields.roles'),
      groupValuesLabel: t('members.fields.roles'),
      operators: [many(new Map(roles.map(({ id, name }) => [id, name])))],
    },
    {
      key: 'group',
      propertyLabel: t('members.fields.group'),
      groupValuesLabel: t('members.fields.group'),
      operators: ['='],
    },
    time('lastSignIn'),
    time('activated'),
  ];
}
