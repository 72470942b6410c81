import { useQuery } from '@connectrpc/connect-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { Button } from 'antd';
import { useEffect, useState, type ComponentType, type SVGProps } from 'react';
import { useTranslation } from 'react-i18next';
import { useFeed } from '../feed/FeedProvider';
import { RunService } from '../gen/orbit/v1/runs_pb';
import { useSession } from '../session/SessionProvider';
import {
  AgentsIcon,
  ApiIcon,
  AuditIcon,
  BellIcon,
  BracesIcon,
  BuildsIcon,
  DoctorIcon,
  HistoryIcon,
  InventoryIcon,
  ItemsIcon,
  KeyIcon,
  MenuIcon,
  NowIcon,
  PeopleIcon,
  PlayIcon,
  SettingsIcon,
} from '../ui/icons';
import { LanguageSwitch, ThemeSwitch } from './switches';

type Icon = ComponentType<SVGProps<SVGSVGElement>>;

/** What surrounds every page: where one can go, who one is, whether the news are live. */
export function Shell() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { pathname } = useLocation();
  const { me, signOut } = useSession();
  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    if (!open) return;
    const close = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false);
    window.addEventListener('keydown', close);
    return () => window.removeEventListener('keydown', close);
  }, [open]);

  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t('nav.skip')}
      </a>
      <div className="bar">
        <Button type="text" aria-label={t('nav.menu')} aria-expanded={open} icon={<MenuIcon />} onClick={() => setOpen(!open)} />
        <Brand />
      </div>
      {open && <div className="veil" onClick={() => setOpen(false)} />}
      <nav className={`side${open ? ' open' : ''}`} aria-label={t('nav.label')}>
        <Brand />
        <NavLink to="/" icon={NowIcon} text={t('nav.now')} count={<ActiveCount />} exact />
        <NavLink to="/trigger" icon={PlayIcon} text={t('nav.trigger')} />
        <NavLink to="/runs" icon={HistoryIcon} text={t('nav.runs')} />
        <NavLink to="/builds" icon={BuildsIcon} text={t('nav.builds')} />
        <NavLink to="/api-tests" icon={ApiIcon} text={t('nav.api')} />
        <NavLink to="/inventory" icon={InventoryIcon} text={t('nav.inventory')} />
        <div className="group">{t('nav.setUp')}</div>
        <NavLink to="/items" icon={ItemsIcon} text={t('nav.items')} />
        <NavLink to="/parameters" icon={BracesIcon} text={t('nav.parameters')} />
        <NavLink to="/agents" icon={AgentsIcon} text={t('nav.agents')} />
        <NavLink to="/settings" icon={SettingsIcon} text={t('nav.settings')} />
        <NavLink to="/notifications" icon={BellIcon} text={t('nav.notifications')} />
        <NavLink to="/tokens" icon={KeyIcon} text={t('nav.tokens')} />
        {me.isAdmin && <NavLink to="/sessions" icon={PeopleIcon} text={t('nav.sessions')} />}
        {me.isAdmin && <NavLink to="/doctor" icon={DoctorIcon} text={t('nav.doctor')} />}
        {me.isAdmin && <NavLink to="/audit" icon={AuditIcon} text={t('nav.audit')} />}
        <div className="foot">
          <div className="row" style={{ padding: '0 8px' }}>
            <div className="grow">
              <div className="clip" title={me.email}>
                {me.email}
              </div>
              <div className="dim">{me.isAdmin ? t('session.admin') : t('session.user')}</div>
            </div>
            <Button size="small" onClick={signOut}>
              {t('session.signOut')}
            </Button>
          </div>
          <div className="row">
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </div>
      </nav>
      <main className="main" id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <ConnectionMark />
    </div>
  );
}

function Brand() {
  return (
    <Link to="/" className="brand">
      <img src="/orbit.svg" alt="" width="22" height="22" />
      Orbit
    </Link>
  );
}

function NavLink({
  to,
  icon: Icon,
  text,
  count,
  exact = false,
}: {
  to: string;
  icon: Icon;
  text: string;
  count?: React.ReactNode;
  exact?: boolean;
}) {
  return (
    <Link to={to} className="nav" activeOptions={{ exact, includeSearch: false }} activeProps={{ 'aria-current': 'page' }}>
      <Icon />
      {text}
      {count}
    </Link>
  );
}

function ActiveCount() {
  const { data } = useQuery(RunService.method.listActiveRuns);
  return data && data.runs.length > 0 ? <span className="count">{data.runs.length}</span> : null;
}

/** Says quietly that the news have stopped, and that they are being fetched again. */
function ConnectionMark() {
  const { t } = useTranslation();
  const { connection, retryNow } = useFeed();
  const [shown, setShown] = useState(false);
  const lost = connection === 'reconnecting';
  useEffect(() => {
    if (!lost) return setShown(false);
    const timer = setTimeout(() => setShown(true), 800); // a blink is no news
    return () => clearTimeout(timer);
  }, [lost]);
  if (!shown) return <span role="status" className="unseen" />;
  return (
    <div className="mark" role="status">
      <span className="dot warn" />
      {t('connection.reconnecting')}
      <button className="plain link" onClick={retryNow}>
        {t('connection.now')}
      </button>
    </div>
  );
}
