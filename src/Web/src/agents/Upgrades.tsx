import { useInfiniteQuery, useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsRoute } from '../app/router';
import { AgentUpgradeService, AgentUpgradeState, type AgentUpgrade } from '../gen/orbit/v1/agent_upgrades_pb';
import type { Agent } from '../gen/orbit/v1/agents_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Labels, Problem } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';
import { Programs } from './Programs';
import { StartUpgrade } from './StartUpgrade';
import { UpgradePanel } from './UpgradePanel';
import { upgradeIsOver, upgradeTone } from './state';

/** Which program the agents are, what this control plane offers, and the upgrades from one to the other. */
export function Upgrades({ agents }: { agents: Agent[] }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const { upgrade: chosen } = agentsRoute.useSearch();
  const [starting, setStarting] = useState(false);
  const offered = useQuery(AgentUpgradeService.method.listAgentPackages, {}, { retry: false });
  const list = useInfiniteQuery(
    AgentUpgradeService.method.listAgentUpgrades,
    { pageSize: 50, pageToken: '' },
    {
      pageParamKey: 'pageToken',
      getNextPageParam: (page) => page.nextPageToken || undefined,
      refetchInterval: (query) =>
        query.state.data?.pages.some((page) => page.upgrades.some((one) => !upgradeIsOver(one.state))) ? 2000 : 15_000,
      retry: false,
    },
  );
  const packages = offered.data?.packages ?? [];
  const upgrades = list.data?.pages.flatMap((page) => page.upgrades) ?? [];
  const active = upgrades.find((one) => !upgradeIsOver(one.state));
  const shown = chosen === undefined ? active?.id : BigInt(chosen);
  const error = offered.error ?? list.error;
  const again = () => void Promise.all([offered.refetch(), list.refetch()]);

  return (
    <>
      {error && <Problem error={error} onRetry={again} />}
      {starting && <StartUpgrade agents={agents} packages={packages} onClose={() => setStarting(false)} />}
      <Programs agents={agents} packages={packages} pending={offered.isPending}>
        {me.isAdmin && (
          <Button type="primary" disabled={packages.length === 0 || active !== undefined} onClick={() => setStarting(true)}>
            {t('upgrades.start')}
          </Button>
        )}
      </Programs>
      {shown !== undefined && <UpgradePanel key={String(shown)} id={shown} />}
      <section className="panel" aria-labelledby="upgrades">
        <div className="head">
          <h2 id="upgrades">{t('upgrades.all')}</h2>
        </div>
        <div className="scroll-x" tabIndex={0}>
          <ListTable
            pending={list.isPending}
            empty={<Empty title={t('upgrades.none')}>{t('upgrades.noneHint')}</Empty>}
            columns={[
              t('upgrades.upgrade'),
              t('agents.state'),
              t('upgrades.done'),
              { title: t('builds.labels'), className: 'hide-small' },
              { title: t('common.by'), className: 'hide-small' },
              { title: t('common.when'), className: 'end' },
            ]}
            pages={list}
          >
            {upgrades.map((one) => (
              <UpgradeRow key={String(one.id)} upgrade={one} shown={one.id === shown} />
            ))}
          </ListTable>
        </div>
      </section>
    </>
  );
}

function UpgradeRow({ upgrade, shown }: { upgrade: AgentUpgrade; shown: boolean }) {
  const { t } = useTranslation();
  return (
    <tr style={shown ? { background: 'var(--accent-bg)' } : undefined}>
      <td>
        <Link to="/agents" search={{ tab: 'upgrades', upgrade: Number(upgrade.id) }}>
          {t('upgrades.title', { id: String(upgrade.id), version: upgrade.version })}
        </Link>
      </td>
      <td>
        <Badge tone={upgradeTone(upgrade.state)}>{t(`upgrades.state.${AgentUpgradeState[upgrade.state] as 'RUNNING'}`)}</Badge>
      </td>
      <td className="num">
        {t('upgrades.progress', { upgraded: upgrade.upgraded, total: upgrade.total })}
        {upgrade.failed > 0 && <span className="tone-bad"> {t('upgrades.failed', { count: upgrade.failed })}</span>}
      </td>
      <td className="hide-small">
        <Labels labels={upgrade.labels} />
      </td>
      <td className="hide-small">{upgrade.createdBy}</td>
      <td className="end dim">
        <When time={upgrade.createdAt} />
      </td>
    </tr>
  );
}
