import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from './problemText.ts';

/** Something is on its way. */
export function Loading() {
  const { t } = useTranslation();
  return (
    <Box textAlign="center" padding="xxl" color="text-body-secondary">
      <span role="status">
        <Spinner /> {t('shell.loading')}
      </span>
    </Box>
  );
}

/** Something could not be loaded: why, and once more. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      type="error"
      header={t('shell.failed')}
      action={
        retry && (
          <Button formAction="none" onClick={retry}>
            {t('shell.retry')}
          </Button>
        )
      }
    >
      {problemText(error, t)}
    </Alert>
  );
}

/** There is nothing, and what one may do about it. */
export function Empty({ title, text, action }: { title: string; text?: ReactNode; action?: ReactNode }) {
  return (
    <Box textAlign="center" margin={{ vertical: 'l' }} color="inherit">
      <SpaceBetween size="s">
        <Box variant="strong" color="inherit">
          {title}
        </Box>
        {text && (
          <Box variant="p" color="inherit">
            {text}
          </Box>
        )}
        {action}
      </SpaceBetween>
    </Box>
  );
}
