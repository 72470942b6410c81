import { clone, create as newMessage } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Button, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { refusalOf } from '../api/errors';
import { choiceOf, requestOf, runsNothing } from '../apitests/batchChoice';
import { BatchFields } from '../apitests/BatchFields';
import { CreateBatchRequestSchema } from '../gen/orbit/v1/api_batches_pb';
import { GateService, type ItemGate as Gate } from '../gen/orbit/v1/gates_pb';
import type { TestItem } from '../gen/orbit/v1/test_items_pb';
import { Loading, Problem } from '../ui/bits';
import { useAct, useAsk } from '../ui/useAct';

/** The API tests that decide about what an item deployed. */
export function ItemGate({ item }: { item: TestItem }) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const read = useQuery(GateService.method.getItemGate, { testItemId: item.id }, { retry: false });
  const missing = read.error !== null && refusalOf(read.error).reason === 'GATE_NOT_FOUND';
  const gate = missing ? undefined : read.data;
  const again = async () => {
    setAdding(false);
    await read.refetch();
  };
  return (
    <section className="stack" style={{ gap: 8 }} aria-label={t('gate.title')}>
      <h2>{t('gate.title')}</h2>
      <p className="dim">{t('gate.about')}</p>
      {read.isPending && <Loading />}
      {read.error && !missing && <Problem error={read.error} onRetry={() => void read.refetch()} />}
      {missing && !adding && (
        <div className="row wrap">
          <span className="dim grow">{t('gate.none')}</span>
          <Button size="small" onClick={() => setAdding(true)}>
            {t('gate.add')}
          </Button>
        </div>
      )}
      {(gate || (missing && adding)) && <GateForm key={gate?.owner ?? 'new'} item={item} gate={gate} onChanged={again} />}
    </section>
  );
}

function GateForm({ item, gate, onChanged }: { item: TestItem; gate: Gate | undefined; onChanged: () => Promise<void> }) {
  const { t } = useTranslation();
  const act = useAct();
  const ask = useAsk();
  const put = useMutation(GateService.method.putItemGate);
  const remove = useMutation(GateService.method.deleteItemGate);
  const [choice, setChoice] = useState(() => choiceOf(gate?.batch));
  const [even, setEven] = useState(gate?.evenIfTestsFailed ?? false);
  const save = async () => {
    // What the form has no field for stays.
    const before = gate?.batch ? clone(CreateBatchRequestSchema, gate.batch) : newMessage(CreateBatchRequestSchema);
    const batch = Object.assign(before, requestOf(choice));
    if (await act(() => put.mutateAsync({ testItemId: item.id, batch, evenIfTestsFailed: even }), t('common.saved'), t('gate.title')))
      await onChanged();
  };
  return (
    <>
      <BatchFields choice={choice} onChange={setChoice} />
      <label className="row">
        <Switch size="small" checked={even} onChange={setEven} /> {t('gate.evenIfFailed')}
      </label>
      <p className="dim">
        {gate && t('gate.owner', { owner: gate.owner })} {t('gate.keeps')}
      </p>
      <div className="row wrap">
        <Button size="small" disabled={runsNothing(choice)} loading={put.isPending} onClick={() => void save()}>
          {t('gate.save')}
        </Button>
        {gate && (
          <Button
            size="small"
            danger
            onClick={() =>
              ask({ title: t('gate.remove'), what: t('gate.removeWhat'), ok: t('gate.remove'), done: t('common.deleted') }, async () => {
                await remove.mutateAsync({ testItemId: item.id });
                await onChanged();
              })
            }
          >
            {t('gate.remove')}
          </Button>
        )}
      </div>
    </>
  );
}
