import { useNavigate } from '@tanstack/react-router';
import { App, Button, Select, Tooltip } from 'antd';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { StepStatus, type Run } from '../../gen/orbit/v1/runs_pb';
import { copyText, Empty, Loading, Problem } from '../../ui/bits';
import { CopyIcon, DownloadIcon, LinkIcon } from '../../ui/icons';
import { isOver, stepTone } from '../state';
import { plainText } from './ansi';
import { LogSearchBar, type Hit } from './LogSearchBar';
import { LogView, type LogViewHandle, type Section } from './LogView';
import { useLogs } from './useLogs';
import './log.css';

interface Props {
  run: Run;
  step: string | undefined;
  line: number | undefined;
  attempt: number | undefined;
}

const MOST_COPIED = 20_000;

/** The log of a run: live, folded by step, searchable as a whole, every line with an address. */
export const LogPanel = memo(function LogPanel({ run, step, line, attempt: wantedAttempt }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const navigate = useNavigate({ from: '/runs/$runId' });
  const attempt = wantedAttempt && wantedAttempt <= run.attempts.length ? wantedAttempt : run.attempts.length;
  const newest = attempt === run.attempts.length;
  const running = newest && !isOver(run.status) ? run.steps.find((one) => one.status === StepStatus.RUNNING)?.name : undefined;
  const [stick, setStick] = useState(line === undefined);
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [chosen, setChosen] = useState<{ step: string; from: number; to: number } | undefined>(() =>
    step && line ? { step, from: line - 1, to: line - 1 } : undefined,
  );
  const [mark, setMark] = useState('');
  const view = useRef<LogViewHandle>(null);

  const usual = step ?? running ?? (newest ? usualStep(run) : undefined);
  const { logs, pictures, error, pending } = useLogs(run, attempt, stick && running && (folds.get(running) ?? true) ? running : undefined);
  const sections = useMemo<Section[]>(
    () =>
      logs.map((log) => {
        const name = log.source.step;
        const state = newest ? run.steps.find((one) => one.name === name) : undefined;
        return {
          log,
          title: t(`step.${name}` as 'step.test', name),
          open: folds.get(name) ?? (name === usual || name === running || logs.length === 1),
          tone: state ? stepTone(state.status) : 'idle',
        };
      }),
    [logs, newest, run.steps, folds, usual, running, t],
  );

  const goTo = useCallback((name: string, at: number) => {
    setStick(false);
    setFolds((was) => new Map(was).set(name, true));
    setChosen({ step: name, from: at, to: at });
    setTimeout(() => view.current?.scrollTo(name, at), 0); // after the step has opened
  }, []);

  // An address that names a line leads to it, once the log is there.
  const arrived = useRef('');
  useEffect(() => {
    if (!step || !line || arrived.current === `${step}:${line}`) return;
    const look = () => {
      if (!logs.some((log) => log.source.step === step && log.rows >= line)) return;
      stop();
      arrived.current = `${step}:${line}`;
      goTo(step, line - 1);
    };
    const stop = pictures.subscribe(look);
    look();
    return stop;
  }, [step, line, logs, pictures, goTo]);

  // A step that was chosen in the timeline opens and comes into sight.
  useEffect(() => {
    if (step && !line) {
      setFolds((was) => new Map(was).set(step, true));
      setStick(step === running);
      setTimeout(() => view.current?.scrollTo(step, 0), 0);
    }
  }, [step]);

  const choose = (name: string, at: number, extend: boolean) => {
    const base = extend && chosen?.step === name ? chosen.from : at;
    setChosen({ step: name, from: Math.min(base, at), to: Math.max(base, at) });
    setStick(false);
    arrived.current = `${name}:${Math.min(base, at) + 1}`;
    void navigate({
      search: (was) => ({ ...was, tab: 'log' as const, step: name, line: Math.min(base, at) + 1, attempt: newest ? undefined : attempt }),
      replace: true,
    });
  };

  const copyChosen = async () => {
    const log = chosen && logs.find((one) => one.source.step === chosen.step);
    if (!log) return;
    const lines = await log.range(chosen.from, Math.min(chosen.to, chosen.from + MOST_COPIED));
    await copyText(lines.map(plainText).join('\n'));
    void message.success(t('common.copied'));
  };

  const steps = useMemo(() => logs.map((log) => log.source.step), [logs]);
  const showHit = useCallback((hit: Hit) => goTo(hit.step, hit.line), [goTo]);
  if (pending) return <Loading />;
  if (error && logs.length === 0) return <Problem error={error} />;

  const target = chosen?.step ?? step ?? running ?? usual;
  return (
    <div className="panel log">
      <div className="head">
        <LogSearchBar run={run} attempt={attempt} steps={steps} onMark={setMark} onHit={showHit} />
        <span className="grow" />
        {run.attempts.length > 1 && (
          <Select
            size="small"
            aria-label={t('log.attempt')}
            value={attempt}
            onChange={(value) => void navigate({ search: (was) => ({ ...was, attempt: value, line: undefined, step: undefined }) })}
            options={run.attempts.map((one) => ({ value: one.number, label: t('run.attemptNumber', { number: one.number }) }))}
          />
        )}
        {chosen && (
          <>
            <Button size="small" icon={<CopyIcon />} onClick={() => void copyChosen()}>
              {t('log.copyLines', { count: chosen.to - chosen.from + 1 })}
            </Button>
            <Tooltip title={t('log.copyLink')}>
              <Button
                size="small"
                icon={<LinkIcon />}
                aria-label={t('log.copyLink')}
                onClick={() => {
                  void copyText(location.href);
                  void message.success(t('common.copied'));
                }}
              />
            </Tooltip>
          </>
        )}
        <Button
          size="small"
          type={stick ? 'primary' : 'default'}
          aria-pressed={stick}
          onClick={() => {
            setStick(!stick);
            if (!stick) view.current?.toEnd();
          }}
        >
          {running ? (stick ? t('log.following') : t('log.follow')) : t('log.toEnd')}
        </Button>
        <Button
          size="small"
          icon={<DownloadIcon />}
          href={`/api/v1/deploy-test-runs/${run.id}/logs?attempt=${attempt}${target ? `&step=${encodeURIComponent(target)}` : ''}`}
          download={`run-${run.id}-${attempt}-${target ?? 'all'}.log`}
        >
          {t('log.download')}
        </Button>
      </div>
      {logs.length === 0 ? (
        <Empty title={isOver(run.status) ? t('log.none') : t('log.notYet')} />
      ) : (
        <LogView
          handle={view}
          sections={sections}
          pictures={pictures}
          following={stick}
          chosen={chosen}
          mark={mark}
          label={t('run.tab.log')}
          onChoose={choose}
          onToggle={(name) => {
            const section = sections.find((one) => one.log.source.step === name);
            setFolds((was) => new Map(was).set(name, !section?.open));
            if (section && !section.open) setStick(false);
          }}
          onScrolled={setStick}
        />
      )}
    </div>
  );
});

/** The step that somebody most likely wants to read. */
function usualStep(run: Run): string | undefined {
  const failed = run.steps.find((step) => step.status === StepStatus.FAILED || step.status === StepStatus.UNKNOWN);
  return failed?.name ?? (run.steps.some((step) => step.name === 'test') ? 'test' : run.steps.at(-1)?.name);
}
