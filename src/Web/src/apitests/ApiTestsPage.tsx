import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { apiRoute } from '../app/router';
import { useTitle } from '../app/title';
import { Batches } from './Batches';
import { Cases } from './Cases';
import { Datasets } from './Datasets';
import { Environments } from './Environments';
import { Files } from './Files';
import { FolderRoles } from './FolderRoles';
import { Notes } from './Notes';
import { Pools } from './Pools';
import { Scenarios } from './Scenarios';
import { Schedules } from './Schedules';
import '../parameters/parameters.css';
import '../ui/tabs.css';
import '../runs/run.css';
import './apitests.css';

const TABS = ['batches', 'schedules', 'notes', 'cases', 'scenarios', 'datasets', 'files', 'environments', 'pools', 'access'] as const;

/** API tests: what is asked, with which values, where, and what came of it. */
export function ApiTestsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.api'));
  const { tab = 'batches' } = apiRoute.useSearch();
  return (
    <div className="page">
      <h1>{t('nav.api')}</h1>
      <nav className="tabs" aria-label={t('nav.api')}>
        {TABS.map((name) => (
          <Link key={name} to="/api-tests" search={{ tab: name }} className="tab" aria-current={tab === name ? 'page' : undefined}>
            {t(`api.tab.${name}`)}
          </Link>
        ))}
      </nav>
      {tab === 'batches' && <Batches />}
      {tab === 'schedules' && <Schedules />}
      {tab === 'notes' && <Notes />}
      {tab === 'cases' && <Cases />}
      {tab === 'scenarios' && <Scenarios />}
      {tab === 'datasets' && <Datasets />}
      {tab === 'files' && <Files />}
      {tab === 'environments' && <Environments />}
      {tab === 'pools' && <Pools />}
      {tab === 'access' && <FolderRoles />}
    </div>
  );
}
