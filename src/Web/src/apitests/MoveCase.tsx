import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService, type ApiItem } from '../gen/orbit/v1/api_library_pb';
import { Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { SuggestInput } from '../ui/SuggestInput';
import { foldersOf } from './folders';

/** A button that moves a case to another folder, as it is stored; what stands in the editor unsaved is not part of it. */
export function MoveCase({ item }: { item: ApiItem }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('api.move')}</Button>
      {open && <MoveDialog item={item} onClose={() => setOpen(false)} />}
    </>
  );
}

function MoveDialog({ item, onClose }: { item: ApiItem; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const cases = useQuery(ApiLibraryService.method.listCases, { pageSize: 1000 });
  const move = useMutation(ApiLibraryService.method.moveCase);
  const [folder, setFolder] = useState(item.folder);
  const save = async () => {
    const moved = await move.mutateAsync({ id: item.id, folder: folder.trim() }).catch(() => undefined);
    if (!moved) return;
    await client.invalidateQueries();
    onClose();
  };
  return (
    <Modal
      open
      title={t('api.moveTitle', { name: item.name })}
      okText={t('api.move')}
      okButtonProps={{ disabled: folder.trim() === item.folder }}
      cancelText={t('common.cancel')}
      confirmLoading={move.isPending}
      onOk={() => void save()}
      onCancel={onClose}
    >
      <div className="stack">
        <Field label={t('api.toFolder')} hint={t('api.toFolderHint')}>
          <SuggestInput
            autoFocus
            options={foldersOf(cases.data?.cases ?? [])}
            value={folder}
            onChange={(event) => setFolder(event.target.value)}
            onPressEnter={() => void save()}
          />
        </Field>
        {move.error && <Problem error={move.error} />}
      </div>
    </Modal>
  );
}
