import { useQuery } from '@connectrpc/connect-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { RunService, TestOutcome } from '../../gen/orbit/v1/runs_pb';
import { Badge, CopyButton, Loading, Problem } from '../../ui/bits';
import { durationText } from '../../ui/time';
import { AnsiText } from '../log/AnsiText';
import type { TestRow } from '../runFold';
import { outcomeTone } from '../state';

/** One test: what went wrong, where, and what it printed. */
export function TestDetail({ runId, id, row, onClose }: { runId: bigint; id: string; row: TestRow | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const outcome = row?.outcome ?? TestOutcome.UNSPECIFIED;
  // Asked anew when the outcome changes; the trace of a test that runs is not there yet.
  const list = useQuery(
    RunService.method.listRunTests,
    { runId, query: id, pageSize: 20, attempt: row?.attempt ?? 0 },
    { enabled: outcome !== TestOutcome.UNSPECIFIED },
  );
  const test = list.data?.tests.find((one) => one.id === id);
  return (
    <section className="detail" aria-label={t('tests.detail')}>
      <div className="row" style={{ alignItems: 'flex-start' }}>
        <h2 className="grow mono" style={{ overflowWrap: 'anywhere' }}>
          {id}
        </h2>
        <CopyButton text={id} />
        <Button size="small" onClick={onClose}>
          {t('common.close')}
        </Button>
      </div>
      <p className="row wrap dim">
        <Badge tone={outcomeTone(outcome)}>{t(`testOutcome.${TestOutcome[outcome] as 'PASSED'}`)}</Badge>
        {row && row.durationMs > 0 && <span className="num">{durationText(row.durationMs)}</span>}
        {row && row.attempt > 1 && <span>{t('run.attemptNumber', { number: row.attempt })}</span>}
        {row?.worker && <span className="mono">{row.worker}</span>}
        {row?.flaky && <Badge tone="odd">{t('outcome.flaky')}</Badge>}
      </p>
      {list.isLoading && <Loading />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {test?.message && <pre className="text-block message-block">{test.message}</pre>}
      {test?.trace && (
        <Part title={t('tests.trace')} text={test.trace}>
          <AnsiText text={test.trace} />
        </Part>
      )}
      {test?.output && (
        <Part title={t('tests.output')} text={test.output}>
          <AnsiText text={test.output} />
        </Part>
      )}
      {test && !test.message && !test.trace && !test.output && <p className="dim">{t('tests.quiet')}</p>}
    </section>
  );
}

function Part({ title, text, children }: { title: string; text: string; children: React.ReactNode }) {
  return (
    <div>
      <div className="row">
        <h2 className="grow">{title}</h2>
        <CopyButton text={text} />
      </div>
      <pre className="text-block" tabIndex={0}>
        {children}
      </pre>
    </div>
  );
}
