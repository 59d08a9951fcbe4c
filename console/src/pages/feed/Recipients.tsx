import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { mayDo } from 'roster/domain/permissions';
import { useOrganization } from '../../session/me.ts';
import { everyAdministratorQuery } from '../administrators/administratorsQuery.ts';

interface RecipientsProps {
  /** Their logins. */
  chosen: readonly string[];
  onChange: (logins: readonly string[]) => void;
}

/** Who is mailed the results: of those who may see imports. One who may not any more can still be taken out. */
export function Recipients({ chosen, onChange }: RecipientsProps) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { data = [] } = useQuery(everyAdministratorQuery(org));
  const able = data.filter(({ level, state }) => state === 'enabled' && mayDo(level, 'imports.read'));
  const others = chosen.filter((login) => able.every(({ username }) => username !== login));
  const options = [
    ...able.map(({ username, name }) => ({
      value: username,
      label: username,
      ...(name && { description: name }),
    })),
    ...others.map((login) => ({ value: login, label: login })),
  ];
  return (
    <FormField label={t('feed.recipients')} description={t('feed.recipientsText')}>
      <Multiselect
        filteringType="auto"
        placeholder={t('members.choose')}
        options={options}
        selectedOptions={options.filter(({ value }) => chosen.includes(value))}
        onChange={({ detail }) => onChange(detail.selectedOptions.map(({ value = '' }) => value))}
      />
    </FormField>
  );
}
