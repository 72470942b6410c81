import { useInfiniteQuery, useMutation, useQuery } from '@connectrpc/connect-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Input, InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiBatchService } from '../gen/orbit/v1/api_batches_pb';
import { ApiLibraryService } from '../gen/orbit/v1/api_library_pb';
import { Empty, Loading, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { uniqueKey } from '../ui/random';
import { Elapsed, When } from '../ui/time';
import { BatchBadge, BatchMeter } from './BatchBits';
import { batchIsOver } from './state';

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
        {list.isPending ? (
          <Loading />
        ) : batches.length === 0 ? (
          <Empty title={t('api.noBatches')}>{t('api.noBatchesHint')}</Empty>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th>{t('common.name')}</th>
                <th>{t('history.result')}</th>
                <th style={{ width: 180 }}>{t('api.rows')}</th>
                <th className="hide-small">{t('details.by')}</th>
                <th className="end hide-small">{t('run.duration')}</th>
                <th className="end">{t('common.when')}</th>
              </tr>
            </thead>
            <tbody>
              {batches.map((batch) => (
                <tr key={String(batch.id)}>
                  <td>
                    <Link to="/api-tests/batches/$batchId" params={{ batchId: String(batch.id) }}>
                      {batch.name}
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
            </tbody>
          </table>
        )}
        {list.hasNextPage && (
          <div className="empty">
            <Button onClick={() => void list.fetchNextPage()}>{t('common.more')}</Button>
          </div>
        )}
      </div>
    </>
  );
}

function BatchDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [key] = useState(uniqueKey);
  const cases = useQuery(ApiLibraryService.method.listCases, { pageSize: 1000 });
  const scenarios = useQuery(ApiLibraryService.method.listScenarios, { pageSize: 1000 });
  const environments = useQuery(ApiLibraryService.method.listEnvironments, { pageSize: 1000 });
  const datasets = useQuery(ApiLibraryService.method.listDatasets, { pageSize: 1000 });
  const create = useMutation(ApiBatchService.method.createBatch);
  const [name, setName] = useState('');
  const [caseIds, setCases] = useState<string[]>([]);
  const [scenarioIds, setScenarios] = useState<string[]>([]);
  const [environment, setEnvironment] = useState('0');
  const [dataset, setDataset] = useState('0');
  const [concurrency, setConcurrency] = useState(5);
  const option = (one: { id: bigint; name: string }) => ({ value: String(one.id), label: one.name });
  const none = { value: '0', label: t('common.none') };
  const start = async () => {
    const batch = await create
      .mutateAsync({
        name,
        caseIds: caseIds.map(BigInt),
        scenarioIds: scenarioIds.map(BigInt),
        environmentId: BigInt(environment),
        datasetId: BigInt(dataset),
        concurrency,
        idempotencyKey: key,
      })
      .catch(() => undefined);
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
      okButtonProps={{ disabled: caseIds.length + scenarioIds.length === 0 }}
    >
      <div className="stack">
        <Field label={t('common.name')} hint={t('api.batchNameHint')}>
          <Input value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t('api.tab.cases')}>
          <Select mode="multiple" value={caseIds} onChange={setCases} options={(cases.data?.cases ?? []).map(option)} />
        </Field>
        <Field label={t('api.tab.scenarios')}>
          <Select mode="multiple" value={scenarioIds} onChange={setScenarios} options={(scenarios.data?.scenarios ?? []).map(option)} />
        </Field>
        <div className="two-fields">
          <Field label={t('api.environment')}>
            <Select
              value={environment}
              onChange={setEnvironment}
              options={[none, ...(environments.data?.environments ?? []).map(option)]}
            />
          </Field>
          <Field label={t('api.dataset')}>
            <Select value={dataset} onChange={setDataset} options={[none, ...(datasets.data?.datasets ?? []).map(option)]} />
          </Field>
          <Field label={t('api.concurrency')} hint={t('api.concurrencyHint')}>
            <InputNumber min={1} max={1000} value={concurrency} onChange={(value) => setConcurrency(value ?? 1)} />
          </Field>
        </div>
        {create.error && <Problem error={create.error} />}
      </div>
    </Modal>
  );
}
