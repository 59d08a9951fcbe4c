import { useTranslation } from 'react-i18next';

const modes = ['full', 'upsert', 'add_only', 'update_only'] as const;
const rowErrors = ['reject_file', 'accept_valid'] as const;
const approvals = ['auto', 'review'] as const;

/** How files can be treated, where that is set for those to come. */
export function useImportOptions() {
  const { t } = useTranslation();
  return {
    modes: modes.map((value) => ({ value, label: t(`organization.settings.modes.${value}`) })),
    rowErrors: rowErrors.map((value) => ({ value, label: t(`organization.settings.rowErrors.${value}`) })),
    approvals: approvals.map((value) => ({ value, label: t(`organization.settings.approvals.${value}`) })),
  };
}
