import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiFileService, type ApiFile } from '../gen/orbit/v1/api_files_pb';
import { ApiLibraryService, ApiVisibility } from '../gen/orbit/v1/api_library_pb';
import { Empty, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { DownloadIcon } from '../ui/icons';
import { ListTable } from '../ui/ListTable';
import { sizeText } from '../ui/size';
import { SuggestInput } from '../ui/SuggestInput';
import { When } from '../ui/time';
import { useAsk } from '../ui/useAct';
import { foldersOf } from './folders';

/** What the server takes in one message; larger files come over the command line. */
const LARGEST = 16 * 1024 * 1024;
const VISIBILITIES = [ApiVisibility.ALL, ApiVisibility.TEAM, ApiVisibility.PRIVATE];
const contentOf = (name: string) => `/api/v1/api-files/${encodeURIComponent(name)}/content`;

/** Files that cases send as their body or as parts of it. */
export function Files() {
  const { t } = useTranslation();
  const [storing, setStoring] = useState<ApiFile | 'new'>();
  const list = useQuery(ApiFileService.method.listApiFiles, { pageSize: 1000 });
  const files = list.data?.files ?? [];
  const add = <Button onClick={() => setStoring('new')}>{t('files.new')}</Button>;
  return (
    <>
      <div className="row wrap">
        <p className="dim grow">{t('files.about')}</p>
        {files.length > 0 && add}
      </div>
      {storing && <FileDialog file={storing === 'new' ? undefined : storing} onClose={() => setStoring(undefined)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={
            list.error ? undefined : (
              <Empty title={t('files.none')}>
                <span>{t('files.noneHint')}</span>
                {add}
              </Empty>
            )
          }
          columns={[
            t('files.name'),
            { title: t('files.size'), className: 'end' },
            { title: t('api.folder'), className: 'hide-small' },
            { title: t('files.for'), className: 'hide-small' },
            { title: t('files.stored'), className: 'hide-small' },
          ]}
          actions
        >
          {files.map((file) => (
            <FileRow key={file.name} file={file} onReplace={() => setStoring(file)} />
          ))}
        </ListTable>
      </div>
    </>
  );
}

function FileRow({ file, onReplace }: { file: ApiFile; onReplace: () => void }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const remove = useMutation(ApiFileService.method.deleteApiFile);
  const { name } = file;
  const deletion = { title: t('items.delete', { name }), what: t('files.deleteWhat'), ok: t('common.delete'), done: t('common.deleted') };
  return (
    <tr>
      <td style={{ overflowWrap: 'anywhere' }}>
        <b className="mono" title={`SHA-256 ${file.sha256}`}>
          {name}
        </b>
      </td>
      <td className="end mono">{sizeText(Number(file.size))}</td>
      <td className="hide-small mono">{file.folder}</td>
      <td className="hide-small">{t(`visibility.${ApiVisibility[file.visibility] as 'ALL'}`)}</td>
      <td className="hide-small dim">
        {file.updatedBy} <When time={file.updatedAt} />
      </td>
      <td className="end">
        <span className="row" style={{ justifyContent: 'flex-end' }}>
          <Button size="small" icon={<DownloadIcon />} href={contentOf(name)} download={name} aria-label={t('files.download', { name })} />
          <Button size="small" aria-label={t('files.replaceName', { name })} onClick={onReplace}>
            {t('files.replace')}
          </Button>
          <Button
            size="small"
            danger
            aria-label={t('items.delete', { name })}
            onClick={() =>
              ask(deletion, async () => {
                await remove.mutateAsync({ name });
                await client.invalidateQueries();
              })
            }
          >
            {t('common.delete')}
          </Button>
        </span>
      </td>
    </tr>
  );
}

/** Stores a new file, or other content under a name that is there. */
function FileDialog({ file, onClose }: { file: ApiFile | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const cases = useQuery(ApiLibraryService.method.listCases, { pageSize: 1000 });
  const put = useMutation(ApiFileService.method.putApiFile);
  const [content, setContent] = useState<File>();
  const [name, setName] = useState(file?.name ?? '');
  const [folder, setFolder] = useState(file?.folder ?? '');
  const [visibility, setVisibility] = useState(file?.visibility ?? ApiVisibility.ALL);
  const tooLarge = content !== undefined && content.size > LARGEST;
  const choose = (chosen: File | undefined) => {
    setContent(chosen);
    if (chosen && name === '') setName(chosen.name);
  };
  const save = async () => {
    if (!content) return;
    const bytes = new Uint8Array(await content.arrayBuffer());
    const stored = await put.mutateAsync({ name, folder, visibility, content: bytes }).catch(() => undefined);
    if (!stored) return;
    await client.invalidateQueries();
    onClose();
  };
  return (
    <Modal
      open
      title={file ? t('files.replaceName', { name: file.name }) : t('files.new')}
      onCancel={onClose}
      onOk={() => void save()}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !content || tooLarge || name.trim() === '', loading: put.isPending }}
    >
      <div className="stack">
        <Field label={t('files.content')} hint={t('files.contentHint', { most: sizeText(LARGEST) })}>
          <input type="file" onChange={(event) => choose(event.target.files?.[0])} />
        </Field>
        {tooLarge && <p role="alert">{t('files.tooLarge', { size: sizeText(content.size), most: sizeText(LARGEST) })}</p>}
        <Field label={t('files.name')} hint={t('files.nameHint')}>
          <Input disabled={file !== undefined} maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t('api.folder')}>
          <SuggestInput
            options={foldersOf(cases.data?.cases ?? [])}
            placeholder="shop/orders"
            value={folder}
            onChange={(event) => setFolder(event.target.value)}
          />
        </Field>
        <Field label={t('files.for')}>
          <Select
            value={visibility}
            onChange={setVisibility}
            options={VISIBILITIES.map((value) => ({ value, label: t(`visibility.${ApiVisibility[value] as 'ALL'}`) }))}
          />
        </Field>
        {put.error && <Problem error={put.error} />}
      </div>
    </Modal>
  );
}
