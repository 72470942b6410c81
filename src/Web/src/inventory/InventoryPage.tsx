import { useInfiniteQuery, useQuery } from '@connectrpc/connect-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Input, Switch } from 'antd';
import { useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import { inventoryRoute } from '../app/router';
import { useTitle } from '../app/title';
import { AgentService } from '../gen/orbit/v1/agents_pb';
import { InventoryService, type InventoryEntry } from '../gen/orbit/v1/inventory_pb';
import { Badge, Empty, Problem } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { SuggestInput } from '../ui/SuggestInput';
import { When } from '../ui/time';
import { DeployLastGood } from './DeployLastGood';

/** What is installed on which host, by whom, and what somebody has changed by hand since. */
export function InventoryPage() {
  const { t } = useTranslation();
  useTitle(t('nav.inventory'));
  const { agent = '', service = '', changed = false } = inventoryRoute.useSearch();
  const navigate = useNavigate({ from: '/inventory' });
  const filter = useDeferredValue({ agent, service, changed });
  const list = useInfiniteQuery(
    InventoryService.method.listInventory,
    { ...filter, pageSize: 100, pageToken: '' },
    {
      pageParamKey: 'pageToken',
      getNextPageParam: (page) => page.nextPageToken || undefined,
      placeholderData: (was) => was,
      refetchInterval: 15_000,
    },
  );
  const agents = useQuery(AgentService.method.listAgents, { pageSize: 1000 });
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  const narrow = (part: { agent?: string | undefined; service?: string | undefined; changed?: boolean | undefined }) =>
    void navigate({ search: (was) => ({ ...was, ...part }), replace: true });
  const filtered = agent !== '' || service !== '' || changed;

  return (
    <div className="page">
      <header>
        <div className="grow">
          <h1>{t('nav.inventory')}</h1>
          <p className="dim">{t('inventory.about')}</p>
        </div>
      </header>
      <div className="filters">
        <SuggestInput
          allowClear
          style={{ width: 180 }}
          options={agents.data?.agents.map((one) => one.name) ?? []}
          value={agent}
          placeholder={t('inventory.agent')}
          aria-label={t('inventory.agent')}
          onChange={(event) => narrow({ agent: event.target.value || undefined })}
        />
        <Input
          allowClear
          style={{ width: 180 }}
          value={service}
          placeholder={t('inventory.service')}
          aria-label={t('inventory.service')}
          onChange={(event) => narrow({ service: event.target.value || undefined })}
        />
        <label className="row">
          <Switch size="small" checked={changed} onChange={(on) => narrow({ changed: on || undefined })} /> {t('inventory.onlyChanged')}
        </label>
      </div>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={
            filtered ? (
              <Empty title={t('inventory.nothingFits')}>
                <Button onClick={() => void navigate({ search: {}, replace: true })}>{t('inventory.showAll')}</Button>
              </Empty>
            ) : (
              <Empty title={t('inventory.none')}>
                <span>{t('inventory.noneHint')}</span>
                <Link to="/trigger">{t('nav.trigger')}</Link>
              </Empty>
            )
          }
          columns={[
            t('inventory.service'),
            t('inventory.agent'),
            t('inventory.build'),
            t('inventory.state'),
            { title: t('inventory.by'), className: 'hide-small' },
            { title: t('inventory.since'), className: 'end' },
          ]}
          actions
          pages={list}
        >
          {entries.map((entry) => (
            <Row key={`${entry.agent}/${entry.service}`} entry={entry} />
          ))}
        </ListTable>
      </div>
    </div>
  );
}

function Row({ entry }: { entry: InventoryEntry }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td>
        <b>{entry.service}</b>
        <div className="dim mono">{entry.installDir}</div>
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>
        {entry.agent}
        {entry.host !== entry.agent && <div className="dim">{entry.host}</div>}
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>
        {entry.buildName || <span className="dim">{t('inventory.unknownBuild')}</span>}
        <div>
          <Link to="/runs/$runId" params={{ runId: String(entry.runId) }}>
            {t('run.title', { id: String(entry.runId) })}
          </Link>
        </div>
      </td>
      <td>
        <span className="row wrap" style={{ gap: 4 }}>
          <Badge tone={entry.running ? 'ok' : 'idle'}>{entry.running ? t('inventory.running') : t('inventory.stopped')}</Badge>
          {entry.changed > 0 && <Badge tone="warn">{t('inventory.changed', { count: entry.changed })}</Badge>}
        </span>
        {entry.changed > 0 && (
          <details>
            <summary className="dim">
              {t('inventory.changedSince')} <When time={entry.changedSince} />
            </summary>
            <pre className="text-block" tabIndex={0}>
              {entry.changedText}
            </pre>
          </details>
        )}
      </td>
      <td className="hide-small">{entry.deployedBy || <span className="dim">–</span>}</td>
      <td className="end dim">
        <When time={entry.installedAt} />
      </td>
      <td className="end">
        <DeployLastGood entry={entry} />
      </td>
    </tr>
  );
}
