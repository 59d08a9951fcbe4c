import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { SavedMapping } from '../../api/schema.ts';
import { useAddress, withValue } from '../../parts/address.ts';
import { nextOf, useCursorPages } from '../../parts/cursorPages.ts';
import { Page } from '../../parts/Page.tsx';
import { Failure } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { DeleteMapping } from './DeleteMapping.tsx';
import { MappingPanel } from './MappingPanel.tsx';
import { MappingTable } from './MappingTable.tsx';

/** What the headers of earlier files mean, kept for the next file with the same ones; the one looked at is in the address. */
export default function MappingsPage() {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const [search, setSearch] = useAddress();
  const [leaving, setLeaving] = useState<SavedMapping>();
  const pages = useCursorPages();
  const query = { limit: 50, ...(pages.cursor && { cursor: pages.cursor }) };
  const list = useQuery({
    queryKey: [org, 'mappings', query],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/orgs/{org}/mappings', { params: { path: { org }, query }, signal })),
    placeholderData: keepPreviousData,
  });
  const look = useCallback(
    (mappingId: string | undefined) => setSearch((before) => withValue(before, 'mapping', mappingId)),
    [setSearch],
  );
  const close = useCallback(() => look(undefined), [look]);
  if (list.isError) return <Failure error={list.error} retry={list.refetch} />;
  const items = list.data?.items ?? [];
  const open = items.find(({ mappingId }) => mappingId === search.get('mapping'));
  return (
    <Page title={t('mappings.title')} description={t('mappings.about')}>
      <MappingTable
        items={items}
        isLoading={list.isPending}
        pages={pages}
        next={nextOf(list)}
        onLook={look}
        onDelete={setLeaving}
      />
      {open && <MappingPanel mapping={open} onClose={close} />}
      {leaving && <DeleteMapping mapping={leaving} onDeleted={close} onClose={() => setLeaving(undefined)} />}
    </Page>
  );
}
