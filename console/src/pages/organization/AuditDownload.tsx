import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFlash } from '../../parts/flash.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { save } from '../imports/downloads.ts';
import { type AuditFilter, auditPages } from './auditEntries.ts';
import type { AuditFormat } from './auditFile.ts';

const messageId = 'audit-download';

/** Downloads the entries that the filters let through. It may take a while, so one sees how far it is and can stop it. */
export function AuditDownload({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation();
  const flash = useFlash();
  const formats = useFormats();
  const { org } = useOrganization();
  const [isBusy, setIsBusy] = useState(false);

  async function download(format: AuditFormat) {
    const stop = new AbortController();
    const onRead = (entries: number) =>
      flash.show({
        id: messageId,
        type: 'in-progress',
        loading: true,
        content: t('organization.audit.read', { number: formats.number(entries) }),
        action: <Button onClick={() => stop.abort()}>{t('organization.audit.stop')}</Button>,
      });
    setIsBusy(true);
    try {
      onRead(0);
      // What writes CSV is loaded when it is first needed.
      const { auditFile } = await import('./auditFile.ts');
      const file = await auditFile(auditPages(org, filter, { signal: stop.signal, onRead }), format);
      const url = URL.createObjectURL(file);
      save(url, `${org}-audit.${format}`);
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      if (!stop.signal.aborted) flash.problem(error);
    } finally {
      flash.dismiss(messageId);
      setIsBusy(false);
    }
  }

  return (
    <ButtonDropdown
      items={[
        { id: 'csv', text: 'CSV' },
        { id: 'json', text: 'JSON' },
      ]}
      loading={isBusy}
      onItemClick={({ detail }) => void download(detail.id === 'json' ? 'json' : 'csv')}
    >
      {t('organization.audit.download')}
    </ButtonDropdown>
  );
}
