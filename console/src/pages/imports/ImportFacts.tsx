import ExpandableSection from '@cloudscape-design/components/expandable-section';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFormats } from '../../parts/times.ts';

/** How the import was asked for, how its file was read, and who did what to it. */
export function ImportFacts({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { number, time } = useFormats();
  const { columns, file, approval, mappingChoice } = job;
  const pair = (label: string, value: string | undefined) => (value ? [{ label, value }] : []);
  const by = (who: { by: string; at: string } | undefined) =>
    who && t('imports.byAt', { name: who.by, time: time(who.at) });
  const mapped = columns && Object.entries(columns.mapped);
  return (
    <ExpandableSection variant="container" headerText={t('imports.facts')}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={200}
        items={[
          ...(job.kind === 'undo'
            ? []
            : [
                ...pair(t('imports.mode'), t(`imports.modes.${job.mode}`)),
                ...pair(t('imports.onRowErrors'), t(`imports.rowErrors.${job.onRowErrors}`)),
                ...pair(t('imports.approve'), t(`imports.approvals.${job.approve}`)),
              ]),
          ...pair(t('imports.uploaded'), by({ by: job.uploadedBy, at: job.createdAt })),
          ...pair(t('imports.mappedBy'), by(mappingChoice)),
          ...pair(t('imports.approvedBy'), by(approval)),
          ...pair(t('imports.secondBy'), by(approval?.second)),
          ...pair(t('imports.updated'), time(job.updatedAt)),
          ...pair(t('imports.size'), file && t('imports.bytes', { number: number(file.bytes) })),
          ...pair(t('imports.format'), file && `${file.format}, ${file.encoding}`),
          ...pair(t('imports.hash'), file?.sha256),
          ...pair(
            t('imports.columnsUsed'),
            mapped?.map(([from, to]) => (from === to ? to : `${from} → ${to}`)).join(', '),
          ),
          ...pair(t('imports.columnsIgnored'), columns?.ignored.join(', ')),
          ...pair(t('imports.columnsDropped'), columns?.dropped?.join(', ')),
        ]}
      />
    </ExpandableSection>
  );
}
