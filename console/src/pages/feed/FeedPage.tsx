import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useSettings } from '../../session/settings.ts';
import { DeliveredFiles } from './DeliveredFiles.tsx';
import { FeedKeys } from './FeedKeys.tsx';
import { FeedPolicyForm } from './FeedPolicyForm.tsx';

/** Files that other systems deliver: with which keys, what is done with them, and which ones came. */
export default function FeedPage() {
  const { t } = useTranslation();
  const { settings, save } = useSettings();
  if (settings.isPending) return <Loading />;
  if (settings.isError) return <Failure error={settings.error} retry={settings.refetch} />;
  return (
    <Page title={t('feed.title')} description={t('feed.about')}>
      <SpaceBetween size="l">
        <FeedPolicyForm organization={settings.data} save={save} />
        <FeedKeys />
        <DeliveredFiles />
      </SpaceBetween>
    </Page>
  );
}
