import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Input, InputNumber, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiBatchService } from '../gen/orbit/v1/api_batches_pb';
import { ResourcePoolService, type ResourcePool } from '../gen/orbit/v1/resource_pools_pb';
import { Empty, Loading, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';
import { useAsk } from '../ui/useAct';
import { BatchBadge } from './BatchBits';
import { batchName } from './state';

/** Milliseconds between two looks at what is taken. */
const LOOK = 2000;

/** Things that API tests need and of which there are only so many; how many are taken, and which batches run or wait. */
export function Pools() {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<ResourcePool | 'new'>();
  const list = useQuery(ResourcePoolService.method.listResourcePools, {}, { retry: false, refetchInterval: LOOK });
  const pools = list.data?.pools ?? [];
  return (
    <>
      <div className="row">
        <p className="dim grow">{t('pools.about')}</p>
        <Button type="primary" onClick={() => setEdited('new')}>
          {t('pools.new')}
        </Button>
      </div>
      {edited && <PoolDialog pool={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={
            <Empty title={t('pools.none')}>
              <span>{t('pools.noneHint')}</span>
              <Button onClick={() => setEdited('new')}>{t('pools.new')}</Button>
            </Empty>
          }
          columns={[
            t('common.name'),
            { title: t('pools.taken'), style: { width: 200 } },
            { title: t('pools.description'), className: 'hide-small' },
            { title: t('pools.changed'), className: 'hide-small' },
          ]}
          actions
        >
          {pools.map((pool) => (
            <PoolRow key={pool.name} pool={pool} onEdit={() => setEdited(pool)} />
          ))}
        </ListTable>
      </div>
      {pools.length > 0 && <BatchesUnderWay />}
    </>
  );
}

function PoolRow({ pool, onEdit }: { pool: ResourcePool; onEdit: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const remove = useMutation(ResourcePoolService.method.deleteResourcePool);
  const { name, size, inUse } = pool;
  const words = t('pools.takenOf', { taken: inUse, size });
  return (
    <tr>
      <td>
        <b>{name}</b>
      </td>
      <td>
        <div className="meter" role="img" aria-label={words} title={words}>
          {inUse > 0 && <i className={inUse < size ? 'fill-ok' : 'fill-warn'} style={{ flex: inUse }} />}
          <i style={{ flex: Math.max(0, size - inUse), minWidth: 0 }} />
        </div>
        <span className="dim num">{words}</span>
      </td>
      <td className="hide-small">{pool.description}</td>
      <td className="hide-small dim">
        {pool.updatedBy} <When time={pool.updatedAt} />
      </td>
      <td className="end">
        <span className="row" style={{ justifyContent: 'flex-end' }}>
          <Button size="small" aria-label={t('items.edit', { name })} onClick={onEdit}>
            {t('common.edit')}
          </Button>
          <Button
            size="small"
            danger
            aria-label={t('items.delete', { name })}
            onClick={() =>
              ask(
                { title: t('items.delete', { name }), what: t('pools.deleteWhat'), ok: t('common.delete'), done: t('common.deleted') },
                async () => {
                  await remove.mutateAsync({ name });
                  await client.invalidateQueries();
                },
              )
            }
          >
            {t('common.delete')}
          </Button>
        </span>
      </td>
    </tr>
  );
}

/** Who may hold places, and who waits for what. */
function BatchesUnderWay() {
  const { t } = useTranslation();
  const active = useQuery(ApiBatchService.method.listActiveBatches, {}, { retry: false, refetchInterval: LOOK });
  const batches = active.data?.batches ?? [];
  return (
    <section className="panel" aria-labelledby="under-way">
      <div className="head">
        <h2 id="under-way">{t('pools.batches')}</h2>
      </div>
      {active.error && <Problem error={active.error} onRetry={() => void active.refetch()} />}
      {active.isPending ? (
        <Loading />
      ) : batches.length === 0 ? (
        <Empty title={t('pools.noBatches')} />
      ) : (
        <ul className="short-list">
          {batches.map((batch) => (
            <li key={String(batch.id)}>
              <Link to="/api-tests/batches/$batchId" params={{ batchId: String(batch.id) }}>
                {batchName(batch, t)}
              </Link>
              <BatchBadge batch={batch} />
              {batch.runningCount > 0 && <span className="num">{t('pools.running', { count: batch.runningCount })}</span>}
              <span className="dim clip grow">{batch.waitingReason}</span>
              <span className="dim">{batch.requestedBy}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function PoolDialog({ pool, onClose }: { pool: ResourcePool | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const put = useMutation(ResourcePoolService.method.putResourcePool);
  const [name, setName] = useState(pool?.name ?? '');
  const [size, setSize] = useState(pool?.size ?? 1);
  const [description, setDescription] = useState(pool?.description ?? '');
  const save = async () => {
    const saved = await put.mutateAsync({ name: name.trim(), size, description }).catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onClose();
  };
  return (
    <Modal
      open
      title={pool ? t('items.edit', { name: pool.name }) : t('pools.new')}
      okText={t('common.save')}
      okButtonProps={{ disabled: name.trim() === '' }}
      cancelText={t('common.cancel')}
      confirmLoading={put.isPending}
      onOk={() => void save()}
      onCancel={onClose}
    >
      <div className="stack">
        <Field label={t('common.name')} hint={t('pools.nameHint')}>
          <Input maxLength={100} disabled={pool !== undefined} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t('pools.size')} hint={t('pools.sizeHint')}>
          <InputNumber min={1} max={1000} value={size} onChange={(value) => setSize(value ?? 1)} />
        </Field>
        <Field label={t('pools.description')}>
          <Input maxLength={500} value={description} onChange={(event) => setDescription(event.target.value)} />
        </Field>
        {put.error && <Problem error={put.error} />}
      </div>
    </Modal>
  );
}
