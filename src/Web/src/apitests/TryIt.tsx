import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiBatchService } from '../gen/orbit/v1/api_batches_pb';
import { ApiLibraryService } from '../gen/orbit/v1/api_library_pb';
import { Problem } from '../ui/bits';
import { BatchBadge } from './BatchBits';
import { RowRecord } from './BatchPage';
import { batchIsOver } from './state';

/** Runs the case as it stands here, saved or not, on an agent; shows what was sent and what came back. */
export function TryIt({ name, spec }: { name: string; spec: JsonObject }) {
  const { t } = useTranslation();
  const environments = useQuery(ApiLibraryService.method.listEnvironments, { pageSize: 1000 }, { retry: false });
  const create = useMutation(ApiBatchService.method.createBatch);
  const [environment, setEnvironment] = useState('0');
  const [id, setId] = useState<bigint>();
  const batch = useQuery(
    ApiBatchService.method.getBatch,
    { id: id ?? 0n },
    { enabled: id !== undefined, refetchInterval: (query) => (query.state.data && batchIsOver(query.state.data.status) ? false : 300) },
  );
  const start = async () => {
    const document = JSON.stringify({ orbit: 1, cases: [{ name, ...spec } as JsonValue] });
    const made = await create
      .mutateAsync({ name: t('api.tryName', { name }), document, documentRun: name, environmentId: BigInt(environment), concurrency: 1 })
      .catch(() => undefined);
    if (made) setId(made.id);
  };
  return (
    <section className="stack" aria-label={t('api.tryNow')}>
      <div className="row wrap">
        <Button loading={create.isPending || (batch.data !== undefined && !batchIsOver(batch.data.status))} onClick={() => void start()}>
          {t('api.tryNow')}
        </Button>
        <Select
          style={{ width: 180 }}
          aria-label={t('api.environment')}
          value={environment}
          onChange={setEnvironment}
          options={[
            { value: '0', label: t('api.noEnvironment') },
            ...(environments.data?.environments ?? []).map((one) => ({ value: String(one.id), label: one.name })),
          ]}
        />
        {batch.data && <BatchBadge batch={batch.data} />}
        {batch.data?.waitingReason && !batchIsOver(batch.data.status) && <span className="dim">{batch.data.waitingReason}</span>}
      </div>
      {create.error && <Problem error={create.error} />}
      {id !== undefined && batch.data && batchIsOver(batch.data.status) && <RowRecord key={String(id)} id={id} row={0n} />}
    </section>
  );
}
