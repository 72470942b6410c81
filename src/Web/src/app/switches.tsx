import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../i18n';
import { SunIcon } from '../ui/icons';
import { useTheme, type ThemeChoice } from './theme';

export function LanguageSwitch() {
  const { i18n } = useTranslation();
  const chinese = i18n.language === 'zh-CN';
  return (
    <Button size="small" type="text" lang={chinese ? 'en' : 'zh-CN'} onClick={() => void useLanguage(chinese ? 'en' : 'zh-CN')}>
      {chinese ? 'English' : '简体中文'}
    </Button>
  );
}

const NEXT: Record<ThemeChoice, ThemeChoice> = { system: 'light', light: 'dark', dark: 'system' };

export function ThemeSwitch() {
  const { t } = useTranslation();
  const { choice, choose } = useTheme();
  return (
    <Button
      size="small"
      type="text"
      icon={<SunIcon />}
      aria-label={t('theme.label', { theme: t(`theme.${choice}`) })}
      onClick={() => choose(NEXT[choice])}
    >
      {t(`theme.${choice}`)}
    </Button>
  );
}
