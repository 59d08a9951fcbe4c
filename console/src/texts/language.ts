import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { en } from './en.ts';

export const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];
/** Each in itself. */
export const languageNames: Record<Language, string> = { en: 'English', fr: 'Français' };

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const kept = 'muster.language';

/** The messages of Cloudscape's own parts, as its `I18nProvider` takes them. */
export type PartsMessages = Parameters<
  typeof import('@cloudscape-design/components/i18n').I18nProvider
>[0]['messages'];
let partsMessages: PartsMessages = [];

const loaders: Record<Language, () => Promise<{ texts: object; parts: PartsMessages[number] }>> = {
  en: async () => {
    const [{ en }, parts] = await Promise.all([
      import('./en.ts'),
      import('@cloudscape-design/components/i18n/messages/all.en'),
    ]);
    return { texts: en, parts: parts.default };
  },
  fr: async () => {
    const [{ fr }, parts] = await Promise.all([
      import('./fr.ts'),
      import('@cloudscape-design/components/i18n/messages/all.fr'),
    ]);
    return { texts: fr, parts: parts.default };
  },
};

/** What was chosen here before, else what the browser asks for. */
function preferred(): Language {
  const wanted = [localStorage.getItem(kept), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return (
    languages.find((language) => language === wanted.find((tag) => languages.includes(tag as Language))) ??
    'en'
  );
}

/** Makes the texts ready, in the language that this person reads. */
export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'none',
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await speak(preferred());
}

/** Changes the language and keeps the choice. */
export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(kept, language);
  await speak(language);
}

async function speak(language: Language): Promise<void> {
  const { texts, parts } = await loaders[language]();
  partsMessages = [parts];
  // French has a third form, for whole millions; it reads as the plural does.
  i18next.addResourceBundle(language, 'translation', withManyForms(texts), true, true);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export function messagesOfParts(): PartsMessages {
  return partsMessages;
}

function withManyForms(texts: object): object {
  const entries = Object.entries(texts).flatMap(([key, value]) => {
    if (typeof value !== 'string') return [[key, withManyForms(value)]];
    return key.endsWith('_other')
      ? [
          [key, value],
          [key.replace(/_other$/, '_many'), value],
        ]
      : [[key, value]];
  });
  return Object.fromEntries(entries);
}
