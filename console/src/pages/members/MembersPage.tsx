import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';

export default function MembersPage() {
  const { t } = useTranslation();
  return <Page title={t('members.title')}>…</Page>;
}
