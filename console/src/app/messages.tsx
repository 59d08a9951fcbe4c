import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem, Unreachable } from '../api/problem.ts';
import { useFollow } from '../parts/follow.ts';
import { Page } from '../parts/Page.tsx';
import { Failure } from '../parts/states.tsx';
import { useOrganization } from '../session/me.ts';

function Message({ title, text, action }: { title: string; text?: string; action?: ReactNode }) {
  return (
    <Page title={title}>
      <SpaceBetween size="m">
        {text && <Box variant="p">{text}</Box>}
        {action}
      </SpaceBetween>
    </Page>
  );
}

function HomeButton() {
  const { t } = useTranslation();
  const follow = useFollow();
  return (
    <Button href="/" onFollow={follow}>
      {t('shell.home')}
    </Button>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return <Message title={t('shell.notFound')} text={t('shell.notFoundText')} action={<HomeButton />} />;
}

export function NoAccess() {
  const { t } = useTranslation();
  return <Message title={t('shell.noAccess')} text={t('shell.noAccessText')} action={<HomeButton />} />;
}

/** A page that is there, for others. */
export function NotAllowed() {
  const { t } = useTranslation();
  return <Message title={t('shell.noAccess')} text={t('shell.notAllowedText')} action={<HomeButton />} />;
}

/** For members without any rights to administer. */
export function NothingForYou() {
  const { t } = useTranslation();
  const follow = useFollow();
  const { org } = useOrganization();
  const action = (
    <Button href={`/orgs/${org}/profile`} onFollow={follow}>
      {t('shell.ownAccount')}
    </Button>
  );
  return <Message title={t('shell.nothingForYou')} text={t('shell.nothingForYouText')} action={action} />;
}

export function NoMembership() {
  const { t } = useTranslation();
  const action = <Button href="/account">{t('shell.ownAccount')}</Button>;
  return <Message title={t('shell.noMembership')} action={action} />;
}

/** Instead of a page that broke, or whose data could not be had. */
export function Crash({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const reload = () => location.reload();
  if (error instanceof ApiProblem || error instanceof Unreachable)
    return <Failure error={error} retry={reload} />;
  console.error(error);
  const action = <Button onClick={reload}>{t('shell.reload')}</Button>;
  return <Message title={t('shell.crashed')} text={t('shell.crashedText')} action={action} />;
}
