import type { ReactNode, SVGProps } from 'react';

function icon(path: ReactNode) {
  return function Icon(props: SVGProps<SVGSVGElement>) {
    return (
      <svg
        aria-hidden
        width="15"
        height="15"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
        {...props}
      >
        {path}
      </svg>
    );
  };
}

export const CopyIcon = icon(<path d="M5.5 5.5h8v8h-8zM10.500 5.500v-3h-8v8h3" />);
export const CheckIcon = icon(<path d="M3 8.500l3.200 3.200L13 4.800" />);
export const NowIcon = icon(<path d="M1.500 8h3l2-5 3 10 2-5h3" />);
export const BuildsIcon = icon(<path d="M8 1.800l5.700 3v6.400L8 14.200l-5.700-3V4.800zM2.500 5L8 8l5.500-3M8 8v6" />);
export const PlayIcon = icon(<path d="M4.500 2.800v10.400l8.500-5.200z" />);
export const HistoryIcon = icon(<path d="M2.500 3v3h3M2.700 6A5.800 5.800 0 1 1 2.200 9M8 4.800V8l2.200 1.800" />);
export const AgentsIcon = icon(<path d="M2 2.500h12v4.500H2zM2 9h12v4.500H2zM4.500 4.800h.01M4.500 11.300h.01" />);
export const ItemsIcon = icon(<path d="M5.500 3.500h8M5.500 8h8M5.500 12.500h8M2.200 3.500h.01M2.200 8h.01M2.200 12.500h.01" />);
export const BracesIcon = icon(
  <path d="M6 2H5a1.500 1.500 0 0 0-1.500 1.500V6L2 8l1.500 2v2.500A1.500 1.500 0 0 0 5 14h1M10 2h1a1.500 1.500 0 0 1 1.500 1.500V6L14 8l-1.500 2v2.500A1.500 1.500 0 0 1 11 14h-1" />,
);
export const SettingsIcon = icon(
  <path d="M2 4.500h7M12.500 4.500H14M2 11.500h1.500M7 11.500h7M9 2.800v3.400M3.500 9.800v3.400M12.500 4.500a1.700 1.700 0 1 1-3.400 0 1.700 1.700 0 0 1 3.400 0zM7 11.500a1.700 1.700 0 1 1-3.400 0 1.700 1.700 0 0 1 3.400 0z" />,
);
export const PeopleIcon = icon(
  <path d="M8 7.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400zM2.500 14c.5-3 2.500-4.500 5.500-4.500s5 1.500 5.500 4.500" />,
);
export const MenuIcon = icon(<path d="M2 4h12M2 8h12M2 12h12" />);
export const SunIcon = icon(
  <path d="M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" />,
);
export const DownloadIcon = icon(<path d="M8 2v8M4.800 7L8 10.200 11.200 7M2.500 13.500h11" />);
export const SearchIcon = icon(<path d="M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM10.300 10.300l3.400 3.400" />);
export const OpenIcon = icon(<path d="M9 2.500h4.500V7M13.500 2.500L7.500 8.500M11.500 9.500v4h-9v-9h4" />);
export const LinkIcon = icon(
  <path d="M6.500 9.500l3-3M7 4.500l1.200-1.200a2.900 2.900 0 0 1 4.300 4.200L11 9M9 11.500l-1.200 1.200a2.900 2.900 0 0 1-4.300-4.200L5 7" />,
);
export const BellIcon = icon(<path d="M4 11V7a4 4 0 0 1 8 0v4l1.200 1.500H2.800zM6.800 14.200h2.400" />);
export const ClockIcon = icon(<path d="M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 4.800V8l2.200 1.500" />);
export const KeyIcon = icon(<path d="M5.500 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.700 7.800L13.500 2M10.500 5l2 2" />);
export const AuditIcon = icon(<path d="M3.500 1.800h9v12.400h-9zM6 5h4M6 8h4M6 11h2" />);
export const ApiIcon = icon(<path d="M1.800 8h3M11.200 8h3M4.800 5v6a3 3 0 0 0 6.400 0V5z" />);
export const CalendarIcon = icon(<path d="M2.500 3.500h11v10h-11zM2.500 6.800h11M5.500 2v3M10.500 2v3" />);
export const InventoryIcon = icon(<path d="M2 4.500l6-2.700 6 2.700-6 2.700zM2 8l6 2.700L14 8M2 11.500l6 2.700 6-2.700" />);
export const DoctorIcon = icon(
  <path d="M3.500 2v3.500a3 3 0 0 0 6 0V2M2.500 2h2M8.500 2h2M6.500 8.500v2a3 3 0 0 0 6 0v-1M12.500 9.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z" />,
);
