import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';

/** What an import does with the roster, with bad rows, and whether somebody looks at it first. */
export type Policy = Pick<Import, 'mode' | 'onRowErrors' | 'approve'> & { mapping: 'auto' | 'confirm' };

export const policies = {
  mode: ['full', 'upsert', 'add_only', 'update_only'],
  onRowErrors: ['reject_file', 'accept_valid'],
  approve: ['review', 'auto'],
  mapping: ['auto', 'confirm'],
} as const satisfies { [K in keyof Policy]: readonly Policy[K][] };

interface Props {
  policy: Policy;
  onChange: (policy: Policy) => void;
}

/** Each choice with what it means. */
export function ImportPolicy({ policy, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <SpaceBetween size="l">
      <FormField label={t('imports.mode')} stretch>
        <RadioGroup
          value={policy.mode}
          onChange={({ detail }) => onChange({ ...policy, mode: detail.value as Policy['mode'] })}
          items={policies.mode.map((value) => ({
            value,
            label: t(`imports.modes.${value}`),
            description: t(`imports.modeHints.${value}`),
          }))}
        />
      </FormField>
      <FormField label={t('imports.onRowErrors')} stretch>
        <RadioGroup
          value={policy.onRowErrors}
          onChange={({ detail }) =>
            onChange({ ...policy, onRowErrors: detail.value as Policy['onRowErrors'] })
          }
          items={policies.onRowErrors.map((value) => ({
            value,
            label: t(`imports.rowErrors.${value}`),
            description: t(`imports.rowErrorHints.${value}`),
          }))}
        />
      </FormField>
      <FormField label={t('imports.approve')} stretch>
        <RadioGroup
          value={policy.approve}
          onChange={({ detail }) => onChange({ ...policy, approve: detail.value as Policy['approve'] })}
          items={policies.approve.map((value) => ({
            value,
            label: t(`imports.approvals.${value}`),
            description: t(`imports.approvalHints.${value}`),
          }))}
        />
      </FormField>
      <FormField label={t('imports.mapping')} stretch>
        <RadioGroup
          value={policy.mapping}
          onChange={({ detail }) => onChange({ ...policy, mapping: detail.value as Policy['mapping'] })}
          items={policies.mapping.map((value) => ({
            value,
            label: t(`imports.mappings.${value}`),
            description: t(`imports.mappingHints.${value}`),
          }))}
        />
      </FormField>
    </SpaceBetween>
  );
}
