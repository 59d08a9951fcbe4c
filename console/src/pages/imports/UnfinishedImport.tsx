import Button from '@cloudscape-design/components/button';
import Flashbar from '@cloudscape-design/components/flashbar';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { useFollow } from '../../parts/follow.ts';
import type { CurrentOrganization } from '../../session/me.ts';
import { unfinishedQuery } from './importQueries.ts';

/** Announces on every page an import that has not ended; Resume lands on the step that needs attention (S1.14, S1.15). */
export function UnfinishedImport({ organization }: { organization: CurrentOrganization | undefined }) {
  return organization?.may('imports.read') ? <Banner org={organization.org} /> : null;
}

function Banner({ org }: { org: string }) {
  const { t } = useTranslation();
  const follow = useFollow();
  const { pathname } = useLocation();
  const job = useQuery(unfinishedQuery(org)).data?.import;
  const path = `/orgs/${org}/imports/${job?.importId}`;
  // Where one looks at it, or is about to replace it, the page says so itself.
  if (job === undefined || pathname === path || pathname === `/orgs/${org}/imports/new`) return null;
  const text =
    job.waitsFor === undefined ? t(`imports.doing.${job.step}`) : t(`imports.waitsFor.${job.waitsFor}`);
  const canResume = job.actions.includes('resume');
  return (
    <Flashbar
      items={[
        {
          id: job.importId,
          type: job.waitsFor === undefined ? 'in-progress' : 'warning',
          ariaRole: 'status',
          header: t('imports.bannerTitle', { file: job.fileName }),
          content: text,
          action: (
            <Button href={path} onFollow={follow}>
              {t(canResume ? 'imports.resume' : 'imports.view')}
            </Button>
          ),
        },
      ]}
    />
  );
}
