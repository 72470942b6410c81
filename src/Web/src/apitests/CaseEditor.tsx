import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { JsonEditor } from '../editor/JsonEditor';
import { ApiLibraryService, ApiVisibility, type ApiItem } from '../gen/orbit/v1/api_library_pb';
import { Badge, Problem } from '../ui/bits';
import { Field, listOf } from '../ui/Field';
import { useAct, useAsk } from '../ui/useAct';
import { ItemVersions } from './ItemVersions';
import { CheckRows, ExtractRows } from './CheckRows';
import { ExportMenu } from './Exchange';
import { MoveCase } from './MoveCase';
import { RequestForm } from './RequestForm';
import { checkOf, checkTo, extractOf, extractTo, objectOf, put, type CheckRow, type ExtractRow } from './spec';
import { TryIt } from './TryIt';

const FRESH: JsonObject = { request: { method: 'GET', url: '' }, assert: [{ status: 200 }] };
const VISIBILITIES = [ApiVisibility.ALL, ApiVisibility.TEAM, ApiVisibility.PRIVATE];
const rowsOf = <T,>(value: JsonValue | undefined, read: (one: JsonValue) => T): T[] => (Array.isArray(value) ? value.map(read) : []);

/** A case in a form; what the form has no field for stays as it is, and the whole can be written as JSON. */
export function CaseEditor({ item, onDone }: { item: ApiItem | undefined; onDone: (id: bigint | undefined) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const create = useMutation(ApiLibraryService.method.createCase);
  const update = useMutation(ApiLibraryService.method.updateCase);
  const [name, setName] = useState(item?.name ?? '');
  const [folder, setFolder] = useState(item?.folder ?? '');
  const [tags, setTags] = useState((item?.tags ?? []).join(', '));
  const [visibility, setVisibility] = useState(item?.visibility ?? ApiVisibility.ALL);
  const draft = useDraft(item?.spec ?? FRESH);
  const error = create.error ?? update.error;
  const { spec } = draft;

  const save = async () => {
    if (!spec) return;
    const fields = { name, folder, tags: listOf(tags), visibility, spec };
    const saved = await (
      item ? update.mutateAsync({ ...fields, id: item.id, setTags: true, version: item.version }) : create.mutateAsync(fields)
    ).catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onDone(saved.id);
  };

  return (
    <section className="panel" aria-label={item?.name ?? t('api.newCase')}>
      <div className="head row wrap">
        <h2 className="grow">{item?.name ?? t('api.newCase')}</h2>
        {item && <Badge>v{item.version}</Badge>}
        {draft.isHttp && (
          <Segmented
            size="small"
            value={draft.text === undefined ? 'form' : 'json'}
            onChange={(view) => draft.show(view === 'json')}
            options={[
              { value: 'form', label: t('editor.form'), disabled: !spec },
              { value: 'json', label: 'JSON', disabled: !spec },
            ]}
          />
        )}
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
          <Field label={t('api.shared')}>
            <Select
              value={visibility}
              onChange={setVisibility}
              options={VISIBILITIES.map((value) => ({ value, label: t(`visibility.${ApiVisibility[value] as 'ALL'}`) }))}
            />
          </Field>
        </div>
        {draft.text === undefined ? (
          <>
            <RequestForm key={draft.round} request={objectOf(draft.base.request)} onChange={draft.setRequest} />
            <CheckRows rows={draft.checks} onChange={draft.setChecks} />
            <ExtractRows rows={draft.extracts} onChange={draft.setExtracts} />
          </>
        ) : (
          <JsonEditor tall label={t('editor.wholeCase')} value={draft.text} onChange={draft.setText} onSave={() => void save()} />
        )}
        {draft.wrong && <p className="tone-bad">{draft.wrong}</p>}
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
          {item && <ItemActions item={item} onGone={() => onDone(undefined)} />}
        </div>
        {spec && <TryIt name={name || 'case'} spec={spec} />}
        {item && <ItemVersions kind="case" id={item.id} now={spec} onTakeBack={draft.take} />}
      </div>
    </section>
  );
}

function ItemActions({ item, onGone }: { item: ApiItem; onGone: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const ask = useAsk();
  const client = useQueryClient();
  const copy = useMutation(ApiLibraryService.method.copyCase);
  const remove = useMutation(ApiLibraryService.method.deleteCase);
  return (
    <>
      <Button
        onClick={async () => {
          if (await act(() => copy.mutateAsync({ id: item.id }), t('common.saved'), t('common.copy'))) await client.invalidateQueries();
        }}
      >
        {t('api.duplicate')}
      </Button>
      <MoveCase item={item} />
      <ExportMenu caseId={item.id} />
      <Button
        danger
        onClick={() =>
          ask(
            { title: t('items.delete', { name: item.name }), what: t('api.deleteWhat'), ok: t('common.delete'), done: t('common.deleted') },
            async () => {
              await remove.mutateAsync({ id: item.id });
              await client.invalidateQueries();
              onGone();
            },
          )
        }
      >
        {t('common.delete')}
      </Button>
    </>
  );
}

/** The case while it is written: as a form, or as text. */
function useDraft(stored: JsonObject) {
  const [base, setBase] = useState(stored);
  const [checks, setChecks] = useState<CheckRow[]>(() => rowsOf(stored.assert, checkOf));
  const [extracts, setExtracts] = useState<ExtractRow[]>(() => rowsOf(stored.extract, extractOf));
  const [round, setRound] = useState(0); // the form's own texts begin anew with it
  const isHttp = 'request' in base;
  const [text, setText] = useState<string | undefined>(() => (isHttp ? undefined : JSON.stringify(stored, null, 2)));
  const take = (spec: JsonObject) => {
    setBase(spec);
    setChecks(rowsOf(spec.assert, checkOf));
    setExtracts(rowsOf(spec.extract, extractOf));
    setRound(round + 1);
    setText(text === undefined && 'request' in spec ? undefined : JSON.stringify(spec, null, 2));
  };
  let spec: JsonObject | undefined;
  let wrong = '';
  try {
    if (text === undefined) {
      const withChecks = put(base, 'assert', checks.length > 0 || Array.isArray(base.assert) ? checks.map(checkTo) : undefined);
      spec = put(withChecks, 'extract', extracts.length > 0 ? extracts.map(extractTo) : undefined);
    } else {
      const value = JSON.parse(text) as JsonValue;
      spec = objectOf(value);
    }
  } catch (error) {
    wrong = error instanceof Error ? error.message : String(error);
  }
  return {
    base,
    checks,
    extracts,
    round,
    text,
    spec,
    wrong,
    isHttp: isHttp || spec?.request !== undefined,
    setRequest: (request: JsonObject) => setBase({ ...base, request }),
    setChecks,
    setExtracts,
    setText,
    take,
    show: (asText: boolean) => {
      if (!spec) return;
      if (asText) setText(JSON.stringify(spec, null, 2));
      else {
        setBase(spec);
        setChecks(rowsOf(spec.assert, checkOf));
        setExtracts(rowsOf(spec.extract, extractOf));
        setRound(round + 1);
        setText(undefined);
      }
    },
  };
}
