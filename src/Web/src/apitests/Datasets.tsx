import type { JsonValue } from '@bufbuild/protobuf';
import { useInfiniteQuery, useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Dropdown, Input, Modal, Select, Switch } from 'antd';
import { useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService, type ApiDataset, type ApiDatasetRow } from '../gen/orbit/v1/api_library_pb';
import { shortJson, typedValue } from '../parameters/jsonDiff';
import { Empty, Loading, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { DownloadIcon } from '../ui/icons';
import { useAct, useAsk } from '../ui/useAct';

/** Rows of values, brought in as CSV or JSON, changed in place. */
export function Datasets() {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<bigint>();
  const [importing, setImporting] = useState<'new' | 'rows'>();
  const list = useQuery(ApiLibraryService.method.listDatasets, { pageSize: 1000 }, { retry: false });
  const remove = useMutation(ApiLibraryService.method.deleteDataset);
  const datasets = list.data?.datasets ?? [];
  const dataset = datasets.find((one) => one.id === chosen) ?? datasets[0];
  return (
    <div className="sets">
      <div className="stack">
        <Button onClick={() => setImporting('new')}>{t('api.newDataset')}</Button>
        <ul className="panel set-list">
          {datasets.map((one) => (
            <li key={String(one.id)}>
              <button className="plain row" aria-pressed={one.id === dataset?.id} onClick={() => setChosen(one.id)}>
                <strong className="clip grow">{one.name}</strong>
                <span className="dim num">{one.rowCount}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {importing && <ImportDialog dataset={importing === 'rows' ? dataset : undefined} onClose={() => setImporting(undefined)} />}
      {list.error ? (
        <Problem error={list.error} onRetry={() => void list.refetch()} />
      ) : dataset ? (
        <section className="panel" aria-label={dataset.name}>
          <div className="head">
            <h2 className="grow">{dataset.name}</h2>
            <span className="dim num">{t('api.rowsEnabled', { enabled: dataset.enabledCount, total: dataset.rowCount })}</span>
            <Button size="small" onClick={() => setImporting('rows')}>
              {t('api.import')}
            </Button>
            <RowsMenu dataset={dataset} />
            <Button
              size="small"
              danger
              onClick={() =>
                ask(
                  {
                    title: t('items.delete', { name: dataset.name }),
                    what: t('api.deleteWhat'),
                    ok: t('common.delete'),
                    done: t('common.deleted'),
                  },
                  async () => {
                    await remove.mutateAsync({ id: dataset.id });
                    await client.invalidateQueries();
                  },
                )
              }
            >
              {t('common.delete')}
            </Button>
          </div>
          <Grid key={String(dataset.id)} dataset={dataset} />
        </section>
      ) : (
        <div className="panel">{list.isPending ? <Loading /> : <Empty title={t('api.noDatasets')}>{t('api.noDatasetsHint')}</Empty>}</div>
      )}
    </div>
  );
}

/** Writes all rows out as a file; the browser takes it as it comes, however long it is. */
function RowsMenu({ dataset }: { dataset: ApiDataset }) {
  const { t } = useTranslation();
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: (['csv', 'json', 'jsonl'] as const).map((format) => ({
          key: format,
          label: (
            <a href={`/api/v1/datasets/${dataset.id}/export?format=${format}`} download={`${dataset.name}.${format}`}>
              {t(`api.rowsAs.${format}`)}
            </a>
          ),
        })),
      }}
    >
      <Button size="small" icon={<DownloadIcon />}>
        {t('exchange.export')}
      </Button>
    </Dropdown>
  );
}

function Grid({ dataset }: { dataset: ApiDataset }) {
  const { t } = useTranslation();
  const act = useAct();
  const update = useMutation(ApiLibraryService.method.updateDatasetRow);
  const rows = useInfiniteQuery(
    ApiLibraryService.method.listDatasetRows,
    { id: dataset.id, pageSize: 200, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined },
  );
  const change = async (row: ApiDatasetRow, column: string, text: string) => {
    const value = typedValue(text);
    if (shortJson(row.values?.[column]) === text) return;
    if (
      await act(
        () => update.mutateAsync({ id: dataset.id, number: row.number, values: { ...row.values, [column]: value } }),
        '',
        dataset.name,
      )
    )
      await rows.refetch();
  };
  const client = useQueryClient();
  const add = useMutation(ApiLibraryService.method.importDatasetRows);
  const addRow = async () => {
    const row = Object.fromEntries(dataset.columns.map((column) => [column, startOfType(dataset.types[column])]));
    const content = JSON.stringify([row]);
    if (await act(() => add.mutateAsync({ id: dataset.id, content, format: 'json' }), '', dataset.name)) await client.invalidateQueries();
  };
  if (rows.isPending) return <Loading />;
  if (rows.error) return <Problem error={rows.error} onRetry={() => void rows.refetch()} />;
  return (
    <div className="scroll-x" tabIndex={0}>
      <table className="fine-table">
        <thead>
          <tr>
            <th>#</th>
            <th>{t('api.on')}</th>
            {dataset.columns.map((column) => (
              <th key={column}>
                {column} <span className="dim">{dataset.types[column]}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.data?.pages
            .flatMap((page) => page.rows)
            .map((row) => (
              <tr key={String(row.number)}>
                <td className="dim num">{row.name || String(row.number)}</td>
                <td>
                  <Switch
                    size="small"
                    aria-label={t('api.rowOn', { row: String(row.number) })}
                    checked={row.enabled}
                    onChange={async (enabled) => {
                      if (await act(() => update.mutateAsync({ id: dataset.id, number: row.number, enabled }), '', dataset.name))
                        await rows.refetch();
                    }}
                  />
                </td>
                {dataset.columns.map((column) => (
                  <td key={column} style={{ padding: 0 }}>
                    <input
                      className="grid-cell"
                      aria-label={`${column} ${row.number}`}
                      defaultValue={shortJson(row.values?.[column])}
                      onBlur={(event) => void change(row, column, event.target.value)}
                      onKeyDown={move}
                    />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
      <div className="row" style={{ padding: 8 }}>
        {rows.hasNextPage ? (
          <Button size="small" onClick={() => void rows.fetchNextPage()}>
            {t('common.more')}
          </Button>
        ) : (
          dataset.columns.length > 0 && (
            <Button size="small" loading={add.isPending} onClick={() => void addRow()}>
              {t('grid.addRow')}
            </Button>
          )
        )}
        <span className="dim">{t('grid.keys')}</span>
      </div>
    </div>
  );
}

/** A new row's value where nobody has written one yet. */
const startOfType = (type: string | undefined): JsonValue =>
  type === 'number' || type === 'integer' ? 0 : type === 'boolean' ? false : type === 'json' ? null : '';

/** Enter and the arrows lead to the cell below or above; leaving a cell stores it. */
function move(event: KeyboardEvent<HTMLInputElement>) {
  const by = event.key === 'Enter' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (by === 0) return;
  event.preventDefault();
  const cell = event.currentTarget.closest('td');
  const row = cell?.parentElement;
  const next = by > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  const input = cell && next?.children[cell.cellIndex]?.querySelector('input');
  if (input) input.focus();
  else event.currentTarget.blur();
}

function ImportDialog({ dataset, onClose }: { dataset: ApiDataset | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const create = useMutation(ApiLibraryService.method.createDataset);
  const add = useMutation(ApiLibraryService.method.importDatasetRows);
  const [name, setName] = useState('');
  const [format, setFormat] = useState('csv');
  const [content, setContent] = useState('');
  const [replace, setReplace] = useState(false);
  const error = create.error ?? add.error;
  const save = async () => {
    const done = await (
      dataset ? add.mutateAsync({ id: dataset.id, content, format, replace }) : create.mutateAsync({ name, content, format })
    ).catch(() => undefined);
    if (!done) return;
    await client.invalidateQueries();
    onClose();
  };
  const read = async (file: File | undefined) => {
    if (!file) return;
    setContent(await file.text());
    setFormat(file.name.endsWith('.jsonl') ? 'jsonl' : file.name.endsWith('.json') ? 'json' : 'csv');
  };
  return (
    <Modal
      open
      title={dataset ? t('api.import') : t('api.newDataset')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => void save()}
      confirmLoading={create.isPending || add.isPending}
      width={680}
    >
      <div className="stack">
        {!dataset && (
          <Field label={t('common.name')}>
            <Input value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
        )}
        <div className="row wrap">
          <Select
            aria-label={t('api.format')}
            style={{ width: 110 }}
            value={format}
            onChange={setFormat}
            options={['csv', 'json', 'jsonl'].map((value) => ({ value, label: value.toUpperCase() }))}
          />
          <input
            type="file"
            accept=".csv,.json,.jsonl,.txt"
            aria-label={t('api.file')}
            onChange={(event) => void read(event.target.files?.[0])}
          />
        </div>
        <Field label={t('api.content')}>
          <Input.TextArea
            className="json"
            autoSize={{ minRows: 8, maxRows: 18 }}
            value={content}
            placeholder={'user,amount\nanna,5'}
            onChange={(event) => setContent(event.target.value)}
          />
        </Field>
        {dataset && (
          <label className="row">
            <Switch size="small" checked={replace} onChange={setReplace} /> {t('api.replaceRows')}
          </label>
        )}
        {error && <Problem error={error} />}
      </div>
    </Modal>
  );
}
