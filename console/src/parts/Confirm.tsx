import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemsHere } from './flash.tsx';

interface ConfirmProps {
  title: string;
  /** What it will touch. */
  children: ReactNode;
  confirmText: string;
  /** What has to be typed first, where a slip would cost much. */
  typed?: string;
  isBusy?: boolean;
  isDisabled?: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks before something is done that touches people. What goes wrong then is said in the dialog, as long as it is open. */
export function Confirm(props: ConfirmProps) {
  const { title, children, confirmText, typed, isBusy, isDisabled, onConfirm, onCancel } = props;
  const { t } = useTranslation();
  const form = useId();
  const [text, setText] = useState('');
  const { problems, forget } = useProblemsHere();
  const after = (act: () => void) => () => {
    forget();
    act();
  };
  const isTyped = typed === undefined || text.trim() === typed;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // What this dialog stands in may be a form as well, to which React would pass it on.
    event.stopPropagation();
    after(onConfirm)();
  };
  const footer = (
    <Box float="right">
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="link" onClick={after(onCancel)} disabled={isBusy}>
          {t('shell.cancel')}
        </Button>
        <Button
          variant="primary"
          form={form}
          formAction="submit"
          loading={isBusy}
          disabled={!isTyped || isDisabled}
        >
          {confirmText}
        </Button>
      </SpaceBetween>
    </Box>
  );
  return (
    <Modal
      visible
      header={title}
      footer={footer}
      onDismiss={after(onCancel)}
      closeAriaLabel={t('shell.close')}
    >
      <form id={form} noValidate onSubmit={submit}>
        <SpaceBetween size="m">
          {children}
          {typed !== undefined && (
            <FormField label={t('shell.typeToConfirm', { text: typed })}>
              <Input value={text} onChange={({ detail }) => setText(detail.value)} autoComplete={false} />
            </FormField>
          )}
          {problems.map(({ id, content }) => (
            <div key={id} role="alert">
              <Alert type="error">{content}</Alert>
            </div>
          ))}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
