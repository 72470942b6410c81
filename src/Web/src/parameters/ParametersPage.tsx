import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Checkbox, Input } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { parametersRoute } from '../app/router';
import { useTitle } from '../app/title';
import { ParameterSetService, type ParameterSet } from '../gen/orbit/v1/parameter_sets_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Loading, Problem } from '../ui/bits';
import { JsonEditor } from '../editor/JsonEditor';
import { DiffTable } from '../ui/DiffTable';
import { Field } from '../ui/Field';
import { When } from '../ui/time';
import { useAsk } from '../ui/useAct';
import { differences, isObject } from './jsonDiff';
import { CopySet } from './CopySet';
import { SchemaHelp } from './SchemaHelp';
import { useParameterSchema, useValidate } from './schemaCalls';
import { Versions } from './Versions';
import './parameters.css';

/** Parameter sets: their JSON, their versions, what differs between them. */
export function ParametersPage() {
  const { t } = useTranslation();
  useTitle(t('nav.parameters'));
  const { me } = useSession();
  const search = parametersRoute.useSearch();
  const navigate = useNavigate({ from: '/parameters' });
  const [fresh, setFresh] = useState(false);
  const list = useQuery(ParameterSetService.method.listParameterSets, { pageSize: 1000 });
  const sets = list.data?.parameterSets ?? [];
  const chosen = sets.find((set) => Number(set.id) === search.set) ?? sets[0];
  const open = (id: bigint | undefined) => {
    setFresh(false);
    void navigate({ search: id === undefined ? {} : { set: Number(id) }, replace: true });
  };

  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.parameters')}</h1>
        {me.isAdmin && (
          <Button type="primary" onClick={() => setFresh(true)}>
            {t('parameters.new')}
          </Button>
        )}
      </header>
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending ? (
        <Loading />
      ) : (
        <div className="sets">
          <ul className="panel set-list" aria-label={t('nav.parameters')}>
            {sets.map((set) => (
              <li key={String(set.id)}>
                <button className="plain row" aria-pressed={!fresh && set.id === chosen?.id} onClick={() => open(set.id)}>
                  <strong className="clip grow">{set.name}</strong>
                  {set.isDefault && <Badge tone="run">{t('parameters.default')}</Badge>}
                  <span className="dim num">v{set.version}</span>
                </button>
              </li>
            ))}
          </ul>
          {fresh ? (
            <SetEditor key="new" set={undefined} admin onSaved={open} />
          ) : chosen ? (
            <SetEditor key={`${chosen.id}:${chosen.version}`} set={chosen} admin={me.isAdmin} onSaved={open} />
          ) : (
            <div className="panel">
              <Empty title={t('parameters.none')} />
            </div>
          )}
        </div>
      )}
    </div>
  );
}

function SetEditor({ set, admin, onSaved }: { set: ParameterSet | undefined; admin: boolean; onSaved: (id: bigint | undefined) => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const create = useMutation(ParameterSetService.method.createParameterSet);
  const update = useMutation(ParameterSetService.method.updateParameterSet);
  const remove = useMutation(ParameterSetService.method.deleteParameterSet);
  const stored = useMemo(() => JSON.stringify(set?.parameters ?? {}, null, 2), [set]);
  const [name, setName] = useState(set?.name ?? '');
  const [text, setText] = useState(stored);
  const [isDefault, setDefault] = useState(set?.isDefault ?? false);
  const read = useMemo(() => readObject(text), [text]);
  const changes = set && read.value ? differences(set.parameters ?? {}, read.value) : [];
  const changed = !set || name !== set.name || isDefault !== set.isDefault || changes.length > 0;
  const error = create.error ?? update.error;
  const schema = useParameterSchema();
  const validate = useValidate();

  const save = async () => {
    if (!read.value) return;
    const saved = await (
      set
        ? update.mutateAsync({
            id: set.id,
            name,
            parameters: read.value,
            isDefault: isDefault === set.isDefault ? undefined : isDefault,
            version: set.version,
          })
        : create.mutateAsync({ name, parameters: read.value, isDefault })
    ).catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onSaved(saved.id);
  };

  return (
    <div className="stack">
      <section className="panel" aria-label={set?.name ?? t('parameters.new')}>
        <div className="head">
          <h2 className="grow">{set ? set.name : t('parameters.new')}</h2>
          {set && (
            <span className="dim">
              v{set.version} · {set.updatedBy} <When time={set.updatedAt} />
            </span>
          )}
        </div>
        <div className="body set-body">
          <div className="stack">
            {admin && (
              <Field label={t('common.name')}>
                <Input value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
              </Field>
            )}
            <Field label={t('parameters.json')} error={read.error}>
              <JsonEditor
                tall
                label={t('parameters.json')}
                readOnly={!admin}
                schema={schema}
                validate={validate}
                value={text}
                onChange={setText}
                onSave={() => void save()}
              />
            </Field>
            <p className="dim">{t('parameters.editorHint')}</p>
            {changes.length > 0 && (
              <div>
                <h2>{t('parameters.changes')}</h2>
                <DiffTable rows={changes} />
              </div>
            )}
            {error && <Problem error={error} />}
            {admin && (
              <div className="row wrap">
                <Button
                  type="primary"
                  disabled={!read.value || !changed || name.trim() === ''}
                  loading={create.isPending || update.isPending}
                  onClick={() => void save()}
                >
                  {t('common.save')}
                </Button>
                <Button disabled={!read.value} onClick={() => setText(JSON.stringify(read.value, null, 2))}>
                  {t('parameters.format')}
                </Button>
                {set && <CopySet set={set} onCopied={onSaved} />}
                <Checkbox checked={isDefault} disabled={set?.isDefault === true} onChange={(event) => setDefault(event.target.checked)}>
                  {t('parameters.makeDefault')}
                </Checkbox>
                <span className="grow" />
                {set && !set.isDefault && (
                  <Button
                    danger
                    onClick={() =>
                      ask(
                        {
                          title: t('parameters.delete', { name: set.name }),
                          what: t('parameters.deleteWhat'),
                          ok: t('common.delete'),
                          done: t('common.deleted'),
                        },
                        async () => {
                          await remove.mutateAsync({ id: set.id });
                          await client.invalidateQueries();
                          onSaved(undefined);
                        },
                      )
                    }
                  >
                    {t('common.delete')}
                  </Button>
                )}
              </div>
            )}
            {!admin && <p className="dim">{t('common.adminOnly')}</p>}
          </div>
          <SchemaHelp
            onInsert={admin ? (key, value) => read.value && setText(JSON.stringify({ ...read.value, [key]: value }, null, 2)) : undefined}
            present={read.value}
          />
        </div>
      </section>
      {set && <Versions set={set} onTakeBack={admin ? setText : undefined} />}
    </div>
  );
}

function readObject(text: string): { value?: JsonObject; error?: string } {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? { value } : { error: '{ … }' };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
