import { ConfigProvider, theme as antTheme } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export type ThemeChoice = 'light' | 'dark' | 'system';

const STORED = 'orbit.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const still = matchMedia('(prefers-reduced-motion: reduce)');

interface Theme {
  choice: ThemeChoice;
  isDark: boolean;
  choose(choice: ThemeChoice): void;
}

const Context = createContext<Theme>({ choice: 'system', isDark: false, choose: () => {} });

export const useTheme = () => use(Context);

/** Whether a wish of the reader's system holds now. */
function useWish(wish: MediaQueryList): boolean {
  const [holds, setHolds] = useState(wish.matches);
  useEffect(() => {
    const changed = () => setHolds(wish.matches);
    wish.addEventListener('change', changed);
    return () => wish.removeEventListener('change', changed);
  }, [wish]);
  return holds;
}

const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', 'WenQuanYi Micro Hei', 'DejaVu Sans', sans-serif";

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const [choice, setChoice] = useState<ThemeChoice>(() => (localStorage.getItem(STORED) as ThemeChoice | null) ?? 'system');
  const systemDark = useWish(dark);
  const isStill = useWish(still);
  const isDark = choice === 'dark' || (choice === 'system' && systemDark);

  useEffect(() => {
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  }, [isDark]);

  const value = useMemo(
    () => ({
      choice,
      isDark,
      choose: (next: ThemeChoice) => {
        localStorage.setItem(STORED, next);
        setChoice(next);
      },
    }),
    [choice, isDark],
  );

  return (
    <ConfigProvider
      wave={{ disabled: isStill }}
      button={{ autoInsertSpace: false }}
      locale={i18n.language === 'zh-CN' ? zhCN : enUS}
      theme={{
        algorithm: isDark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
        token: {
          colorPrimary: isDark ? '#5c88f5' : '#2456d6',
          colorLink: isDark ? '#86aaff' : '#2456d6',
          colorError: isDark ? '#e0565d' : '#b9232b',
          colorText: isDark ? '#e1e6ed' : '#1b2330',
          colorTextSecondary: isDark ? '#9ca7b6' : '#56606f',
          colorTextDescription: isDark ? '#9ca7b6' : '#56606f',
          colorTextPlaceholder: isDark ? '#8b96a5' : '#66707e',
          colorBgBase: isDark ? '#151a22' : '#ffffff',
          ...(isDark
            ? { colorBgContainer: '#151a22', colorBgElevated: '#1c232d', colorBorderSecondary: '#262e3a' }
            : { colorPrimaryHover: '#2f62e0' }), // the derived one is too pale for the words of a button under the pointer
          colorBorder: isDark ? '#3a4554' : '#c8ced7',
          borderRadius: 6,
          fontFamily: FONT,
          fontSize: 13,
          controlHeight: 30,
          controlHeightSM: 25,
          motion: !isStill,
          motionDurationMid: '0.12s',
          motionDurationSlow: '0.16s',
        },
        components: {
          Button: {
            ...(isDark ? { colorError: '#ff8489', colorErrorHover: '#ffa3a7', dangerColor: '#2a0a0c' } : {}),
            primaryShadow: 'none',
            defaultShadow: 'none',
            dangerShadow: 'none',
            colorPrimary: isDark ? '#3a66d8' : '#2456d6',
          },
        },
      }}
    >
      <Context value={value}>{children}</Context>
    </ConfigProvider>
  );
}
