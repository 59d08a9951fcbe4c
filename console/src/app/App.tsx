import { I18nProvider } from '@cloudscape-design/components/i18n';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { BrowserRouter } from 'react-router';
import { FlashProvider } from '../parts/flash.tsx';
import { keepFocus } from '../parts/keepFocus.ts';
import { messagesOfParts } from '../texts/language.ts';
import { Pages } from './Pages.tsx';
import { queries } from './queries.ts';

export function App() {
  const { i18n } = useTranslation();
  useEffect(keepFocus, []);
  return (
    <I18nProvider locale={i18n.language} messages={messagesOfParts()}>
      <QueryClientProvider client={queries}>
        <FlashProvider>
          <BrowserRouter useTransitions={false}>
            <Pages />
          </BrowserRouter>
        </FlashProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
}
