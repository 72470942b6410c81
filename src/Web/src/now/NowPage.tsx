import { useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../app/title';
import { AgentService, AgentState, type Agent } from '../gen/orbit/v1/agents_pb';
import { BuildService, type Build } from '../gen/orbit/v1/builds_pb';
import { RunService, StepStatus, Verdict, type Run } from '../gen/orbit/v1/runs_pb';
import { isOver, isWaiting, runTone, stepTone } from '../runs/state';
import { Dot, Empty, Loading, Problem, RunBadge, TestMeter } from '../ui/bits';
import { PlayIcon } from '../ui/icons';
import { LinkButton } from '../ui/LinkButton';
import { Elapsed, msOf, useNow, When } from '../ui/time';
import { agentTone } from '../agents/state';
import './now.css';

/** What goes on: what runs, what waits and why, how the day went, what was built last. */
export function NowPage() {
  const { t } = useTranslation();
  useTitle(t('nav.now'));
  const active = useQuery(RunService.method.listActiveRuns);
  const recent = useQuery(RunService.method.listRuns, { pageSize: 100 });
  const builds = useQuery(BuildService.method.listBuilds, { pageSize: 8 });
  const agents = useQuery(AgentService.method.listAgents, { pageSize: 1000 });
  const running = active.data?.runs.filter((run) => !isWaiting(run)) ?? [];
  const waiting = active.data?.runs.filter(isWaiting) ?? [];

  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.now')}</h1>
        <LinkButton type="primary" icon={<PlayIcon />} to="/trigger">
          {t('nav.trigger')}
        </LinkButton>
      </header>
      {active.error && <Problem error={active.error} onRetry={() => void active.refetch()} />}
      <div className="cols wide">
        <div className="stack">
          <section className="panel" aria-labelledby="running">
            <div className="head">
              <h2 id="running">{t('now.running')}</h2>
              <span className="dim num">{running.length}</span>
            </div>
            {active.isPending ? (
              <Loading />
            ) : running.length === 0 ? (
              <Empty title={t('now.nothingRuns')}>
                <Link to="/trigger">{t('now.triggerOne')}</Link>
              </Empty>
            ) : (
              <ul>
                {running.map((run) => (
                  <RunningRow key={String(run.id)} run={run} />
                ))}
              </ul>
            )}
          </section>
          {waiting.length > 0 && (
            <section className="panel" aria-labelledby="waiting">
              <div className="head">
                <h2 id="waiting">{t('now.waiting')}</h2>
                <span className="dim num">{waiting.length}</span>
              </div>
              <ul>
                {waiting.map((run) => (
                  <WaitingRow key={String(run.id)} run={run} />
                ))}
              </ul>
            </section>
          )}
          <section className="panel" aria-labelledby="ended">
            <div className="head">
              <h2 id="ended" className="grow">
                {t('now.ended')}
              </h2>
              <Link to="/runs">{t('now.allRuns')}</Link>
            </div>
            {recent.isPending ? <Loading /> : <EndedRuns runs={recent.data?.runs.filter((run) => isOver(run.status)).slice(0, 12) ?? []} />}
          </section>
        </div>
        <div className="stack">
          <Today runs={recent.data?.runs ?? []} />
          <AgentsPanel agents={agents.data?.agents ?? []} known={agents.isSuccess} />
          <BuildsPanel builds={builds.data?.builds ?? []} known={builds.isSuccess} />
        </div>
      </div>
    </div>
  );
}

function RunName({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <Link to="/runs/$runId" params={{ runId: String(run.id) }} className="clip run-name">
      {run.testItemName}
      {run.buildNumber && <span className="dim"> {t('run.ofBuild', { build: run.buildNumber })}</span>}
    </Link>
  );
}

function RunningRow({ run }: { run: Run }) {
  const { t } = useTranslation();
  const step = run.steps.find((one) => one.status === StepStatus.RUNNING);
  const done = run.summary ? run.summary.passed + run.summary.failed + run.summary.broken + run.summary.skipped : 0;
  return (
    <li className="now-run">
      <div className="row">
        <RunBadge run={run} />
        <RunName run={run} />
        <span className="grow" />
        <span className="dim clip">{run.agent}</span>
        <Elapsed from={run.startedAt ?? run.createdAt} />
      </div>
      <div className="row" style={{ marginTop: 6 }}>
        <StepStrip run={run} />
        <span className="dim clip num">
          {step ? t(`step.${step.name}` as 'step.test', step.name) : ''}
          {run.summary && run.summary.total > 0 ? ` · ${t('now.testsDone', { done, total: run.summary.total })}` : ''}
        </span>
      </div>
      {run.summary && run.summary.total > 0 && (
        <div style={{ marginTop: 6 }}>
          <TestMeter summary={run.summary} />
        </div>
      )}
    </li>
  );
}

export function StepStrip({ run }: { run: Run }) {
  const { t } = useTranslation();
  const ended = run.steps.filter((step) => step.status > StepStatus.RUNNING).length;
  return (
    <span className="strip" role="img" aria-label={t('now.stepsDone', { done: ended, total: run.steps.length })}>
      {run.steps.map((step) => (
        <i
          key={step.name}
          className={`${stepTone(step.status)}${step.status === StepStatus.RUNNING ? ' live' : ''}${step.status <= StepStatus.PENDING ? ' todo' : ''}`}
        />
      ))}
    </span>
  );
}

function WaitingRow({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <li className="now-run">
      <div className="row">
        <RunBadge run={run} />
        <RunName run={run} />
        <span className="grow" />
        <Elapsed from={run.createdAt} />
      </div>
      <p className="dim">
        {run.waitingReason || t('now.waitsForAgent')}
        {run.queuePosition > 0 ? ` ${t('run.queuePosition', { position: run.queuePosition })}` : ''}
      </p>
    </li>
  );
}

function EndedRuns({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  if (runs.length === 0) return <Empty title={t('now.noRuns')} />;
  return (
    <ul>
      {runs.map((run) => (
        <li key={String(run.id)} className="ended-run">
          <Dot tone={runTone(run)} />
          <RunName run={run} />
          <span className="dim clip hide-small">{run.error}</span>
          <span className="grow" />
          <span className="ended-meter hide-small">
            <TestMeter summary={run.summary} />
          </span>
          <span className="ended-badge">
            <RunBadge run={run} />
          </span>
          <span className="dim ended-when">
            <When time={run.finishedAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}

const DAY = 86_400_000;

function Today({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  const at = useNow();
  const today = runs.filter((run) => isOver(run.status) && (msOf(run.finishedAt) ?? 0) > at - DAY);
  const count = (...verdicts: Verdict[]) => today.filter((run) => verdicts.includes(run.verdict)).length;
  const passed = count(Verdict.PASSED);
  const failed = count(Verdict.TESTS_FAILED);
  const other = today.length - passed - failed;
  return (
    <section className="panel" aria-labelledby="today">
      <div className="head">
        <h2 id="today">{t('now.today')}</h2>
      </div>
      <div className="body today">
        <Figure tone="ok" count={passed} text={t('verdict.PASSED')} />
        <Figure tone="bad" count={failed} text={t('verdict.TESTS_FAILED')} />
        <Figure tone="warn" count={other} text={t('now.other')} />
      </div>
    </section>
  );
}

function Figure({ tone, count, text }: { tone: string; count: number; text: string }) {
  return (
    <div>
      <div className={`figure num ${count > 0 ? `tone-${tone}` : 'dim'}`}>{count}</div>
      <div className="dim">{text}</div>
    </div>
  );
}

function AgentsPanel({ agents, known }: { agents: Agent[]; known: boolean }) {
  const { t } = useTranslation();
  return (
    <section className="panel" aria-labelledby="agents">
      <div className="head">
        <h2 id="agents" className="grow">
          {t('nav.agents')}
        </h2>
        <span className="dim num">
          {t('now.online', { online: agents.filter((one) => one.state === AgentState.ONLINE).length, total: agents.length })}
        </span>
      </div>
      {known && agents.length === 0 ? (
        <Empty title={t('agents.none')}>
          <Link to="/agents">{t('agents.join')}</Link>
        </Empty>
      ) : (
        <ul className="short-list">
          {agents.slice(0, 12).map((agent) => (
            <li key={String(agent.id)}>
              <Dot tone={agentTone(agent.state)} />
              <Link to="/agents" search={{ agent: Number(agent.id) }} className="clip grow">
                {agent.name}
              </Link>
              <span className="dim num">
                {agent.running.length > 0
                  ? t('agents.busy', { busy: agent.running.length, slots: agent.slots })
                  : t(`agentState.${AgentState[agent.state] as 'ONLINE'}`)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function BuildsPanel({ builds, known }: { builds: Build[]; known: boolean }) {
  const { t } = useTranslation();
  return (
    <section className="panel" aria-labelledby="builds">
      <div className="head">
        <h2 id="builds" className="grow">
          {t('now.lastBuilds')}
        </h2>
        <Link to="/builds">{t('now.allBuilds')}</Link>
      </div>
      {known && builds.length === 0 ? (
        <Empty title={t('builds.none')} />
      ) : (
        <ul className="short-list">
          {builds.map((build) => (
            <li key={String(build.id)}>
              <Link to="/builds" search={{ job: build.jobName }} className="clip">
                {build.jobName}
              </Link>
              <span className="num">{build.buildNumber}</span>
              <span className="dim clip grow">{build.buildUser}</span>
              <span className="dim">
                <When time={build.createdAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
