import Box from '@cloudscape-design/components/box';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { FeedKey } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { rereadFeedKeys } from './feedKeys.ts';

interface RevokeKeyProps {
  feedKey: FeedKey;
  onRevoked: () => void;
  onClose: () => void;
}

/** Asks before a program is kept from delivering, with when it last did. */
export function RevokeKey({ feedKey, onRevoked, onClose }: RevokeKeyProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const formats = useFormats();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const { keyId, name, lastUsedAt } = feedKey;

  async function revoke() {
    const params = { path: { org, keyId } };
    try {
      await answer(api.DELETE('/api/v1/orgs/{org}/feed/keys/{keyId}', { params }));
      flash.success(t('feed.keys.revoked', { name }));
      onRevoked();
    } finally {
      onClose();
      void rereadFeedKeys(org);
    }
  }

  return (
    <Confirm
      title={t('feed.keys.revokeOf', { name })}
      confirmText={t('feed.keys.revoke')}
      isBusy={isBusy}
      onConfirm={() => run(revoke)}
      onCancel={onClose}
    >
      <Box>{t('feed.keys.revokeText')}</Box>
      <Box>
        {lastUsedAt === undefined
          ? t('feed.keys.neverUsed')
          : t('feed.keys.lastUsed', { at: formats.time(lastUsedAt) })}
      </Box>
    </Confirm>
  );
}
