import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import { useTranslation } from 'react-i18next';

/** A password or a link that is shown this once, to be copied. */
export function Secret({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      copyButtonAriaLabel={`${t('shell.secret.copy')}: ${label}`}
      copyErrorText={t('shell.secret.failed')}
      copySuccessText={t('shell.secret.copied')}
    />
  );
}
