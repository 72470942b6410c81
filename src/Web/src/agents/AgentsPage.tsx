import { useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsRoute } from '../app/router';
import { useTitle } from '../app/title';
import { AgentService } from '../gen/orbit/v1/agents_pb';
import { useSession } from '../session/SessionProvider';
import { Problem } from '../ui/bits';
import { Bookings } from './Bookings';
import { Hosts } from './Hosts';
import { JoinDialog } from './JoinDialog';
import { Upgrades } from './Upgrades';
import '../ui/tabs.css';

const TABS = ['hosts', 'upgrades'] as const;

/** The hosts: their state, what they run, how another one joins, and which program their agents are. */
export function AgentsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.agents'));
  const { me } = useSession();
  const { tab = 'hosts' } = agentsRoute.useSearch();
  const [joining, setJoining] = useState(false);
  const list = useQuery(AgentService.method.listAgents, { pageSize: 1000 });
  const agents = list.data?.agents ?? [];
  const join = () => setJoining(true);

  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.agents')}</h1>
        {me.isAdmin && (
          <Button type="primary" onClick={join}>
            {t('agents.join')}
          </Button>
        )}
      </header>
      <nav className="tabs" aria-label={t('nav.agents')}>
        {TABS.map((name) => (
          <Link key={name} to="/agents" search={{ tab: name }} className="tab" aria-current={tab === name ? 'page' : undefined}>
            {t(`fleet.tab.${name}`)}
          </Link>
        ))}
      </nav>
      {joining && <JoinDialog onClose={() => setJoining(false)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {tab === 'upgrades' ? (
        <Upgrades agents={agents} />
      ) : (
        <>
          <Hosts agents={agents} pending={list.isPending} onJoin={join} />
          {agents.length > 0 && <Bookings agents={agents} />}
        </>
      )}
    </div>
  );
}
