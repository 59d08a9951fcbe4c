import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import Table from '@cloudscape-design/components/table';
import { useTranslation } from 'react-i18next';
import type { SavedMapping } from '../../api/schema.ts';
import type { CursorPages } from '../../parts/cursorPages.ts';
import { useFollow } from '../../parts/follow.ts';
import { listPages } from '../../parts/ListPages.tsx';
import { Empty } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { headersText } from './headersText.ts';

interface MappingTableProps {
  items: readonly SavedMapping[];
  isLoading: boolean;
  pages: CursorPages;
  next: string | undefined;
  onLook: (mappingId: string) => void;
  onDelete: (mapping: SavedMapping) => void;
}

export function MappingTable({ items, isLoading, pages, next, onLook, onDelete }: MappingTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { may } = useOrganization();
  return (
    <Table<SavedMapping>
      items={items}
      loading={isLoading}
      loadingText={t('shell.loading')}
      trackBy="mappingId"
      wrapLines
      resizableColumns
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: t('mappings.title') }}
      empty={<Empty title={t('mappings.none')} text={t('mappings.noneText')} action={<NewImport />} />}
      pagination={listPages(pages, next)}
      columnDefinitions={[
        {
          id: 'file',
          header: t('mappings.file'),
          isRowHeader: true,
          minWidth: 170,
          cell: ({ mappingId, fileName }) => (
            <Link
              href={`?mapping=${mappingId}`}
              onFollow={(event) => {
                event.preventDefault();
                onLook(mappingId);
              }}
            >
              {fileName}
            </Link>
          ),
        },
        {
          id: 'headers',
          header: t('mappings.headers'),
          minWidth: 240,
          cell: ({ headers }) => headersText(headers, t),
        },
        { id: 'by', header: t('mappings.by'), minWidth: 160, cell: ({ savedBy }) => savedBy },
        { id: 'at', header: t('mappings.at'), minWidth: 160, cell: ({ savedAt }) => formats.time(savedAt) },
        ...(may('imports.write')
          ? [
              {
                id: 'actions',
                header: t('members.fields.actions'),
                minWidth: 110,
                cell: (mapping: SavedMapping) => (
                  <Button
                    variant="inline-link"
                    ariaLabel={t('mappings.deleteOf', { file: mapping.fileName })}
                    onClick={() => onDelete(mapping)}
                  >
                    {t('mappings.delete')}
                  </Button>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

function NewImport() {
  const { t } = useTranslation();
  const follow = useFollow();
  const { org, may } = useOrganization();
  if (!may('imports.write')) return null;
  return (
    <Button href={`/orgs/${org}/imports/new`} onFollow={follow}>
      {t('imports.newTitle')}
    </Button>
  );
}
