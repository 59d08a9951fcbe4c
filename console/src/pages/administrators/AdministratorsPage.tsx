import Alert from '@cloudscape-design/components/alert';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useAddress, withValue } from '../../parts/address.ts';
import { nextOf, onFirstPage, useCursorPages } from '../../parts/cursorPages.ts';
import { Page } from '../../parts/Page.tsx';
import { Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { AdministratorTable } from './AdministratorTable.tsx';
import { type AdministratorLevel, administratorsQuery, levels } from './administratorsQuery.ts';

/** Who administers the organization, with which level; a level is changed in the details of the member. */
export default function AdministratorsPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { org, may } = useOrganization();
  const [search, setSearch] = useAddress();
  const pages = useCursorPages();
  const level = levels.find((one) => one === search.get('level'));
  const list = useQuery(administratorsQuery(org, { level, cursor: pages.cursor }));
  if (list.isError) return <Failure error={list.error} retry={list.refetch} />;
  const { owners, items = [] } = list.data ?? {};
  const choose = (to: AdministratorLevel | undefined) =>
    setSearch((before) => onFirstPage(withValue(before, 'level', to)));
  return (
    <Page
      title={t('administrators.title')}
      description={
        owners === undefined
          ? t('administrators.about')
          : `${t('administrators.owners', { count: owners, number: formats.number(owners) })} ${t('administrators.about')}`
      }
    >
      <SpaceBetween size="m">
        {owners === 1 && may('members.levels') && (
          <Alert type="info" header={t('administrators.oneOwner')}>
            {t('administrators.oneOwnerText')}
          </Alert>
        )}
        <AdministratorTable
          items={items}
          isLoading={list.isPending}
          filter={<LevelFilter level={level} onChange={choose} />}
          pages={pages}
          next={nextOf(list)}
        />
      </SpaceBetween>
    </Page>
  );
}

interface LevelFilterProps {
  level: AdministratorLevel | undefined;
  onChange: (level: AdministratorLevel | undefined) => void;
}

function LevelFilter({ level, onChange }: LevelFilterProps) {
  const { t } = useTranslation();
  const options = [
    { value: '', label: t('administrators.anyLevel') },
    ...levels.map((value) => ({
      value,
      label: t(`members.levels.${value}`),
      description: t(`members.levelTexts.${value}`),
    })),
  ];
  return (
    // As wide as what it says, and not as the page.
    <SpaceBetween direction="horizontal" size="xs">
      <Select
        inlineLabelText={t('members.fields.level')}
        options={options}
        selectedOption={options.find(({ value }) => value === (level ?? '')) ?? null}
        onChange={({ detail }) =>
          onChange((detail.selectedOption.value || undefined) as AdministratorLevel | undefined)
        }
      />
    </SpaceBetween>
  );
}
