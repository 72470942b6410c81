import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en';

export type Language = 'en' | 'zh-CN';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const STORED = 'orbit.language';

/** The language somebody chose, else the first of the browser's that there is. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(STORED) ?? navigator.languages.find((name) => /^(en|zh)/i.test(name)) ?? 'en';
  return chosen.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

export async function startI18n(): Promise<void> {
  const language = preferredLanguage();
  await i18next
    .use(initReactI18next)
    .init({ lng: 'en', fallbackLng: 'en', resources: { en: { translation: en } }, interpolation: { escapeValue: false } });
  await useLanguage(language, false);
}

export async function useLanguage(language: Language, remember = true): Promise<void> {
  if (language === 'zh-CN' && !i18next.hasResourceBundle(language, 'translation')) {
    const { zh } = await import('./zh');
    i18next.addResourceBundle(language, 'translation', zh);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  if (remember) localStorage.setItem(STORED, language);
}
