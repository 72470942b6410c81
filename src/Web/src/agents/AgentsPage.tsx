import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { Button, Dropdown } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsRoute } from '../app/router';
import { useTitle } from '../app/title';
import { AgentService, AgentState, type Agent } from '../gen/orbit/v1/agents_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Labels, Problem } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';
import { useAsk } from '../ui/useAct';
import { Bookings } from './Bookings';
import { JoinDialog } from './JoinDialog';
import { agentTone } from './state';

/** The hosts: their state, what they run, and how another one joins. */
export function AgentsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.agents'));
  const { me } = useSession();
  const { agent: marked } = agentsRoute.useSearch();
  const [joining, setJoining] = useState(false);
  const list = useQuery(AgentService.method.listAgents, { pageSize: 1000 });
  const agents = list.data?.agents ?? [];

  useEffect(() => {
    document.getElementById(`agent-${marked}`)?.scrollIntoView({ block: 'center' });
  }, [marked, list.isSuccess]);

  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.agents')}</h1>
        {me.isAdmin && (
          <Button type="primary" onClick={() => setJoining(true)}>
            {t('agents.join')}
          </Button>
        )}
      </header>
      {joining && <JoinDialog onClose={() => setJoining(false)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={
            <Empty title={t('agents.none')}>
              <span>{t('agents.noneHint')}</span>
              {me.isAdmin ? <Button onClick={() => setJoining(true)}>{t('agents.join')}</Button> : <span>{t('agents.askAdmin')}</span>}
            </Empty>
          }
          columns={[
            t('common.name'),
            t('agents.state'),
            t('agents.runs'),
            { title: t('builds.labels'), className: 'hide-small' },
            { title: t('agents.slots'), className: 'hide-small' },
            { title: t('agents.platform'), className: 'hide-small' },
            { title: t('agents.seen'), className: 'end' },
          ]}
          actions
        >
          {agents.map((agent) => (
            <AgentRow key={String(agent.id)} agent={agent} marked={Number(agent.id) === marked} admin={me.isAdmin} />
          ))}
        </ListTable>
      </div>
      {agents.length > 0 && <Bookings agents={agents} />}
    </div>
  );
}

function AgentRow({ agent, marked, admin }: { agent: Agent; marked: boolean; admin: boolean }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const drain = useMutation(AgentService.method.drainAgent);
  const resume = useMutation(AgentService.method.resumeAgent);
  const disable = useMutation(AgentService.method.disableAgent);
  const remove = useMutation(AgentService.method.deleteAgent);
  const name = agent.name;
  const ends = agent.running.length > 0 ? t('agents.hasWork', { count: agent.running.length }) : t('agents.isIdle');
  const out = [AgentState.DRAINING, AgentState.DISABLED, AgentState.QUARANTINED].includes(agent.state);

  return (
    <tr id={`agent-${agent.id}`} style={marked ? { background: 'var(--accent-bg)' } : undefined}>
      <td>
        <b>{name}</b>
        {agent.host && agent.host !== name && <div className="dim">{t('agents.host', { host: agent.host })}</div>}
      </td>
      <td>
        <Badge tone={agentTone(agent.state)}>{t(`agentState.${AgentState[agent.state] as 'ONLINE'}`)}</Badge>
        {agent.note && <div className="dim">{agent.note}</div>}
      </td>
      <td>
        {agent.running.length === 0 ? (
          <span className="dim">–</span>
        ) : (
          agent.running.map((id) => (
            <Link key={String(id)} to="/runs/$runId" params={{ runId: String(id) }} style={{ marginRight: 6 }}>
              {t('run.title', { id: String(id) })}
            </Link>
          ))
        )}
      </td>
      <td className="hide-small">
        <Labels labels={agent.labels} />
      </td>
      <td className="hide-small num">{t('agents.slotsText', { slots: agent.slots, api: agent.apiSlots })}</td>
      <td className="hide-small">
        <div>{agent.platform}</div>
        <div className="dim mono">
          {agent.version} {agent.remoteAddress}
        </div>
      </td>
      <td className="end dim">
        <When time={agent.lastSeenAt} />
      </td>
      <td className="end">
        {admin && (
          <Dropdown
            trigger={['click']}
            menu={{
              items: [
                ...(out
                  ? [
                      {
                        key: 'resume',
                        label: t('agents.resume'),
                        onClick: () =>
                          ask(
                            {
                              title: t('agents.resumeTitle', { name }),
                              what: t('agents.resumeWhat'),
                              ok: t('agents.resume'),
                              danger: false,
                              done: t('common.saved'),
                            },
                            () => resume.mutateAsync({ id: agent.id }),
                          ),
                      },
                    ]
                  : [
                      {
                        key: 'drain',
                        label: t('agents.drain'),
                        onClick: () =>
                          ask(
                            {
                              title: t('agents.drainTitle', { name }),
                              what: `${t('agents.drainWhat')} ${ends}`,
                              ok: t('agents.drain'),
                              danger: false,
                              done: t('common.saved'),
                            },
                            () => drain.mutateAsync({ id: agent.id }),
                          ),
                      },
                    ]),
                ...(agent.state === AgentState.DISABLED
                  ? []
                  : [
                      {
                        key: 'disable',
                        label: t('agents.disable'),
                        danger: true,
                        onClick: () =>
                          ask(
                            {
                              title: t('agents.disableTitle', { name }),
                              what: `${t('agents.disableWhat')} ${ends}`,
                              ok: t('agents.disable'),
                              done: t('common.saved'),
                            },
                            () => disable.mutateAsync({ id: agent.id }),
                          ),
                      },
                    ]),
                {
                  key: 'delete',
                  label: t('common.delete'),
                  danger: true,
                  onClick: () =>
                    ask(
                      {
                        title: t('agents.deleteTitle', { name }),
                        what: t('agents.deleteWhat'),
                        ok: t('common.delete'),
                        done: t('common.deleted'),
                      },
                      () => remove.mutateAsync({ id: agent.id }),
                    ),
                },
              ],
            }}
          >
            <Button size="small" aria-label={t('agents.actionsOf', { name })}>
              ⋯
            </Button>
          </Dropdown>
        )}
      </td>
    </tr>
  );
}
