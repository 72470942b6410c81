import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService, type ApiItem } from '../gen/orbit/v1/api_library_pb';
import { isObject } from '../parameters/jsonDiff';
import { Empty, Loading, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { useAct, useAsk } from '../ui/useAct';
import { ItemVersions } from './ItemVersions';
import { movedTo, stepOf } from './spec';

/** Scenarios: cases in an order, which is changed by hand or by key. */
export function Scenarios() {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<bigint | 'new'>();
  const list = useQuery(ApiLibraryService.method.listScenarios, { pageSize: 1000 }, { retry: false });
  const item = useQuery(
    ApiLibraryService.method.getScenario,
    { id: typeof chosen === 'bigint' ? chosen : 0n },
    { enabled: typeof chosen === 'bigint' },
  );
  const scenarios = list.data?.scenarios ?? [];
  return (
    <div className="sets">
      <div className="stack">
        <Button onClick={() => setChosen('new')}>{t('api.newScenario')}</Button>
        <ul className="panel set-list">
          {scenarios.map((one) => (
            <li key={String(one.id)}>
              <button className="plain" aria-pressed={one.id === chosen} onClick={() => setChosen(one.id)}>
                <strong>{one.name}</strong>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {chosen === undefined ? (
        !list.error && (
          <div className="panel">
            {list.isPending ? <Loading /> : <Empty title={scenarios.length === 0 ? t('api.noScenarios') : t('api.chooseScenario')} />}
          </div>
        )
      ) : chosen === 'new' ? (
        <ScenarioEditor key="new" item={undefined} onDone={setChosen} />
      ) : item.data ? (
        <ScenarioEditor key={`${item.data.id}:${item.data.version}`} item={item.data} onDone={setChosen} />
      ) : (
        <Loading />
      )}
    </div>
  );
}

const titleOf = (step: JsonValue): string => {
  if (typeof step === 'string') return step;
  if (!isObject(step)) return JSON.stringify(step);
  return [step.name, step.case ?? step.scenario].filter((one) => typeof one === 'string').join(': ');
};

function ScenarioEditor({ item, onDone }: { item: ApiItem | undefined; onDone: (id: bigint | undefined) => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const create = useMutation(ApiLibraryService.method.createScenario);
  const update = useMutation(ApiLibraryService.method.updateScenario);
  const remove = useMutation(ApiLibraryService.method.deleteScenario);
  const copy = useMutation(ApiLibraryService.method.copyScenario);
  const act = useAct();
  const cases = useQuery(ApiLibraryService.method.listCases, { pageSize: 1000 });
  const stored: JsonObject = item?.spec ?? {};
  const [name, setName] = useState(item?.name ?? '');
  const [steps, setSteps] = useState<JsonValue[]>(Array.isArray(stored.steps) ? stored.steps : []);
  const [dragged, setDragged] = useState<number>();
  const [over, setOver] = useState<number>();

  const move = (from: number, to: number) => setSteps(movedTo(steps, from, to));
  const onKeyDown = (event: KeyboardEvent<HTMLLIElement>, index: number) => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (!event.altKey || by === 0) return;
    event.preventDefault();
    move(index, index + by);
    const list = event.currentTarget.parentElement;
    setTimeout(() => (list?.children[index + by] as HTMLElement | undefined)?.focus(), 0);
  };
  const save = async () => {
    const spec = { ...stored, steps };
    const saved = await (
      item ? update.mutateAsync({ id: item.id, name, spec, version: item.version }) : create.mutateAsync({ name, spec })
    ).catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onDone(saved.id);
  };
  const duplicate = async (id: bigint) => {
    let made: ApiItem | undefined;
    const done = await act(async () => (made = await copy.mutateAsync({ id })), t('common.saved'), t('api.duplicate'));
    if (!done || !made) return;
    await client.invalidateQueries();
    onDone(made.id);
  };
  const error = create.error ?? update.error;

  return (
    <section className="panel" aria-label={item?.name ?? t('api.newScenario')}>
      <div className="body stack">
        <Field label={t('common.name')}>
          <Input value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <div>
          <h2>{t('api.steps')}</h2>
          <p className="dim">{t('api.stepsHint')}</p>
        </div>
        <ol className="stack" style={{ gap: 4 }}>
          {steps.map((step, index) => (
            <li
              key={index}
              className={`step-row${over === index ? ' over' : ''}`}
              draggable
              tabIndex={0}
              aria-label={t('api.stepAt', { position: index + 1, name: titleOf(step) })}
              onKeyDown={(event) => onKeyDown(event, index)}
              onDragStart={() => setDragged(index)}
              onDragOver={(event) => {
                event.preventDefault();
                setOver(index);
              }}
              onDragEnd={() => {
                setDragged(undefined);
                setOver(undefined);
              }}
              onDrop={() => {
                if (dragged !== undefined) move(dragged, index);
                setOver(undefined);
              }}
            >
              <span className="dim num">{index + 1}</span>
              <span className="clip grow">{titleOf(step)}</span>
              <Button
                size="small"
                type="text"
                aria-label={t('api.up', { name: titleOf(step) })}
                disabled={index === 0}
                onClick={() => move(index, index - 1)}
              >
                ↑
              </Button>
              <Button
                size="small"
                type="text"
                aria-label={t('api.down', { name: titleOf(step) })}
                disabled={index === steps.length - 1}
                onClick={() => move(index, index + 1)}
              >
                ↓
              </Button>
              <Button
                size="small"
                type="text"
                danger
                aria-label={t('items.delete', { name: titleOf(step) })}
                onClick={() => setSteps(steps.filter((_, at) => at !== index))}
              >
                ✕
              </Button>
            </li>
          ))}
        </ol>
        <Select
          showSearch={{ optionFilterProp: 'label' }}
          style={{ maxWidth: 360 }}
          aria-label={t('api.addStep')}
          placeholder={t('api.addStep')}
          value={null}
          onChange={(value: string | null) => value && setSteps([...steps, stepOf(steps, value)])}
          options={(cases.data?.cases ?? []).map((one) => ({ value: one.name, label: one.name }))}
        />
        {error && <Problem error={error} />}
        <div className="row">
          <Button
            type="primary"
            disabled={name.trim() === '' || steps.length === 0}
            loading={create.isPending || update.isPending}
            onClick={() => void save()}
          >
            {t('common.save')}
          </Button>
          {item && (
            <Button loading={copy.isPending} onClick={() => void duplicate(item.id)}>
              {t('api.duplicate')}
            </Button>
          )}
          {item && (
            <Button
              danger
              onClick={() =>
                ask(
                  {
                    title: t('items.delete', { name: item.name }),
                    what: t('api.deleteWhat'),
                    ok: t('common.delete'),
                    done: t('common.deleted'),
                  },
                  async () => {
                    await remove.mutateAsync({ id: item.id });
                    await client.invalidateQueries();
                    onDone(undefined);
                  },
                )
              }
            >
              {t('common.delete')}
            </Button>
          )}
        </div>
        {item && (
          <ItemVersions
            kind="scenario"
            id={item.id}
            now={{ ...stored, steps }}
            onTakeBack={(spec) => setSteps(Array.isArray(spec.steps) ? spec.steps : [])}
          />
        )}
      </div>
    </section>
  );
}
