import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { StepStatus, type Run, type Step } from '../gen/orbit/v1/runs_pb';
import { Dot } from '../ui/bits';
import { Elapsed, msOf, useNow } from '../ui/time';
import { stepTone } from './state';

interface Props {
  run: Run;
  progress: ReadonlyMap<string, string>;
  selected: string | undefined;
  onSelect(step: string): void;
}

/** The steps in order, each as wide as it took, with what it does now. */
export const StepTimeline = memo(function StepTimeline({ run, progress, selected, onSelect }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  if (run.steps.length === 0) return null;
  return (
    <ol className="timeline" aria-label={t('run.steps')}>
      {run.steps.map((step) => {
        const words = t(`stepStatus.${StepStatus[step.status] as 'PENDING'}`);
        const note = step.error || (step.status === StepStatus.RUNNING ? progress.get(step.name) : undefined);
        return (
          <li
            key={step.name}
            className={`step ${stepTone(step.status)} ${step.status <= StepStatus.PENDING || step.status === StepStatus.SKIPPED ? 'faint' : ''}`}
            style={{ flexGrow: weightOf(step, now) }}
          >
            <button
              className="plain"
              onClick={() => onSelect(step.name)}
              aria-pressed={selected === step.name}
              aria-current={step.status === StepStatus.RUNNING ? 'step' : undefined}
              title={[words, note].filter(Boolean).join(': ')}
            >
              <span className="row" style={{ gap: 6 }}>
                <Dot tone={stepTone(step.status)} live={step.status === StepStatus.RUNNING} />
                <span className="clip name">{t(`step.${step.name}` as 'step.test', step.name)}</span>
              </span>
              <span className="clip dim when">
                {step.status === StepStatus.RUNNING || step.durationMs > 0n ? (
                  <Elapsed from={step.startedAt} to={step.finishedAt} ms={Number(step.durationMs)} />
                ) : (
                  words
                )}
                {step.exitCode !== undefined && step.exitCode !== 0 && (
                  <span className="mono"> {t('run.exit', { code: step.exitCode })}</span>
                )}
              </span>
              <span className="bar-line" />
              <span className="unseen">{words}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
});

/** Width by duration, dampened: a test of an hour must leave room for a stop of a second. */
function weightOf(step: Step, now: number): number {
  const ran = Number(step.durationMs) || (step.status === StepStatus.RUNNING ? Math.max(0, now - (msOf(step.startedAt) ?? now)) : 0);
  return 1 + Math.log10(1 + ran / 200);
}
