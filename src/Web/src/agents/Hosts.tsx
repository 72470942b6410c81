import { useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsRoute } from '../app/router';
import type { Agent } from '../gen/orbit/v1/agents_pb';
import { useSession } from '../session/SessionProvider';
import { Empty } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { AgentRow } from './AgentRow';

/** A row for each agent; the one in the address shows what it found on its host. */
export function Hosts({ agents, pending, onJoin }: { agents: Agent[]; pending: boolean; onJoin: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const { agent: opened } = agentsRoute.useSearch();
  const navigate = useNavigate({ from: agentsRoute.fullPath });

  useEffect(() => {
    document.getElementById(`agent-${opened}`)?.scrollIntoView({ block: 'center' });
    // Once, for the agent that an address leads to: what a person opens is in sight already.
  }, [pending]);

  return (
    <div className="panel scroll-x" tabIndex={0}>
      <ListTable
        pending={pending}
        empty={
          <Empty title={t('agents.none')}>
            <span>{t('agents.noneHint')}</span>
            {me.isAdmin ? <Button onClick={onJoin}>{t('agents.join')}</Button> : <span>{t('agents.askAdmin')}</span>}
          </Empty>
        }
        columns={[
          t('common.name'),
          t('agents.state'),
          t('fleet.host'),
          t('agents.runs'),
          { title: t('builds.labels'), className: 'hide-small' },
          { title: t('agents.slots'), className: 'hide-small' },
          { title: t('agents.platform'), className: 'hide-small' },
          { title: t('agents.seen'), className: 'end' },
        ]}
        actions
      >
        {agents.map((agent) => (
          <AgentRow
            key={String(agent.id)}
            agent={agent}
            opened={Number(agent.id) === opened}
            onToggle={(open) =>
              void navigate({
                search: (was) => ({ ...was, agent: open ? Number(agent.id) : undefined }),
                replace: true,
                resetScroll: false,
              })
            }
          />
        ))}
      </ListTable>
    </div>
  );
}
