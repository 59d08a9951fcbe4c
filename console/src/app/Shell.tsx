import AppLayoutToolbar from '@cloudscape-design/components/app-layout-toolbar';
import Box from '@cloudscape-design/components/box';
import Drawer from '@cloudscape-design/components/drawer';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import { QueryErrorResetBoundary } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation } from 'react-router';
import { areas } from '../pages/areas.ts';
import { UnfinishedImport } from '../pages/imports/UnfinishedImport.tsx';
import { FlashMessages } from '../parts/flash.tsx';
import { useFollow } from '../parts/follow.ts';
import { PanelProvider, usePanels } from '../parts/SidePanel.tsx';
import { useOptionalOrganization } from '../session/me.ts';
import { Guard } from './Guard.tsx';
import { NoAccess } from './messages.tsx';
import { TopBar } from './TopBar.tsx';

/** The frame of every page within an organization. */
export default function Shell() {
  return (
    <PanelProvider>
      <Frame />
    </PanelProvider>
  );
}

function Frame() {
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
  const { panel, setHost } = usePanels();
  const active = links.find(({ href }) => pathname === href || pathname.startsWith(`${href}/`))?.href;
  return (
    <>
      <div id="top-bar">
        <TopBar />
      </div>
      <AppLayoutToolbar
        headerSelector="#top-bar"
        navigationHide={links.length === 0}
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setIsOpen(detail.open)}
        navigationWidth={220}
        navigation={
          <>
            {isOpen && isPhone() && (
              // The page with its own title is covered.
              <Box variant="h3" tagOverride="h1" padding={{ top: 's', left: 'xl' }}>
                {t('shell.navigation')}
              </Box>
            )}
            <SideNavigation
              items={links}
              {...(active && { activeHref: active })}
              onFollow={(event) => {
                follow(event);
                if (isPhone()) setIsOpen(false);
              }}
            />
          </>
        }
        toolsHide
        drawers={
          panel
            ? [
                {
                  id: 'panel',
                  content: (
                    <Drawer
                      header={
                        <h2 ref={takeFocus} tabIndex={-1} aria-level={isPhone() ? 1 : 2}>
                          {panel.title}
                        </h2>
                      }
                    >
                      <div ref={setHost} />
                    </Drawer>
                  ),
                  ariaLabels: {
                    drawerName: panel.title,
                    closeButton: t('shell.close'),
                    resizeHandle: t('shell.resize'),
                  },
                  resizable: true,
                  defaultSize: 460,
                },
              ]
            : []
        }
        activeDrawerId={panel ? 'panel' : null}
        onDrawerChange={({ detail }) => detail.activeDrawerId === null && panel?.onClose()}
        notifications={
          <>
            <UnfinishedImport organization={organization} />
            <FlashMessages />
          </>
        }
        stickyNotifications
        ariaLabels={{
          navigation: t('shell.navigation'),
          navigationToggle: t('shell.openNavigation'),
          navigationClose: t('shell.closeNavigation'),
          notifications: t('shell.notifications'),
        }}
        content={
          <QueryErrorResetBoundary>
            <Guard>{organization ? <Outlet /> : <NoAccess />}</Guard>
          </QueryErrorResetBoundary>
        }
      />
    </>
  );
}

/** For what opens beside the page, as soon as it is there. */
function takeFocus(title: HTMLElement | null): void {
  title?.focus();
}

/** Where there is room for one thing only: what is open covers the page. */
function isPhone(): boolean {
  return !matchMedia('(min-width: 688px)').matches;
}
