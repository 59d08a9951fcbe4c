import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import Table from '@cloudscape-design/components/table';
import { useTranslation } from 'react-i18next';
import { useFollow } from '../../parts/follow.ts';
import { useMe } from '../../session/me.ts';

/** The organizations of this account, and what it is in each. */
export function Memberships() {
  const { t } = useTranslation();
  const follow = useFollow();
  const { memberships } = useMe();
  return (
    <Table
      items={memberships}
      trackBy="organization"
      wrapLines
      ariaLabels={{ tableLabel: t('shell.organizations') }}
      header={<Header variant="h2">{t('shell.organizations')}</Header>}
      columnDefinitions={[
        {
          id: 'name',
          header: t('profile.organization'),
          isRowHeader: true,
          minWidth: 160,
          cell: ({ organization, name }) => (
            <Link href={`/orgs/${organization}`} onFollow={follow}>
              {name}
            </Link>
          ),
        },
        {
          id: 'level',
          header: t('profile.level'),
          minWidth: 140,
          cell: ({ level }) => t(`members.levels.${level}`),
        },
        { id: 'login', header: t('signIn.login'), minWidth: 180, cell: ({ login }) => login },
      ]}
    />
  );
}
