import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useOrganization } from '../../session/me.ts';
import { downloadReport } from './downloads.ts';

interface Props {
  job: Pick<Import, 'importId' | 'fileName'>;
  rows: 'all' | 'rejects';
  variant?: ButtonDropdownProps.Variant;
}

/** Downloads what became of the rows, or the rejected rows to be corrected, in a format to choose. */
export function ReportButton({ job: { importId, fileName }, rows, variant = 'normal' }: Props) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  const text = t(rows === 'all' ? 'imports.actions.report' : 'imports.actions.rejects');
  return (
    <ButtonDropdown
      variant={variant}
      items={[
        { id: 'csv', text: 'CSV' },
        { id: 'xlsx', text: t('imports.workbook') },
      ]}
      ariaLabel={`${text}: ${fileName}`}
      expandToViewport
      onItemClick={({ detail }) => {
        const format = detail.id === 'xlsx' ? 'xlsx' : 'csv';
        void downloadReport(org, importId, { format, rows }).catch(flash.problem);
      }}
    >
      {text}
    </ButtonDropdown>
  );
}
