import { useInfiniteQuery, useMutation } from '@connectrpc/connect-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiBatchService } from '../gen/orbit/v1/api_batches_pb';
import { Empty, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { ListTable } from '../ui/ListTable';
import { uniqueKey } from '../ui/random';
import { Elapsed, When } from '../ui/time';
import { BatchBadge, BatchMeter } from './BatchBits';
import { noBatch, requestOf, runsNothing } from './batchChoice';
import { BatchFields } from './BatchFields';
import { batchIsOver, batchName } from './state';

/** All batches; those that run are told anew every few seconds. */
export function Batches() {
  const { t } = useTranslation();
  const [making, setMaking] = useState(false);
  const list = useInfiniteQuery(
    ApiBatchService.method.listBatches,
    { pageSize: 50, pageToken: '' },
    {
      pageParamKey: 'pageToken',
      getNextPageParam: (page) => page.nextPageToken || undefined,
      refetchInterval: (query) =>
        query.state.data?.pages.some((page) => page.batches.some((batch) => !batchIsOver(batch.status))) ? 2000 : 15_000,
      retry: false,
    },
  );
  const batches = list.data?.pages.flatMap((page) => page.batches) ?? [];
  return (
    <>
      <div className="row">
        <span className="grow" />
        <Button type="primary" onClick={() => setMaking(true)}>
          {t('api.newBatch')}
        </Button>
      </div>
      {making && <BatchDialog onClose={() => setMaking(false)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={<Empty title={t('api.noBatches')}>{t('api.noBatchesHint')}</Empty>}
          columns={[
            t('common.name'),
            t('history.result'),
            { title: t('api.rows'), style: { width: 180 } },
            { title: t('details.by'), className: 'hide-small' },
            { title: t('run.duration'), className: 'end hide-small' },
            { title: t('common.when'), className: 'end' },
          ]}
          pages={list}
        >
          {batches.map((batch) => (
            <tr key={String(batch.id)}>
              <td>
                <Link to="/api-tests/batches/$batchId" params={{ batchId: String(batch.id) }}>
                  {batchName(batch, t)}
                </Link>
                {batch.environment && <span className="dim"> {batch.environment}</span>}
              </td>
              <td>
                <BatchBadge batch={batch} />
              </td>
              <td>
                <BatchMeter batch={batch} />
                <span className="dim num">
                  {batch.completedCount} / {batch.totalCount}
                </span>
              </td>
              <td className="hide-small">{batch.requestedBy}</td>
              <td className="end hide-small">
                <Elapsed from={batch.createdAt} to={batch.finishedAt} />
              </td>
              <td className="end dim">
                <When time={batch.createdAt} />
              </td>
            </tr>
          ))}
        </ListTable>
      </div>
    </>
  );
}

function BatchDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [key] = useState(uniqueKey);
  const create = useMutation(ApiBatchService.method.createBatch);
  const [name, setName] = useState('');
  const [choice, setChoice] = useState(noBatch);
  const start = async () => {
    const batch = await create.mutateAsync({ ...requestOf(choice), name, idempotencyKey: key }).catch(() => undefined);
    if (batch) void navigate({ to: '/api-tests/batches/$batchId', params: { batchId: String(batch.id) } });
  };
  return (
    <Modal
      open
      title={t('api.newBatch')}
      okText={t('api.start')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => void start()}
      confirmLoading={create.isPending}
      okButtonProps={{ disabled: runsNothing(choice) }}
    >
      <div className="stack">
        <Field label={t('common.name')} hint={t('api.batchNameHint')}>
          <Input value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <BatchFields choice={choice} onChange={setChoice} />
        {create.error && <Problem error={create.error} />}
      </div>
    </Modal>
  );
}
