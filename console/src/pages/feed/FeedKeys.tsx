import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FeedKey, FeedKeyMade } from '../../api/schema.ts';
import { Secret } from '../../parts/Secret.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { feedKeysQuery } from './feedKeys.ts';
import { MakeKey } from './MakeKey.tsx';
import { RevokeKey } from './RevokeKey.tsx';

/** The keys with which programs deliver files. A new one is shown this once. */
export function FeedKeys() {
  const { org } = useOrganization();
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState<FeedKeyMade>();
  const [leaving, setLeaving] = useState<FeedKey>();
  const list = useQuery(feedKeysQuery(org));
  if (list.isError) return <Failure error={list.error} retry={list.refetch} />;
  return (
    <SpaceBetween size="s">
      {made && <MadeKey made={made} onClose={() => setMade(undefined)} />}
      <KeyTable
        items={list.data?.items ?? []}
        isLoading={list.isPending}
        onMake={() => setIsMaking(true)}
        onRevoke={setLeaving}
      />
      {isMaking && <MakeKey onMade={setMade} onClose={() => setIsMaking(false)} />}
      {leaving && (
        <RevokeKey
          feedKey={leaving}
          onRevoked={() => setMade((shown) => (shown?.keyId === leaving.keyId ? undefined : shown))}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </SpaceBetween>
  );
}

function MadeKey({ made, onClose }: { made: FeedKeyMade; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert type="success" header={t('feed.keys.made', { name: made.name })} dismissible onDismiss={onClose}>
      <SpaceBetween size="xs">
        <Box>{t('feed.keys.madeText')}</Box>
        <Secret text={made.key} label={t('feed.keys.key')} />
      </SpaceBetween>
    </Alert>
  );
}

interface KeyTableProps {
  items: readonly FeedKey[];
  isLoading: boolean;
  onMake: () => void;
  onRevoke: (key: FeedKey) => void;
}

function KeyTable({ items, isLoading, onMake, onRevoke }: KeyTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Table<FeedKey>
      items={items}
      loading={isLoading}
      loadingText={t('shell.loading')}
      trackBy="keyId"
      wrapLines
      ariaLabels={{ tableLabel: t('feed.keys.title') }}
      header={
        <Header
          variant="h2"
          description={t('feed.keys.about')}
          actions={<Button onClick={onMake}>{t('feed.keys.make')}</Button>}
        >
          {t('feed.keys.title')}
        </Header>
      }
      empty={<Empty title={t('feed.keys.none')} />}
      columnDefinitions={[
        {
          id: 'name',
          header: t('members.fields.name'),
          isRowHeader: true,
          minWidth: 160,
          cell: ({ name }) => name,
        },
        {
          id: 'used',
          header: t('feed.keys.used'),
          minWidth: 160,
          cell: ({ lastUsedAt }) => formats.time(lastUsedAt) || t('members.filters.never'),
        },
        { id: 'by', header: t('feed.keys.by'), minWidth: 150, cell: ({ createdBy }) => createdBy },
        {
          id: 'at',
          header: t('feed.keys.at'),
          minWidth: 150,
          cell: ({ createdAt }) => formats.time(createdAt),
        },
        {
          id: 'actions',
          header: t('members.fields.actions'),
          minWidth: 110,
          cell: (key) => (
            <Button
              variant="inline-link"
              ariaLabel={t('feed.keys.revokeOf', { name: key.name })}
              onClick={() => onRevoke(key)}
            >
              {t('feed.keys.revoke')}
            </Button>
          ),
        },
      ]}
    />
  );
}
