import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiBatchService } from '../gen/orbit/v1/api_batches_pb';
import { ApiLibraryService, type ApiItem } from '../gen/orbit/v1/api_library_pb';
import { Badge, Empty, Loading, Problem } from '../ui/bits';
import { Field, listOf } from '../ui/Field';
import { useAct, useAsk } from '../ui/useAct';
import { BatchBadge } from './BatchBits';
import { RowRecord } from './BatchPage';
import { formOf, METHODS, specOf, type CaseForm } from './spec';
import { batchIsOver } from './state';

/** Cases: found by name, edited, tried at once. */
export function Cases() {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<bigint | 'new'>();
  const list = useQuery(ApiLibraryService.method.listCases, { query, pageSize: 500 }, { placeholderData: (was) => was, retry: false });
  const item = useQuery(
    ApiLibraryService.method.getCase,
    { id: typeof chosen === 'bigint' ? chosen : 0n },
    { enabled: typeof chosen === 'bigint' },
  );
  const cases = list.data?.cases ?? [];
  return (
    <div className="sets">
      <div className="stack">
        <Input
          allowClear
          placeholder={t('api.find')}
          aria-label={t('api.find')}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Button onClick={() => setChosen('new')}>{t('api.newCase')}</Button>
        <ul className="panel set-list">
          {cases.map((one) => (
            <li key={String(one.id)}>
              <button className="plain row" aria-pressed={one.id === chosen} onClick={() => setChosen(one.id)}>
                <strong className="clip grow">{one.name}</strong>
                <span className="dim clip">{one.folder}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {chosen === undefined ? (
        !list.error && (
          <div className="panel">
            {list.isPending ? (
              <Loading />
            ) : (
              <Empty title={cases.length === 0 ? t('api.noCases') : t('api.chooseCase')}>
                {cases.length === 0 && t('api.noCasesHint')}
              </Empty>
            )}
          </div>
        )
      ) : chosen === 'new' ? (
        <CaseEditor key="new" item={undefined} onDone={setChosen} />
      ) : item.data ? (
        <CaseEditor key={`${item.data.id}:${item.data.version}`} item={item.data} onDone={setChosen} />
      ) : (
        <Loading />
      )}
    </div>
  );
}

function CaseEditor({ item, onDone }: { item: ApiItem | undefined; onDone: (id: bigint | undefined) => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const ask = useAsk();
  const client = useQueryClient();
  const create = useMutation(ApiLibraryService.method.createCase);
  const update = useMutation(ApiLibraryService.method.updateCase);
  const copy = useMutation(ApiLibraryService.method.copyCase);
  const remove = useMutation(ApiLibraryService.method.deleteCase);
  const environments = useQuery(ApiLibraryService.method.listEnvironments, { pageSize: 1000 }, { retry: false });
  const stored: JsonObject = item?.spec ?? {};
  const [name, setName] = useState(item?.name ?? '');
  const [folder, setFolder] = useState(item?.folder ?? '');
  const [tags, setTags] = useState((item?.tags ?? []).join(', '));
  const [form, setForm] = useState<CaseForm>(() => formOf(item ? stored : { assert: [{ status: 200 }] }));
  const [environment, setEnvironment] = useState('0');
  const set = (part: Partial<CaseForm>) => setForm({ ...form, ...part });
  const isHttp = !item || 'request' in stored;
  let spec: JsonObject | undefined;
  let wrong = '';
  try {
    spec = isHttp ? specOf(form, stored) : stored;
  } catch (error) {
    wrong = error instanceof Error ? error.message : String(error);
  }

  const save = async () => {
    if (!spec) return;
    const fields = { name, folder, tags: listOf(tags), spec };
    const saved = await (
      item ? update.mutateAsync({ ...fields, id: item.id, setTags: true, version: item.version }) : create.mutateAsync(fields)
    ).catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onDone(saved.id);
  };
  const area = (key: 'headers' | 'body' | 'extract' | 'assert', rows: number, placeholder: string) => (
    <Field label={t(`api.${key}`)}>
      <Input.TextArea
        className="json"
        spellCheck={false}
        autoSize={{ minRows: rows, maxRows: 18 }}
        placeholder={placeholder}
        value={form[key]}
        onChange={(event) => set({ [key]: event.target.value })}
      />
    </Field>
  );
  const error = create.error ?? update.error;

  return (
    <section className="panel" aria-label={item?.name ?? t('api.newCase')}>
      <div className="head">
        <h2 className="grow">{item?.name ?? t('api.newCase')}</h2>
        {item && <Badge>v{item.version}</Badge>}
      </div>
      <div className="body stack">
        <div className="two-fields">
          <Field label={t('common.name')}>
            <Input value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={t('api.folder')}>
            <Input value={folder} placeholder="shop/orders" onChange={(event) => setFolder(event.target.value)} />
          </Field>
          <Field label={t('api.tags')}>
            <Input value={tags} onChange={(event) => setTags(event.target.value)} />
          </Field>
        </div>
        {isHttp ? (
          <>
            <div className="row" style={{ alignItems: 'flex-end' }}>
              <Field label={t('api.method')}>
                <Select
                  style={{ width: 110 }}
                  value={form.method}
                  onChange={(method) => set({ method })}
                  options={METHODS.map((value) => ({ value, label: value }))}
                />
              </Field>
              <div className="grow">
                <Field label={t('api.url')}>
                  <Input
                    className="mono"
                    value={form.url}
                    placeholder="{{base}}/orders"
                    onChange={(event) => set({ url: event.target.value })}
                  />
                </Field>
              </div>
            </div>
            <div className="cols two">
              {area('headers', 3, 'Accept: application/json')}
              {area('body', 3, '{"item": "{{item}}"}')}
              {area('assert', 4, '[{"status": 200}]')}
              {area('extract', 4, '[{"name": "id", "jsonpath": "$.id"}]')}
            </div>
            <Field label={t('api.bearer')}>
              <Input
                className="mono"
                value={form.bearer}
                placeholder="{{token}}"
                onChange={(event) => set({ bearer: event.target.value })}
              />
            </Field>
          </>
        ) : (
          <pre className="text-block">{JSON.stringify(stored, null, 2)}</pre>
        )}
        {wrong && <p className="tone-bad">{wrong}</p>}
        {error && <Problem error={error} />}
        <div className="row wrap">
          <Button
            type="primary"
            disabled={!spec || name.trim() === ''}
            loading={create.isPending || update.isPending}
            onClick={() => void save()}
          >
            {t('common.save')}
          </Button>
          {item && (
            <>
              <Button
                onClick={async () => {
                  if (await act(() => copy.mutateAsync({ id: item.id }), t('common.saved'), t('common.copy')))
                    await client.invalidateQueries();
                }}
              >
                {t('api.duplicate')}
              </Button>
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
            </>
          )}
          <span className="grow" />
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
        </div>
        {spec && <TryIt name={name || 'case'} spec={spec} environment={BigInt(environment)} />}
      </div>
    </section>
  );
}

/** Runs the case as it stands here, saved or not, on an agent; shows what was sent and what came back. */
function TryIt({ name, spec, environment }: { name: string; spec: JsonObject; environment: bigint }) {
  const { t } = useTranslation();
  const create = useMutation(ApiBatchService.method.createBatch);
  const [id, setId] = useState<bigint>();
  const batch = useQuery(
    ApiBatchService.method.getBatch,
    { id: id ?? 0n },
    { enabled: id !== undefined, refetchInterval: (query) => (query.state.data && batchIsOver(query.state.data.status) ? false : 500) },
  );
  useEffect(() => setId(undefined), [name]);
  const start = async () => {
    const document = JSON.stringify({ orbit: 1, cases: [{ name, ...spec } as JsonValue] });
    const made = await create
      .mutateAsync({ name: t('api.tryName', { name }), document, documentRun: name, environmentId: environment, concurrency: 1 })
      .catch(() => undefined);
    if (made) setId(made.id);
  };
  return (
    <div className="stack">
      <div className="row">
        <Button loading={create.isPending || (batch.data !== undefined && !batchIsOver(batch.data.status))} onClick={() => void start()}>
          {t('api.tryNow')}
        </Button>
        {batch.data && <BatchBadge batch={batch.data} />}
        {batch.data?.waitingReason && <span className="dim">{batch.data.waitingReason}</span>}
      </div>
      {create.error && <Problem error={create.error} />}
      {id !== undefined && batch.data && batchIsOver(batch.data.status) && <RowRecord id={id} row={0n} />}
    </div>
  );
}
