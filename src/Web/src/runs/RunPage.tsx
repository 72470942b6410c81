import { Link, useNavigate } from '@tanstack/react-router';
import { memo, useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { runRoute } from '../app/router';
import { useTitle } from '../app/title';
import { FailureClass, RunStatus, StepStatus, type Run, type TestSummary } from '../gen/orbit/v1/runs_pb';
import { Badge, Loading, Problem, RunBadge } from '../ui/bits';
import { Elapsed, When } from '../ui/time';
import { ChangesPanel } from './ChangesPanel';
import { DetailsPanel } from './DetailsPanel';
import { Donut } from './Donut';
import { GateNotice } from './Gate';
import { LogPanel } from './log/LogPanel';
import { ReportPanel } from './ReportPanel';
import { RunActions } from './RunActions';
import { passRate } from './numbers';
import { isOver, runTone } from './state';
import { StepTimeline } from './StepTimeline';
import { TestsPanel } from './tests/TestsPanel';
import { useRun } from './useRun';
import '../ui/tabs.css';
import './run.css';

export type RunTab = 'tests' | 'log' | 'changes' | 'report' | 'details';

export function RunPage() {
  const { runId } = runRoute.useParams();
  const id = useMemo(() => (/^\d{1,18}$/.test(runId) ? BigInt(runId) : 0n), [runId]);
  const search = runRoute.useSearch();
  const navigate = useNavigate({ from: runRoute.fullPath });
  const { t } = useTranslation();
  const live = useRun(id);
  const run = live.fold.run;
  const word = run ? (isOver(run.status) ? t(`verdict.${verdictName(run)}`) : t(`status.${statusName(run)}`)) : '';
  const show = useCallback(
    (next: RunTab, more: { step?: string | undefined; test?: string | undefined } = {}) =>
      void navigate({ search: (was) => ({ ...was, tab: next, line: undefined, ...more }), replace: true }),
    [navigate],
  );
  const showStep = useCallback((step: string) => show('log', { step }), [show]);
  useTitle(run ? `${word} · ${run.testItemName} ${run.buildNumber}` : t('run.title', { id: runId }), run ? runTone(run) : undefined);

  if (!run) {
    return (
      <div className="page">
        <h1>{t('run.title', { id: runId })}</h1>
        {live.error ? <Problem error={live.error} /> : <Loading />}
      </div>
    );
  }

  const { summary } = live.fold;
  const tab: RunTab = search.tab ?? (live.fold.tests.size > 0 || summary?.total ? 'tests' : 'log');

  return (
    <div className="page full run-page">
      <RunHeader run={run} />
      <Notices run={run} />
      {run.gate && <GateNotice gate={run.gate} />}
      <StepTimeline run={run} progress={live.fold.progress} selected={tab === 'log' ? search.step : undefined} onSelect={showStep} />
      <Numbers sums={summary} onShow={show} />
      <RunTabs tab={tab} tests={summary?.total ?? 0} onShow={show} />
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} className="tab-panel">
        {tab === 'tests' && <TestsPanel live={live} over={isOver(run.status)} selected={search.test} />}
        {tab === 'log' && <LogPanel run={run} step={search.step} line={search.line} attempt={search.attempt} />}
        {tab === 'changes' && <ChangesPanel run={run} base={search.base} />}
        {tab === 'report' && <ReportPanel run={run} />}
        {tab === 'details' && <DetailsPanel run={run} notes={live.fold.notes} />}
      </div>
    </div>
  );
}

const TABS: RunTab[] = ['tests', 'log', 'changes', 'report', 'details'];

const RunTabs = memo(function RunTabs({ tab, tests, onShow }: { tab: RunTab; tests: number; onShow: (tab: RunTab) => void }) {
  const { t } = useTranslation();
  return (
    <div className="tabs" role="tablist" aria-label={t('run.views')}>
      {TABS.map((name) => (
        <button
          key={name}
          role="tab"
          id={`tab-${name}`}
          aria-selected={tab === name}
          aria-controls="tab-panel"
          tabIndex={tab === name ? 0 : -1}
          onClick={() => onShow(name)}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
            const next = TABS[(TABS.indexOf(name) + step + TABS.length) % TABS.length];
            if (step === 0 || !next) return;
            onShow(next);
            document.getElementById(`tab-${next}`)?.focus();
          }}
        >
          {t(`run.tab.${name}`)}
          {name === 'tests' && tests > 0 && <span className="dim num"> {tests}</span>}
        </button>
      ))}
    </div>
  );
});

const VERDICT_NAMES = [
  'UNSPECIFIED',
  'PASSED',
  'TESTS_FAILED',
  'NO_TESTS',
  'INFRASTRUCTURE_ERROR',
  'TIMED_OUT',
  'INTERRUPTED',
  'CANCELLED',
  'UNKNOWN',
] as const;
const verdictName = (run: Run) => VERDICT_NAMES[run.verdict] ?? 'UNKNOWN';
const statusName = (run: Run) => RunStatus[run.status] as 'PENDING';

const RunHeader = memo(function RunHeader({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <header>
      <div className="grow">
        <div className="row wrap">
          <h1>
            {run.testItemName}
            {run.buildNumber && <span className="dim"> {t('run.ofBuild', { build: run.buildNumber })}</span>}
          </h1>
          <RunBadge run={run} />
          {run.pinnedBy && (
            <span title={run.pinNote || run.pinnedBy}>
              <Badge>{t('run.kept')}</Badge>
            </span>
          )}
        </div>
        <p className="dim row wrap facts-line">
          <span className="num">{t('run.title', { id: String(run.id) })}</span>
          {run.jobName && (
            <Link to="/builds" search={{ job: run.jobName }}>
              {run.jobName}
            </Link>
          )}
          {run.agent && (
            <span>
              {t('run.onHost')} <Link to="/agents">{run.agent}</Link>
            </span>
          )}
          <span>
            {t('run.by')} {run.requestedBy}
          </span>
          <When time={run.createdAt} />
          <span title={t('run.duration')}>
            <Elapsed from={run.startedAt ?? run.createdAt} to={run.finishedAt} />
          </span>
          {run.attempts.length > 1 && <span>{t('run.attemptNumber', { number: run.attempts.length })}</span>}
        </p>
      </div>
      <RunActions run={run} />
    </header>
  );
});

/** What a person must know before the numbers: why it waits, what broke, who is silent. */
const Notices = memo(function Notices({ run }: { run: Run }) {
  const { t } = useTranslation();
  const failedStep = run.steps.find((step) => step.status === StepStatus.FAILED);
  return (
    <>
      {run.status === RunStatus.PENDING && run.waitingReason && (
        <div className="notice run" role="status">
          {t('run.waits')} {run.waitingReason}
          {run.queuePosition > 0 && <span className="dim num"> {t('run.queuePosition', { position: run.queuePosition })}</span>}
        </div>
      )}
      {run.contactLostSince && !isOver(run.status) && (
        <div className="notice warn" role="status">
          <span>
            {t('run.noWord', { agent: run.agent })} <Elapsed from={run.contactLostSince} />. {t('run.noWordHint')}
          </span>
        </div>
      )}
      {run.cancelRequested && !isOver(run.status) && (
        <div className="notice warn" role="status">
          {t('run.cancelAsked')} {run.cancelReason}
        </div>
      )}
      {run.cancelReason && isOver(run.status) && (
        <div className="notice" role="status">
          {run.cancelReason}
        </div>
      )}
      {run.error && run.error !== run.cancelReason && isOver(run.status) && run.status !== RunStatus.COMPLETED && (
        <div className={`notice ${run.status === RunStatus.CANCELLED ? '' : 'bad'}`} role="status">
          <div>
            <strong>
              {failedStep ? t('run.failedAt', { step: t(`step.${failedStep.name}` as 'step.test', failedStep.name) }) : ''}
              {run.failureClass !== FailureClass.UNSPECIFIED && (
                <span className="dim"> {t(`failure.${FailureClass[run.failureClass] as 'PACKAGE'}`)}</span>
              )}
            </strong>
            <div style={{ overflowWrap: 'anywhere' }}>{run.error}</div>
          </div>
        </div>
      )}
      {run.reportNote && isOver(run.status) && (
        <div className="notice" role="status">
          <span className="dim">{run.reportNote}</span>
        </div>
      )}
    </>
  );
});

const Numbers = memo(function Numbers({ sums, onShow }: { sums: TestSummary | undefined; onShow: (tab: RunTab) => void }) {
  const { t } = useTranslation();
  if (!sums || sums.total === 0) return null;
  const parts = [
    { name: 'passed', count: sums.passed, tone: 'ok' },
    { name: 'failed', count: sums.failed, tone: 'bad' },
    { name: 'broken', count: sums.broken, tone: 'warn' },
    { name: 'skipped', count: sums.skipped, tone: 'idle' },
    { name: 'interrupted', count: sums.interrupted, tone: 'odd' },
    { name: 'notRun', count: sums.notRun, tone: 'idle' },
    { name: 'unknown', count: sums.unknown, tone: 'odd' },
  ] as const;
  const done = parts.reduce((sum, part) => sum + part.count, 0);
  return (
    <section className="panel numbers" aria-label={t('run.numbers')}>
      <Donut parts={parts} total={sums.total} />
      {parts
        .filter((part, index) => index < 4 || part.count > 0)
        .map((part) => (
          <button key={part.name} className="plain number" onClick={() => onShow('tests')}>
            <span className={`figure num ${part.count > 0 ? `tone-${part.tone}` : 'dim'}`}>{part.count}</span>
            <span className="dim">{t(`outcome.${part.name}`)}</span>
          </button>
        ))}
      <span className="grow" />
      <div className="number">
        <span className="figure num">
          {done < sums.total ? (
            <>
              {done}
              <span className="dim of"> / {sums.total}</span>
            </>
          ) : (
            `${passRate(sums.passed, sums.total - sums.skipped)} %`
          )}
        </span>
        <span className="dim">{done < sums.total ? t('run.testsDone') : t('run.passRate')}</span>
      </div>
    </section>
  );
});
