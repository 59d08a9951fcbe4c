import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';

const types: Record<Import['status'], StatusIndicatorProps.Type> = {
  in_progress: 'in-progress',
  incomplete: 'stopped',
  complete: 'success',
  error: 'error',
};

/** How an import stands, and what it waits for. */
export function ImportStatus({ job }: { job: Pick<Import, 'status' | 'step' | 'waitsFor'> }) {
  const { t } = useTranslation();
  const { status, step, waitsFor } = job;
  if (waitsFor !== undefined)
    return <StatusIndicator type="pending">{t(`imports.waitsFor.${waitsFor}`)}</StatusIndicator>;
  const text = status === 'in_progress' ? t(`imports.doing.${step}`) : t(`imports.status.${status}`);
  return <StatusIndicator type={types[status]}>{text}</StatusIndicator>;
}
