import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Form from '@cloudscape-design/components/form';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';

interface PlainFormProps {
  title: string;
  description?: string;
  refusal?: string | undefined;
  isSending: boolean;
  submitText: string;
  secondary?: ReactNode;
  onSubmit: () => void;
  children: ReactNode;
}

/** One short form that is sent by Enter or its button. */
export function PlainForm(props: PlainFormProps) {
  const { title, description, refusal, isSending, submitText, secondary, onSubmit, children } = props;
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · ${t('shell.title')}`;
  }, [title, t]);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Form
        header={
          <Header variant="h2" description={description}>
            {title}
          </Header>
        }
        actions={
          <SpaceBetween direction="horizontal" size="xs" alignItems="center">
            {secondary}
            <Button variant="primary" formAction="submit" loading={isSending}>
              {submitText}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="m">
          {refusal && <Alert type="error">{refusal}</Alert>}
          {children}
        </SpaceBetween>
      </Form>
    </form>
  );
}
