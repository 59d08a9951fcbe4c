import Checkbox from '@cloudscape-design/components/checkbox';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Confirm } from '../../parts/Confirm.tsx';
import {
  type ColumnDraft,
  type ColumnRole,
  columnOf,
  columnRoles,
  columnRules,
  columnTypes,
  dateFormats,
  draftOf,
  fitsOf,
  type RosterColumn,
} from './rosterColumns.ts';

interface ColumnDialogProps {
  /** The one to change; without it, a new one. */
  column?: RosterColumn;
  onDone: (column: RosterColumn) => void;
  onClose: () => void;
}

interface PartProps {
  draft: ColumnDraft;
  set: (change: Partial<ColumnDraft>) => void;
}

/** One column of the roster. It is kept on the page, and saved with the others. */
export default function ColumnDialog({ column, onDone, onClose }: ColumnDialogProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(column));
  const set = (change: Partial<ColumnDraft>) => setDraft((before) => ({ ...before, ...change }));
  const isWhole = draft.name.trim() !== '' && (draft.type !== 'enum' || draft.values.trim() !== '');
  return (
    <Confirm
      title={
        column === undefined
          ? t('organization.schema.add')
          : t('organization.schema.editOf', { name: column.name })
      }
      confirmText={t('organization.schema.keep')}
      isDisabled={!isWhole}
      onConfirm={() => onDone(columnOf(draft))}
      onCancel={onClose}
    >
      <Meaning draft={draft} set={set} />
      <Rules draft={draft} set={set} />
      <Limits draft={draft} set={set} />
    </Confirm>
  );
}

const noRole = '';

/** What the column is called and what it says of a member. */
function Meaning({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const types = columnTypes.map((value) => ({ value, label: t(`organization.schema.types.${value}`) }));
  const roles = [
    { value: noRole, label: t('organization.schema.noRole') },
    ...columnRoles.map((value) => ({
      value: value as string,
      label: t(`organization.schema.roles.${value}`),
    })),
  ];
  const dates = dateFormats.map((value) => ({ value, label: value }));
  const fits = fitsOf(draft);
  return (
    <SpaceBetween size="m">
      <FormField label={t('members.fields.name')} description={t('organization.schema.nameText')}>
        <Input
          value={draft.name}
          autoComplete={false}
          onChange={({ detail }) => set({ name: detail.value })}
        />
      </FormField>
      <FormField label={t('organization.schema.type')}>
        <Select
          options={types}
          selectedOption={types.find(({ value }) => value === draft.type) ?? null}
          onChange={({ detail }) => set({ type: detail.selectedOption.value as ColumnDraft['type'] })}
        />
      </FormField>
      <FormField label={t('organization.schema.role')} description={t('organization.schema.roleText')}>
        <Select
          options={roles}
          selectedOption={roles.find(({ value }) => value === (draft.role ?? noRole)) ?? null}
          onChange={({ detail }) =>
            set({ role: (detail.selectedOption.value || undefined) as ColumnRole | undefined })
          }
        />
      </FormField>
      {fits.values && (
        <FormField label={t('organization.schema.values')} description={t('organization.schema.lines')}>
          <Textarea value={draft.values} onChange={({ detail }) => set({ values: detail.value })} />
        </FormField>
      )}
      {fits.dateFormat && (
        <FormField label={t('organization.schema.dateFormat')}>
          <Select
            options={dates}
            selectedOption={dates.find(({ value }) => value === draft.dateFormat) ?? null}
            onChange={({ detail }) =>
              set({ dateFormat: detail.selectedOption.value as ColumnDraft['dateFormat'] })
            }
          />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function Rules({ draft, set }: PartProps) {
  const { t } = useTranslation();
  const fits = { required: true, unique: true, ...fitsOf(draft) };
  return (
    <SpaceBetween size="xs">
      {columnRules
        .filter((rule) => fits[rule])
        .map((rule) => (
          <Checkbox
            key={rule}
            checked={draft[rule] === true}
            description={t(`organization.schema.ruleTexts.${rule}`)}
            onChange={({ detail }) => set({ [rule]: detail.checked })}
          >
            {t(`organization.schema.rules.${rule}`)}
          </Checkbox>
        ))}
    </SpaceBetween>
  );
}

/** What is seldom needed. */
function Limits({ draft, set }: PartProps) {
  const { t } = useTranslation();
  return (
    <ExpandableSection headerText={t('organization.schema.more')}>
      <SpaceBetween size="m">
        <FormField
          label={t('organization.schema.aliases')}
          description={t('organization.schema.aliasesText')}
        >
          <Textarea value={draft.aliases} onChange={({ detail }) => set({ aliases: detail.value })} />
        </FormField>
        <FormField label={t('organization.schema.maxLength')}>
          <Input
            type="number"
            inputMode="numeric"
            value={draft.maxLength}
            onChange={({ detail }) => set({ maxLength: detail.value })}
          />
        </FormField>
        <FormField
          label={t('organization.schema.pattern')}
          description={t('organization.schema.patternText')}
        >
          <Input
            value={draft.pattern}
            autoComplete={false}
            spellcheck={false}
            onChange={({ detail }) => set({ pattern: detail.value })}
          />
        </FormField>
      </SpaceBetween>
    </ExpandableSection>
  );
}
