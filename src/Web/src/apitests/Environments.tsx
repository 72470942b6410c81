import type { JsonObject } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService, type ApiEnvironment } from '../gen/orbit/v1/api_library_pb';
import { isObject, typedValue } from '../parameters/jsonDiff';
import { Empty, Loading, Problem } from '../ui/bits';
import { Field, parseLabels } from '../ui/Field';
import { useAsk } from '../ui/useAct';

/** Targets: variables that everybody sees, secrets that nobody is shown again. */
export function Environments() {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<bigint | 'new'>();
  const list = useQuery(ApiLibraryService.method.listEnvironments, { pageSize: 1000 }, { retry: false });
  const environments = list.data?.environments ?? [];
  const environment = chosen === 'new' ? undefined : (environments.find((one) => one.id === chosen) ?? environments[0]);
  return (
    <div className="sets">
      <div className="stack">
        <Button onClick={() => setChosen('new')}>{t('api.newEnvironment')}</Button>
        <ul className="panel set-list">
          {environments.map((one) => (
            <li key={String(one.id)}>
              <button className="plain" aria-pressed={one.id === environment?.id} onClick={() => setChosen(one.id)}>
                <strong>{one.name}</strong>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {list.error ? (
        <Problem error={list.error} onRetry={() => void list.refetch()} />
      ) : chosen === 'new' || environment ? (
        <EnvironmentEditor
          key={environment ? `${environment.id}:${environment.updatedAt?.seconds}` : 'new'}
          environment={environment}
          onDone={setChosen}
        />
      ) : (
        <div className="panel">
          {list.isPending ? <Loading /> : <Empty title={t('api.noEnvironments')}>{t('api.noEnvironmentsHint')}</Empty>}
        </div>
      )}
    </div>
  );
}

function EnvironmentEditor({ environment, onDone }: { environment: ApiEnvironment | undefined; onDone: (id: bigint | undefined) => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const create = useMutation(ApiLibraryService.method.createEnvironment);
  const update = useMutation(ApiLibraryService.method.updateEnvironment);
  const remove = useMutation(ApiLibraryService.method.deleteEnvironment);
  const [name, setName] = useState(environment?.name ?? '');
  const [text, setText] = useState(JSON.stringify(environment?.variables ?? { base: 'http://127.0.0.1:9000' }, null, 2));
  const [secrets, setSecrets] = useState('');
  const value = typedValue(text);
  const variables: JsonObject | undefined = isObject(value) ? value : undefined;
  const error = create.error ?? update.error;
  const save = async () => {
    if (!variables) return;
    const fields = { name, variables, secrets: parseLabels(secrets) };
    const saved = await (environment ? update.mutateAsync({ ...fields, id: environment.id }) : create.mutateAsync(fields)).catch(
      () => undefined,
    );
    if (!saved) return;
    await client.invalidateQueries();
    onDone(saved.id);
  };
  return (
    <section className="panel" aria-label={environment?.name ?? t('api.newEnvironment')}>
      <div className="body stack">
        <Field label={t('common.name')}>
          <Input value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t('api.variables')} error={variables ? undefined : '{ … }'}>
          <Input.TextArea
            className="json"
            autoSize={{ minRows: 5, maxRows: 20 }}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
        {environment && environment.secretNames.length > 0 && (
          <div className="row wrap">
            {environment.secretNames.map((secret) => (
              <span key={secret} className="label">
                {secret}=•••{' '}
                <button
                  className="plain link"
                  aria-label={t('items.delete', { name: secret })}
                  onClick={() =>
                    void update.mutateAsync({ id: environment.id, forgetSecrets: [secret] }).then(() => client.invalidateQueries())
                  }
                >
                  ✕
                </button>
              </span>
            ))}
          </div>
        )}
        <Field label={t('api.secrets')} hint={t('api.secretsHint')}>
          <Input.TextArea
            className="json"
            autoSize={{ minRows: 2 }}
            value={secrets}
            placeholder="token=…"
            onChange={(event) => setSecrets(event.target.value)}
          />
        </Field>
        {error && <Problem error={error} />}
        <div className="row">
          <Button
            type="primary"
            disabled={!variables || name.trim() === ''}
            loading={create.isPending || update.isPending}
            onClick={() => void save()}
          >
            {t('common.save')}
          </Button>
          {environment && (
            <Button
              danger
              onClick={() =>
                ask(
                  {
                    title: t('items.delete', { name: environment.name }),
                    what: t('api.deleteWhat'),
                    ok: t('common.delete'),
                    done: t('common.deleted'),
                  },
                  async () => {
                    await remove.mutateAsync({ id: environment.id });
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
      </div>
    </section>
  );
}
