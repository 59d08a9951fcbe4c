import Link from '@cloudscape-design/components/link';
import { useTranslation } from 'react-i18next';
import { useFollow } from '../../parts/follow.ts';

interface JobLinkProps {
  org: string;
  jobId: string;
  /** What the job does, for those who hear links without what is around them. */
  about: string;
  /** On a message, whose colours are other than the page's. */
  isOnMessage?: boolean;
}

/** Leads to what became of each member in a job. */
export function JobLink({ org, jobId, about, isOnMessage = false }: JobLinkProps) {
  const { t } = useTranslation();
  const follow = useFollow();
  const text = t('jobs.results');
  return (
    <Link
      href={`/orgs/${org}/jobs/${jobId}`}
      onFollow={follow}
      ariaLabel={`${text}: ${about}`}
      {...(isOnMessage && { color: 'inverted' as const, variant: 'primary' as const })}
    >
      {text}
    </Link>
  );
}
