import AppLayout from '@cloudscape-design/components/app-layout';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import { QueryErrorResetBoundary } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation } from 'react-router';
import { areas } from '../pages/areas.ts';
import { FlashMessages } from '../parts/flash.tsx';
import { useFollow } from '../parts/follow.ts';
import { Loading } from '../parts/states.tsx';
import { useOptionalOrganization } from '../session/me.ts';
import { NoAccess } from './messages.tsx';
import { TopBar } from './TopBar.tsx';

/** The frame of every page within an organization. */
export default function Shell() {
  const { t } = useTranslation();
  const follow = useFollow();
  const { pathname } = useLocation();
  const organization = useOptionalOrganization();
  const [isOpen, setIsOpen] = useState(() => matchMedia('(min-width: 1100px)').matches);
  const links = areas
    .flatMap((area) => area.links)
    .filter(({ needs }) => organization?.may(needs))
    .map(({ path, text }) => ({
      type: 'link' as const,
      text: t(text as 'members.title'),
      href: `/orgs/${organization?.org}/${path}`,
    }));
  const active = links.find(({ href }) => pathname === href || pathname.startsWith(`${href}/`))?.href;
  return (
    <>
      <div id="top-bar">
        <TopBar />
      </div>
      <AppLayout
        headerSelector="#top-bar"
        navigationHide={links.length === 0}
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setIsOpen(detail.open)}
        navigationWidth={220}
        navigation={
          <SideNavigation
            items={links}
            {...(active && { activeHref: active })}
            onFollow={(event) => {
              follow(event);
              if (!matchMedia('(min-width: 688px)').matches) setIsOpen(false);
            }}
          />
        }
        toolsHide
        notifications={<FlashMessages />}
        stickyNotifications
        ariaLabels={{
          navigation: t('shell.navigation'),
          navigationToggle: t('shell.openNavigation'),
          navigationClose: t('shell.closeNavigation'),
          notifications: t('shell.notifications'),
        }}
        content={
          <QueryErrorResetBoundary>
            <Suspense fallback={<Loading />}>{organization ? <Outlet /> : <NoAccess />}</Suspense>
          </QueryErrorResetBoundary>
        }
      />
    </>
  );
}
