import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Confirm } from '../../parts/Confirm.tsx';
import { useAction } from '../../parts/useAction.ts';

interface ConfirmByEmailProps {
  title: string;
  confirmText: string;
  /** What it will touch. */
  children: ReactNode;
  /** What it will touch is not known yet. */
  isDisabled?: boolean;
  onConfirm: (email: string) => Promise<void>;
  onCancel: () => void;
}

/** Asks for the own email, typed, as a proof that somebody means it (S0.24). */
export function ConfirmByEmail(props: ConfirmByEmailProps) {
  const { title, confirmText, children, isDisabled = false, onConfirm, onCancel } = props;
  const { t } = useTranslation();
  const { isBusy, run } = useAction();
  const [typed, setTyped] = useState('');
  const email = typed.trim();
  return (
    <Confirm
      title={title}
      confirmText={confirmText}
      isBusy={isBusy}
      isDisabled={isDisabled || email === ''}
      onConfirm={() => run(() => onConfirm(email))}
      onCancel={onCancel}
    >
      {children}
      <FormField label={t('organization.advanced.email')} description={t('organization.advanced.emailText')}>
        <Input
          value={typed}
          autoComplete={false}
          spellcheck={false}
          onChange={({ detail }) => setTyped(detail.value)}
        />
      </FormField>
    </Confirm>
  );
}
