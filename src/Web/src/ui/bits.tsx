import { Button, Tooltip } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { refusalOf } from '../api/errors';
import type { Run } from '../gen/orbit/v1/runs_pb';
import { RunStatus, Verdict, type TestSummary } from '../gen/orbit/v1/runs_pb';
import { isOver, runTone, verdictTone, type Tone } from '../runs/state';
import { CheckIcon, CopyIcon } from './icons';

export function Badge({ tone = 'idle', live = false, children }: { tone?: Tone; live?: boolean; children: ReactNode }) {
  return <span className={`badge ${tone}${live ? ' live' : ''}`}>{children}</span>;
}

export function Dot({ tone, live = false }: { tone: Tone; live?: boolean }) {
  return <span aria-hidden className={`dot ${tone}${live ? ' live' : ''}`} />;
}

/** Where a run stands, or what came of it. */
export function RunBadge({ run }: { run: Run }) {
  const { t } = useTranslation();
  const tone = runTone(run);
  if (isOver(run.status)) return <VerdictBadge verdict={run.verdict} />;
  const word = run.contactLostSince ? t('run.contactLost') : t(`status.${RunStatus[run.status] as 'PENDING'}`);
  return (
    <Badge tone={tone} live={tone === 'run'}>
      {run.cancelRequested ? t('run.cancelling') : word}
    </Badge>
  );
}

export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  return <Badge tone={verdictTone(verdict)}>{t(`verdict.${Verdict[verdict] as 'PASSED'}`)}</Badge>;
}

/** Outcomes as a bar, with the numbers for who cannot see it. */
export function TestMeter({ summary }: { summary: TestSummary | undefined }) {
  const { t } = useTranslation();
  if (!summary || summary.total === 0) return null;
  const parts: [string, number][] = [
    ['fill-ok', summary.passed],
    ['fill-bad', summary.failed],
    ['fill-warn', summary.broken],
    ['fill-odd', summary.interrupted + summary.unknown],
    ['fill-idle', summary.skipped + summary.notRun],
  ];
  const words = t('tests.inWords', { passed: summary.passed, failed: summary.failed + summary.broken, total: summary.total });
  return (
    <div className="meter" role="img" aria-label={words} title={words}>
      {parts.map(([fill, count]) => (count > 0 ? <i key={fill} className={fill} style={{ flex: count }} /> : null))}
      <i style={{ flex: Math.max(0, summary.total - parts.reduce((sum, [, count]) => sum + count, 0)), minWidth: 0 }} />
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** What went wrong, in words, with a way on. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="notice bad" role="alert">
      <div className="grow">
        <ErrorText error={error} />
      </div>
      {onRetry && (
        <Button size="small" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      )}
    </div>
  );
}

/** The refusal's own words; where the reason is one that pages know, in the reader's language. */
export function ErrorText({ error }: { error: unknown }) {
  const { t, i18n } = useTranslation();
  const { reason, message, details } = refusalOf(error);
  const known = reason !== '' && i18n.exists(`errors.${reason}`);
  const extra = Object.entries(details).filter(([key]) => key !== 'retry_after_s');
  return (
    <>
      <div>
        {reason === '' && !message
          ? t('errors.unreachable')
          : known
            ? t(`errors.${reason}` as 'errors.unreachable')
            : message || t('errors.unreachable')}
      </div>
      {known && message && i18n.language !== 'en' && <div className="dim">{message}</div>}
      {extra.length > 0 && (
        <ul className="mono" style={{ marginTop: 4 }}>
          {extra.map(([key, value]) => (
            <li key={key}>
              <b>{key}</b>: {value}
            </li>
          ))}
        </ul>
      )}
      {reason && <div className="dim mono">{reason}</div>}
    </>
  );
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await copyText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <Tooltip title={done ? t('common.copied') : undefined}>
      <Button
        size="small"
        type="text"
        aria-label={label ?? t('common.copy')}
        icon={done ? <CheckIcon /> : <CopyIcon />}
        onClick={() => void copy()}
      >
        {label}
      </Button>
    </Tooltip>
  );
}

/** Also on plain HTTP, where browsers offer no clipboard to pages. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function Labels({ labels }: { labels: Record<string, string> }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return <span className="dim">–</span>;
  return (
    <span className="row wrap" style={{ gap: 4 }}>
      {entries.map(([key, value]) => (
        <span key={key} className="label" title={`${key}=${value}`}>
          {key}={value}
        </span>
      ))}
    </span>
  );
}

export function Loading() {
  const { t } = useTranslation();
  return (
    <div className="empty" role="status">
      {t('common.loading')}
    </div>
  );
}
