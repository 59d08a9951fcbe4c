import { I18nProvider } from '@cloudscape-design/components/i18n';
import { QueryClientProvider } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { RouterProvider } from 'react-router/dom';
import { FlashProvider } from '../parts/flash.tsx';
import { messagesOfParts } from '../texts/language.ts';
import { queries } from './queries.ts';
import { router } from './router.tsx';

export function App() {
  const { i18n } = useTranslation();
  return (
    <I18nProvider locale={i18n.language} messages={messagesOfParts()}>
      <QueryClientProvider client={queries}>
        <FlashProvider>
          <RouterProvider router={router} />
        </FlashProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
}
