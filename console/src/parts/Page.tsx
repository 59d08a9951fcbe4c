import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { focus } from './keepFocus.ts';

interface PageProps {
  title: string;
  /** Beside the title, as a count. */
  counter?: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page of the console: its title, here and of the window, and its content. A page that opens takes the focus. */
export function Page({ title, counter, description, actions, children }: PageProps) {
  const { t } = useTranslation();
  const here = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.title = `${title} · ${t('shell.title')}`;
  }, [title, t]);
  useEffect(() => focusHeading(here.current), []);
  return (
    <div ref={here}>
      <ContentLayout
        header={
          <Header variant="h1" counter={counter} description={description} actions={actions}>
            {title}
          </Header>
        }
      >
        {children}
      </ContentLayout>
    </div>
  );
}

/** Screen readers read on from the focus, which else would stay at the link that led here. */
function focusHeading(page: HTMLElement | null): void {
  const heading = page?.querySelector('h1');
  // What a page opens by itself, and the very first page, keep theirs.
  if (!heading || document.querySelector('[role=dialog]') || document.activeElement === document.body) return;
  focus(heading);
}
