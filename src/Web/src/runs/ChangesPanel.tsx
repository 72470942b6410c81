import { useQuery } from '@connectrpc/connect-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Select } from 'antd';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { refusalOf } from '../api/errors';
import { RunService, TestChangeKind, TestOutcome, type Run, type TestChange } from '../gen/orbit/v1/runs_pb';
import { CopyButton, Empty, Loading, Problem } from '../ui/bits';
import { durationText, When } from '../ui/time';
import { isOver, type Tone } from './state';

const KINDS: [TestChangeKind, Tone][] = [
  [TestChangeKind.NEWLY_FAILING, 'bad'],
  [TestChangeKind.STILL_FAILING, 'warn'],
  [TestChangeKind.FIXED, 'ok'],
  [TestChangeKind.NEW, 'run'],
  [TestChangeKind.MISSING, 'odd'],
];

const SHOWN = 200;

/** What changed against the last good run, or against a chosen one, test by test. */
export const ChangesPanel = memo(function ChangesPanel({ run, base }: { run: Run; base: number | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/runs/$runId' });
  const comparison = useQuery(
    RunService.method.compareRuns,
    { runId: run.id, baseRunId: BigInt(base ?? 0) },
    { retry: false, refetchInterval: isOver(run.status) ? false : 5000 },
  );
  const others = useQuery(RunService.method.listRuns, { testItemId: run.testItemId, pageSize: 50 });
  const data = comparison.data;
  const noGood = comparison.error && refusalOf(comparison.error).reason === 'NO_GOOD_RUN';
  const call = `GET /api/v1/deploy-test-runs/${run.id}/comparison${base ? `?base_run_id=${base}` : ''}`;

  return (
    <div className="panel">
      <div className="head">
        <h2>{t('changes.against')}</h2>
        <Select
          size="small"
          style={{ minWidth: 280 }}
          aria-label={t('changes.against')}
          value={base ?? 0}
          onChange={(value) => void navigate({ search: (was) => ({ ...was, base: value || undefined }), replace: true })}
          options={[
            { value: 0, label: t('changes.lastGood') },
            ...(others.data?.runs ?? [])
              .filter((other) => other.id !== run.id)
              .map((other) => ({
                value: Number(other.id),
                label: `${t('run.title', { id: String(other.id) })} ${other.buildNumber && t('run.ofBuild', { build: other.buildNumber })}`,
              })),
          ]}
        />
        {data?.base && (
          <span className="dim">
            <Link to="/runs/$runId" params={{ runId: String(data.base.id) }}>
              {t('run.title', { id: String(data.base.id) })}
            </Link>{' '}
            {data.base.buildNumber && t('run.ofBuild', { build: data.base.buildNumber })} ·{' '}
            <When time={data.base.finishedAt ?? data.base.createdAt} />
          </span>
        )}
        <span className="grow" />
        <span className="row dim hide-small">
          <code>{call}</code>
          <CopyButton text={call} />
        </span>
      </div>
      {comparison.isPending && <Loading />}
      {noGood ? (
        <Empty title={t('changes.noGood')}>{t('changes.noGoodHint')}</Empty>
      ) : (
        comparison.error && (
          <div className="body">
            <Problem error={comparison.error} onRetry={() => void comparison.refetch()} />
          </div>
        )
      )}
      {data && data.changes.length === 0 && (
        <Empty title={t('changes.none', { count: data.counts.find((one) => one.kind === TestChangeKind.UNCHANGED)?.count ?? 0 })} />
      )}
      {data &&
        KINDS.map(([kind, tone]) => {
          const count = data.counts.find((one) => one.kind === kind)?.count ?? 0;
          const changes = data.changes.filter((change) => change.kind === kind);
          return count > 0 ? <Group key={kind} run={run} kind={kind} tone={tone} count={count} changes={changes} /> : null;
        })}
    </div>
  );
});

function Group({ run, kind, tone, count, changes }: { run: Run; kind: TestChangeKind; tone: Tone; count: number; changes: TestChange[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? changes : changes.slice(0, SHOWN);
  return (
    <section className="change-group">
      <h3 className={`tone-${tone}`}>
        {t(`changes.kind.${TestChangeKind[kind] as 'NEWLY_FAILING'}`)} <span className="num">{count}</span>
      </h3>
      <ul>
        {shown.map((change) => (
          <li key={change.testId} className="change">
            <span aria-hidden className={`dot ${tone}`} />
            <Link to="/runs/$runId" params={{ runId: String(run.id) }} search={{ tab: 'tests', test: change.testId }} className="mono clip">
              {change.testId}
            </Link>
            <span className="dim clip grow hide-small">{change.message.split('\n', 1)[0]}</span>
            <span className="dim num">
              {change.before !== TestOutcome.UNSPECIFIED && change.after !== TestOutcome.UNSPECIFIED
                ? `${durationText(Number(change.beforeMs))} → ${durationText(Number(change.afterMs))}`
                : durationText(Number(change.after !== TestOutcome.UNSPECIFIED ? change.afterMs : change.beforeMs))}
            </span>
          </li>
        ))}
      </ul>
      {!all && changes.length > SHOWN && (
        <button className="plain link" style={{ padding: '4px 14px' }} onClick={() => setAll(true)}>
          {t('changes.showAll', { count: changes.length })}
        </button>
      )}
    </section>
  );
}
