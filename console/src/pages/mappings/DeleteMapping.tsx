import Box from '@cloudscape-design/components/box';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { SavedMapping } from '../../api/schema.ts';
import { queries } from '../../app/queries.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { headersText } from './headersText.ts';

interface DeleteMappingProps {
  mapping: SavedMapping;
  onDeleted: () => void;
  onClose: () => void;
}

/** Asks before a mapping is forgotten, with the headers that are new again then. */
export function DeleteMapping({ mapping, onDeleted, onClose }: DeleteMappingProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const { mappingId, fileName, headers } = mapping;

  async function forget() {
    const params = { path: { org, mappingId } };
    try {
      await answer(api.DELETE('/api/v1/orgs/{org}/mappings/{mappingId}', { params }));
      flash.success(t('mappings.deleted', { file: fileName }));
      onDeleted();
    } finally {
      onClose();
      void queries.invalidateQueries({ queryKey: [org, 'mappings'] });
    }
  }

  return (
    <Confirm
      title={t('mappings.deleteOf', { file: fileName })}
      confirmText={t('mappings.delete')}
      isBusy={isBusy}
      onConfirm={() => run(forget)}
      onCancel={onClose}
    >
      <Box>{t('mappings.deleteText', { headers: headersText(headers, t) })}</Box>
    </Confirm>
  );
}
