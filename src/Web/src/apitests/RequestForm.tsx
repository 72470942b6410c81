import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { JsonEditor } from '../editor/JsonEditor';
import { Field } from '../ui/Field';
import { PairRows } from './PairRows';
import {
  AUTHS,
  authKindOf,
  BODIES,
  bodyKindOf,
  jsonOrText,
  METHODS,
  objectOf,
  pairsOf,
  pairsTo,
  put,
  textOf,
  type AuthKind,
  type BodyKind,
} from './spec';

interface Props {
  request: JsonObject;
  onChange: (request: JsonObject) => void;
}

/** What is sent: where to, with which parameters, headers, body and proof of who one is. */
export function RequestForm({ request, onChange }: Props) {
  const { t } = useTranslation();
  const set = (key: string, value: JsonValue | undefined) => onChange(put(request, key, value));
  return (
    <>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <Field label={t('api.method')}>
          <Select
            style={{ width: 110 }}
            value={textOf(request.method) || 'GET'}
            onChange={(method) => set('method', method)}
            options={METHODS.map((value) => ({ value, label: value }))}
          />
        </Field>
        <div className="grow">
          <Field label={t('api.url')}>
            <Input
              className="mono"
              value={textOf(request.url)}
              placeholder="{{base}}/orders"
              onChange={(event) => set('url', event.target.value)}
            />
          </Field>
        </div>
      </div>
      <div className="two-columns">
        <PairRows
          label={t('editor.query')}
          hint={['page', '{{page}}']}
          pairs={pairsOf(request.query)}
          onChange={(pairs) => set('query', pairsTo(pairs, request.query))}
        />
        <PairRows
          label={t('editor.headers')}
          hint={['Accept', 'application/json']}
          pairs={pairsOf(request.headers)}
          onChange={(pairs) => set('headers', pairsTo(pairs, request.headers))}
        />
      </div>
      <Body request={request} onChange={onChange} />
      <Auth request={request} onChange={onChange} />
    </>
  );
}

function Body({ request, onChange }: Props) {
  const { t } = useTranslation();
  const { body } = request;
  const kind = bodyKindOf(body);
  const whole = objectOf(body);
  const graph = objectOf(whole.graphql);
  const [text, setText] = useState(
    kind === 'json' ? (typeof whole.json === 'string' ? whole.json : JSON.stringify(whole.json, null, 2)) : '',
  );
  const set = (next: JsonValue | undefined) => onChange(put(request, 'body', next));
  const choose = (next: BodyKind) => {
    if (next === 'none') set(undefined);
    else if (next === 'json') set({ json: jsonOrText(text || '{}') });
    else if (next === 'raw') set({ raw: '' });
    else if (next === 'form') set({ form: {} });
    else if (next === 'graphql') set({ graphql: { query: '' } });
  };
  return (
    <div className="stack" style={{ gap: 6 }}>
      <Field label={t('api.body')}>
        <Select
          style={{ width: 180 }}
          value={kind}
          onChange={choose}
          options={[...BODIES, ...(kind === 'other' ? (['other'] as const) : [])].map((value) => ({
            value,
            label: t(`editor.bodyKind.${value}`),
          }))}
        />
      </Field>
      {kind === 'json' && (
        <JsonEditor
          label={t('api.body')}
          value={text}
          onChange={(next) => {
            setText(next);
            set({ json: jsonOrText(next) });
          }}
        />
      )}
      {kind === 'raw' && (
        <>
          <Input.TextArea
            className="json"
            aria-label={t('api.body')}
            autoSize={{ minRows: 3, maxRows: 14 }}
            value={textOf(whole.raw)}
            onChange={(event) => set({ ...whole, raw: event.target.value })}
          />
          <Input
            className="mono"
            style={{ maxWidth: 260 }}
            aria-label={t('editor.mediaType')}
            placeholder="text/plain"
            value={textOf(whole.type)}
            onChange={(event) => set(put(whole, 'type', event.target.value || undefined))}
          />
        </>
      )}
      {kind === 'form' && (
        <PairRows
          label={t('editor.fields')}
          pairs={pairsOf(whole.form)}
          onChange={(pairs) => set({ form: pairsTo(pairs, whole.form) ?? {} })}
        />
      )}
      {kind === 'graphql' && (
        <Input.TextArea
          className="json"
          aria-label={t('editor.graphql')}
          autoSize={{ minRows: 3, maxRows: 14 }}
          value={textOf(graph.query)}
          onChange={(event) => set({ graphql: { ...graph, query: event.target.value } })}
        />
      )}
      {kind === 'other' && <pre className="text-block">{JSON.stringify(body, null, 2)}</pre>}
    </div>
  );
}

function Auth({ request, onChange }: Props) {
  const { t } = useTranslation();
  const kind = authKindOf(request.auth);
  const whole = objectOf(request.auth);
  const inner = objectOf(whole[kind]);
  const set = (next: JsonValue | undefined) => onChange(put(request, 'auth', next));
  const start: Record<AuthKind, JsonValue | undefined> = {
    none: undefined,
    bearer: { bearer: '{{token}}' },
    basic: { basic: { username: '', password: '' } },
    api_key: { api_key: { name: '', value: '', in: 'header' } },
    oauth2: { oauth2: { token_url: '', client_id: '', client_secret: '' } },
  };
  return (
    <div className="stack" style={{ gap: 6 }}>
      <Field label={t('editor.auth')}>
        <Select
          style={{ width: 180 }}
          value={kind}
          onChange={(next: AuthKind) => set(start[next])}
          options={(Object.keys(AUTHS) as AuthKind[]).map((value) => ({ value, label: t(`editor.authKind.${value}`) }))}
        />
      </Field>
      {kind === 'bearer' && (
        <Input
          className="mono"
          aria-label={t('api.bearer')}
          value={textOf(whole.bearer)}
          onChange={(event) => set({ bearer: event.target.value })}
        />
      )}
      <div className="two-fields">
        {AUTHS[kind].map((field) =>
          field === 'in' ? (
            <Field key={field} label={t('editor.authField.in')}>
              <Select
                value={textOf(inner.in) || 'header'}
                onChange={(value) => set({ [kind]: { ...inner, in: value } })}
                options={['header', 'query', 'cookie'].map((value) => ({ value, label: value }))}
              />
            </Field>
          ) : (
            <Field key={field} label={t(`editor.authField.${field}`)}>
              <Input
                className="mono"
                value={textOf(inner[field])}
                onChange={(event) => set({ [kind]: put(inner, field, event.target.value || undefined) })}
              />
            </Field>
          ),
        )}
      </div>
    </div>
  );
}
