import { createClient } from '@connectrpc/connect';
import { useInfiniteQuery, useMutation, useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { Button, InputNumber, Segmented } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { batchRoute } from '../app/router';
import { useTitle } from '../app/title';
import { follow } from '../feed/follow';
import { ApiBatchService, BatchStatus, RowOutcome, type Batch, type BatchEvent, type FailureCluster } from '../gen/orbit/v1/api_batches_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, CopyButton, Empty, Loading, Problem } from '../ui/bits';
import { DownloadIcon } from '../ui/icons';
import { durationText, Elapsed } from '../ui/time';
import { useAct, useAsk } from '../ui/useAct';
import { BatchBadge, BatchMeter } from './BatchBits';
import { Exchanged } from './Exchanged';
import { NoteDialog, NoteLine } from './Notes';
import { batchIsOver, batchName, batchTone, rowTone } from './state';
import '../parameters/parameters.css';
import '../runs/run.css';
import './apitests.css';

const OUTCOMES = [RowOutcome.UNSPECIFIED, RowOutcome.FAILED, RowOutcome.PASSED, RowOutcome.UNCHECKED, RowOutcome.SKIPPED];

/** A batch as it runs: its rows, its causes of failure; paused, resumed, widened while it goes on. */
export function BatchPage() {
  const { t } = useTranslation();
  const { batchId } = batchRoute.useParams();
  const id = /^\d{1,18}$/.test(batchId) ? BigInt(batchId) : 0n;
  const [outcome, setOutcome] = useState(RowOutcome.UNSPECIFIED);
  const [fingerprint, setFingerprint] = useState('');
  const [row, setRow] = useState<bigint>();
  const [noted, setNoted] = useState<FailureCluster>();
  const first = useQuery(ApiBatchService.method.getBatch, { id }, { retry: false });
  const rows = useInfiniteQuery(
    ApiBatchService.method.listBatchRows,
    { id, outcome, fingerprint, pageSize: 200, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined, placeholderData: (was) => was },
  );
  const report = useQuery(ApiBatchService.method.getBatchReport, { id }, { retry: false });
  const live = useLiveBatch(id, () => {
    void rows.refetch();
    void report.refetch();
  });
  const batch = live ?? first.data;
  useTitle(
    batch ? `${t(`batchStatus.${BatchStatus[batch.status] as 'RUNNING'}`)} · ${batchName(batch, t)}` : t('api.batch'),
    batch ? batchTone(batch.status, batch.failCount) : undefined,
  );

  if (!batch)
    return <div className="page">{first.error ? <Problem error={first.error} onRetry={() => void first.refetch()} /> : <Loading />}</div>;
  const all = rows.data?.pages.flatMap((page) => page.rows) ?? [];
  const figures = report.data;
  const note = noted && (figures?.clusters.find((one) => one.fingerprint === noted.fingerprint) ?? noted);
  return (
    <div className="page">
      <header>
        <div className="grow">
          <div className="row wrap">
            <h1>{batchName(batch, t)}</h1>
            <BatchBadge batch={batch} />
          </div>
          <p className="dim row wrap">
            <span>
              {t('run.by')} {batch.requestedBy}
            </span>
            <span>{batch.targets.slice(0, 4).join(', ')}</span>
            {batch.environment && <span>{batch.environment}</span>}
            {batch.runId > 0n && (
              <Link to="/runs/$runId" params={{ runId: String(batch.runId) }}>
                {t('gate.of', { id: String(batch.runId) })}
              </Link>
            )}
            <Elapsed from={batch.createdAt} to={batch.finishedAt} />
          </p>
        </div>
        <BatchActions batch={batch} />
      </header>
      {batch.waitingReason && !batchIsOver(batch.status) && (
        <div className="notice run" role="status">
          {batch.waitingReason}
        </div>
      )}
      <section className="panel" aria-label={t('run.numbers')}>
        <div className="body stack" style={{ gap: 8 }}>
          <BatchMeter batch={batch} />
          <p className="row wrap num">
            <span>{t('api.rowsInWords', { done: batch.completedCount, total: batch.totalCount, failed: batch.failCount })}</span>
            {batch.adaptive && !batchIsOver(batch.status) && (
              <span className="dim">{t('api.allowedNow', { now: batch.concurrencyNow, most: batch.concurrency })}</span>
            )}
            {batch.runningCount > 0 && <span className="dim">{t('api.runningNow', { count: batch.runningCount })}</span>}
            {figures && (
              <span className="dim">
                {t('api.times', { p50: durationText(figures.p50Ms), p95: durationText(figures.p95Ms), p99: durationText(figures.p99Ms) })}
              </span>
            )}
          </p>
        </div>
      </section>
      {note && <NoteDialog fingerprint={note.fingerprint} note={note.note} batchId={id} onClose={() => setNoted(undefined)} />}
      {figures && figures.clusters.length > 0 && (
        <section className="panel" aria-labelledby="causes">
          <div className="head">
            <h2 id="causes">{t('api.causes')}</h2>
          </div>
          <ul className="short-list">
            {figures.clusters.map((cluster) => (
              <li key={cluster.fingerprint}>
                <button
                  className="plain link num"
                  aria-pressed={fingerprint === cluster.fingerprint}
                  onClick={() => setFingerprint(fingerprint === cluster.fingerprint ? '' : cluster.fingerprint)}
                >
                  {t('api.times_n', { count: cluster.count })}
                </button>
                <span className="label">{cluster.failureClass}</span>
                <span className="clip grow">{cluster.reason}</span>
                {cluster.note && <NoteLine note={cluster.note} />}
                <Button size="small" aria-label={t('notes.title', { fingerprint: cluster.fingerprint })} onClick={() => setNoted(cluster)}>
                  {cluster.note ? t('common.edit') : t('notes.add')}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="panel" aria-labelledby="rows">
        <div className="head">
          <h2 id="rows" className="grow">
            {t('api.rows')}
          </h2>
          <Segmented
            size="small"
            value={outcome}
            onChange={setOutcome}
            options={OUTCOMES.map((value) => ({
              value,
              label: value === RowOutcome.UNSPECIFIED ? t('common.all') : t(`rowOutcome.${RowOutcome[value] as 'PASSED'}`),
            }))}
          />
          {(['junit', 'html', 'har'] as const).map((format) => (
            <Button
              key={format}
              size="small"
              icon={<DownloadIcon />}
              href={`/api/v1/batches/${batch.id}/export?format=${format}`}
              download={`batch-${batch.id}.${format === 'junit' ? 'xml' : format}`}
            >
              {format}
            </Button>
          ))}
        </div>
        {rows.error ? (
          <Problem error={rows.error} onRetry={() => void rows.refetch()} />
        ) : rows.isPending ? (
          <Loading />
        ) : all.length === 0 ? (
          <Empty title={t('api.noRows')} />
        ) : (
          <ul>
            {all.map((one) => (
              <li key={String(one.row)} style={{ borderBottom: '1px solid var(--line)' }}>
                <button
                  className="plain row"
                  style={{ width: '100%', padding: '5px 14px' }}
                  aria-expanded={row === one.row}
                  onClick={() => setRow(row === one.row ? undefined : one.row)}
                >
                  <Badge tone={rowTone(one.outcome)}>{t(`rowOutcome.${RowOutcome[one.outcome] as 'PASSED'}`)}</Badge>
                  <span className="clip">{one.target}</span>
                  <b className="clip">{one.name}</b>
                  <span className="dim clip grow">{one.reason}</span>
                  <span className="dim num">{durationText(one.durationMs)}</span>
                </button>
                {row === one.row && <RowRecord id={batch.id} row={one.row} />}
              </li>
            ))}
          </ul>
        )}
        {rows.hasNextPage && (
          <div className="empty">
            <Button onClick={() => void rows.fetchNextPage()}>{t('common.more')}</Button>
          </div>
        )}
      </section>
    </div>
  );
}

/** Follows a batch to its end; tells at most every second that rows have changed. */
function useLiveBatch(id: bigint, onRows: () => void): Batch | undefined {
  const { transport } = useSession();
  const client = useMemo(() => createClient(ApiBatchService, transport), [transport]);
  const [batch, setBatch] = useState<Batch>();
  const told = useRef(onRows);
  told.current = onRows;
  useEffect(() => {
    const stop = new AbortController();
    let seq = 0n;
    let timer: ReturnType<typeof setTimeout> | undefined;
    void follow<BatchEvent>(
      {
        open: (signal) => client.watchBatch({ id, afterSeq: seq }, { signal }),
        apply: (event) => {
          if (event.seq > seq) seq = event.seq;
          if (event.batch) setBatch(event.batch);
          if (!event.row && !event.batch) return;
          timer ??= setTimeout(() => {
            timer = undefined;
            told.current();
            void client.getBatch({ id }).then(setBatch, () => undefined);
          }, 1000);
        },
        startOver: () => (seq = 0n),
        onConnection: () => undefined,
        endsByItself: true,
      },
      stop.signal,
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [client, id]);
  return batch?.id === id ? batch : undefined;
}

function BatchActions({ batch }: { batch: Batch }) {
  const { t } = useTranslation();
  const act = useAct();
  const ask = useAsk();
  const pause = useMutation(ApiBatchService.method.pauseBatch);
  const resume = useMutation(ApiBatchService.method.resumeBatch);
  const stop = useMutation(ApiBatchService.method.stopBatch);
  const widen = useMutation(ApiBatchService.method.setBatchConcurrency);
  const again = useMutation(ApiBatchService.method.rerunFailedRows);
  const over = batchIsOver(batch.status);
  const { id } = batch;
  return (
    <div className="row wrap">
      {!over && (
        <label className="row">
          {t('api.concurrency')}
          <InputNumber
            key={batch.concurrency}
            min={1}
            max={1000}
            style={{ width: 80 }}
            aria-label={t('api.concurrency')}
            defaultValue={batch.concurrency}
            onPressEnter={(event) =>
              void act(
                () => widen.mutateAsync({ id, concurrency: Number(event.currentTarget.value) }),
                t('common.saved'),
                t('api.concurrency'),
              )
            }
            onStep={(value) => void act(() => widen.mutateAsync({ id, concurrency: Number(value) }), '', t('api.concurrency'))}
          />
        </label>
      )}
      {batch.status === BatchStatus.RUNNING && (
        <Button onClick={() => void act(() => pause.mutateAsync({ id }), '', t('api.pause'))}>{t('api.pause')}</Button>
      )}
      {batch.status === BatchStatus.PAUSED && (
        <Button type="primary" onClick={() => void act(() => resume.mutateAsync({ id }), '', t('agents.resume'))}>
          {t('agents.resume')}
        </Button>
      )}
      {!over && (
        <Button
          danger
          onClick={() =>
            ask(
              {
                title: t('api.stopTitle'),
                what: t('api.stopWhat', { count: batch.totalCount - batch.completedCount }),
                ok: t('api.stop'),
                done: '',
              },
              () => stop.mutateAsync({ id }),
            )
          }
        >
          {t('api.stop')}
        </Button>
      )}
      {over && batch.failCount > 0 && (
        <Button type="primary" onClick={() => void act(() => again.mutateAsync({ id }), t('act.queued'), t('act.rerunFailed'))}>
          {t('act.rerunFailed')}
        </Button>
      )}
    </div>
  );
}

/** All of a row: what was sent and what came back. */
export function RowRecord({ id, row }: { id: bigint; row: bigint }) {
  const { t } = useTranslation();
  const record = useQuery(ApiBatchService.method.getBatchRow, { id, row });
  if (record.error) return <Problem error={record.error} />;
  if (!record.data) return <Loading />;
  return (
    <div className="stack" style={{ gap: 8, padding: '4px 14px 12px' }}>
      {record.data.curl.map((one) => (
        <div key={one.step} className="row">
          <code className="grow" style={{ overflowWrap: 'anywhere' }}>
            {one.command}
          </code>
          <CopyButton text={one.command} />
        </div>
      ))}
      {record.data.attempts.map((attempt, index) => (
        <section key={index} aria-label={t('run.attemptNumber', { number: index + 1 })}>
          {record.data.attempts.length > 1 && <h3>{t('run.attemptNumber', { number: index + 1 })}</h3>}
          <Exchanged record={attempt} />
        </section>
      ))}
    </div>
  );
}
