import { useInfiniteQuery, useQuery } from '@connectrpc/connect-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Checkbox, Input, Select } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { historyRoute } from '../app/router';
import { useTitle } from '../app/title';
import { RunService, RunStatus, Verdict, type Run } from '../gen/orbit/v1/runs_pb';
import { TestItemService } from '../gen/orbit/v1/test_items_pb';
import { passRate } from '../runs/numbers';
import { GateBadge } from '../runs/Gate';
import { isOver } from '../runs/state';
import { Empty, Loading, Problem, RunBadge, TestMeter } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { Elapsed, When } from '../ui/time';

const Trend = lazy(() => import('./Trend'));

const VERDICTS = [
  'PASSED',
  'TESTS_FAILED',
  'NO_TESTS',
  'INFRASTRUCTURE_ERROR',
  'TIMED_OUT',
  'INTERRUPTED',
  'CANCELLED',
  'UNKNOWN',
] as const;
const STATUSES = ['PENDING', 'DOWNLOADING', 'DOWNLOADED', 'DEPLOYING', 'TESTING', 'REPORTING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;

/** All runs, filtered by what stands in the address; trends of an item; two runs side by side. */
export function HistoryPage() {
  const { t } = useTranslation();
  useTitle(t('nav.runs'));
  const search = historyRoute.useSearch();
  const navigate = useNavigate({ from: '/runs' });
  const set = (part: Partial<typeof search>) => void navigate({ search: (was) => ({ ...was, ...part }), replace: true });
  const items = useQuery(TestItemService.method.listTestItems, { pageSize: 1000 });
  const [pair, setPair] = useState<bigint[]>([]);
  const runs = useInfiniteQuery(
    RunService.method.listRuns,
    {
      testItemId: BigInt(search.item ?? 0),
      buildId: BigInt(search.build ?? 0),
      requestedBy: search.by ?? '',
      verdict: (search.verdict ?? []).flatMap((name) => Verdict[name as 'PASSED'] ?? []),
      status: (search.status ?? []).flatMap((name) => RunStatus[name as 'PENDING'] ?? []),
      pageSize: 50,
      pageToken: '',
    },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined },
  );
  const rows = runs.data?.pages.flatMap((page) => page.runs) ?? [];
  const filtered = Boolean(search.item || search.build || search.by || search.verdict || search.status);
  const [older, newer] = [...pair].sort((a, b) => Number(a - b));

  const pick = (id: bigint) => setPair((was) => (was.includes(id) ? was.filter((one) => one !== id) : [...was.slice(-1), id]));

  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.runs')}</h1>
        <Button
          disabled={pair.length !== 2}
          onClick={() =>
            older &&
            newer &&
            void navigate({ to: '/runs/$runId', params: { runId: String(newer) }, search: { tab: 'changes', base: Number(older) } })
          }
        >
          {pair.length === 2 ? t('history.compareTwo', { a: String(older), b: String(newer) }) : t('history.compare')}
        </Button>
      </header>
      <div className="filters">
        <Select
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          style={{ width: 220 }}
          aria-label={t('details.item')}
          placeholder={t('history.allItems')}
          value={search.item}
          onChange={(item: number | undefined) => set({ item })}
          options={(items.data?.testItems ?? []).map((item) => ({ value: Number(item.id), label: item.name }))}
        />
        <Select
          mode="multiple"
          allowClear
          maxTagCount={2}
          style={{ minWidth: 180 }}
          aria-label={t('details.verdict')}
          placeholder={t('history.allVerdicts')}
          value={search.verdict ?? []}
          onChange={(verdict: string[]) => set({ verdict: verdict.length > 0 ? verdict : undefined })}
          options={VERDICTS.map((name) => ({ value: name, label: t(`verdict.${name}`) }))}
        />
        <Select
          mode="multiple"
          allowClear
          maxTagCount={2}
          style={{ minWidth: 160 }}
          aria-label={t('history.status')}
          placeholder={t('history.allStatuses')}
          value={search.status ?? []}
          onChange={(status: string[]) => set({ status: status.length > 0 ? status : undefined })}
          options={STATUSES.map((name) => ({ value: name, label: t(`status.${name}`) }))}
        />
        <Input
          key={search.by}
          allowClear
          style={{ width: 200 }}
          aria-label={t('details.by')}
          placeholder={t('details.by')}
          defaultValue={search.by}
          onPressEnter={(event) => set({ by: event.currentTarget.value || undefined })}
          onBlur={(event) => set({ by: event.currentTarget.value || undefined })}
        />
        {search.build !== undefined && (
          <Button size="small" onClick={() => set({ build: undefined })}>
            {t('history.oneBuild', { id: search.build })} ✕
          </Button>
        )}
      </div>
      {runs.error && <Problem error={runs.error} onRetry={() => void runs.refetch()} />}
      {search.item !== undefined && rows.filter((run) => isOver(run.status)).length > 1 && (
        <Suspense fallback={<Loading />}>
          <Trend runs={rows} />
        </Suspense>
      )}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={runs.isPending}
          empty={
            <Empty title={filtered ? t('history.nothingFits') : t('history.none')}>
              {filtered ? (
                <Button onClick={() => void navigate({ search: {}, replace: true })}>{t('history.showAll')}</Button>
              ) : (
                <Link to="/trigger">{t('now.triggerOne')}</Link>
              )}
            </Empty>
          }
          columns={[
            { title: t('history.compare'), unseen: true },
            t('history.run'),
            t('details.item'),
            t('history.result'),
            { title: t('run.tab.tests'), className: 'hide-small', style: { width: 170 } },
            { title: t('details.by'), className: 'hide-small' },
            { title: t('details.host'), className: 'hide-small' },
            { title: t('run.duration'), className: 'end hide-small' },
            { title: t('common.when'), className: 'end' },
          ]}
          pages={runs}
        >
          {rows.map((run) => (
            <HistoryRow key={String(run.id)} run={run} picked={pair.includes(run.id)} onPick={() => pick(run.id)} />
          ))}
        </ListTable>
      </div>
    </div>
  );
}

function HistoryRow({ run, picked, onPick }: { run: Run; picked: boolean; onPick: () => void }) {
  const { t } = useTranslation();
  const sums = run.summary;
  return (
    <tr>
      <td style={{ width: 30 }}>
        <Checkbox checked={picked} onChange={onPick} aria-label={t('history.pick', { id: String(run.id) })} />
      </td>
      <td className="num">
        <Link to="/runs/$runId" params={{ runId: String(run.id) }}>
          {String(run.id)}
        </Link>
      </td>
      <td>
        <Link to="/runs/$runId" params={{ runId: String(run.id) }} style={{ color: 'var(--text)', fontWeight: 600 }}>
          {run.testItemName}
        </Link>
        {run.buildNumber && <span className="dim"> {t('run.ofBuild', { build: run.buildNumber })}</span>}
      </td>
      <td>
        <RunBadge run={run} />
        {run.gate && (
          <div className="dim">
            {t('gate.title')} <GateBadge gate={run.gate} />
          </div>
        )}
      </td>
      <td className="hide-small">
        {sums && sums.total > 0 && (
          <span className="row">
            <span className="grow">
              <TestMeter summary={sums} />
            </span>
            <span className="dim num">{passRate(sums.passed, sums.total - sums.skipped)} %</span>
          </span>
        )}
      </td>
      <td className="hide-small">
        <span className="clip">{run.requestedBy}</span>
      </td>
      <td className="hide-small dim">{run.agent}</td>
      <td className="end hide-small">
        <Elapsed from={run.startedAt} to={run.finishedAt} />
      </td>
      <td className="end dim">
        <When time={run.createdAt} />
      </td>
    </tr>
  );
}
