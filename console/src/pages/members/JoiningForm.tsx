import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';

/** How somebody new gets in. */
export interface JoiningDraft {
  way: 'later' | 'email' | 'link' | 'username';
  username: string;
  email: string;
}

const ways = ['later', 'link', 'email', 'username'] as const;

interface JoiningFormProps {
  draft: JoiningDraft;
  onChange: (draft: JoiningDraft) => void;
  mayGiveAccess: boolean;
  /** The member's own address; without one no invitation is mailed. */
  email: string;
}

export function JoiningForm({ draft, onChange, mayGiveAccess, email }: JoiningFormProps) {
  const { t } = useTranslation();
  const items = ways.map((value) => ({
    value,
    label: t(`members.joining.${value}.label`),
    description: t(`members.joining.${value}.text`),
    disabled: value !== 'later' && (!mayGiveAccess || (value === 'email' && email === '')),
  }));
  return (
    <SpaceBetween size="m">
      <FormField label={t('members.joining.title')}>
        <RadioGroup
          value={draft.way}
          items={items}
          onChange={({ detail }) => onChange({ ...draft, way: detail.value as JoiningDraft['way'] })}
        />
      </FormField>
      {draft.way === 'username' && (
        <>
          <FormField label={t('members.fields.username')}>
            <Input
              value={draft.username}
              autoComplete={false}
              spellcheck={false}
              onChange={({ detail }) => onChange({ ...draft, username: detail.value })}
            />
          </FormField>
          <FormField label={t('members.fields.signInEmail')} description={t('members.joining.emailText')}>
            <Input
              type="email"
              value={draft.email}
              placeholder={email}
              autoComplete={false}
              onChange={({ detail }) => onChange({ ...draft, email: detail.value })}
            />
          </FormField>
        </>
      )}
    </SpaceBetween>
  );
}
