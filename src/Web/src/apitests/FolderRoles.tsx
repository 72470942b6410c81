import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiLibraryService } from '../gen/orbit/v1/api_library_pb';
import { FolderRole, FolderRoleService, type FolderRoleEntry } from '../gen/orbit/v1/folder_roles_pb';
import { UserService } from '../gen/orbit/v1/users_pb';
import { useSession } from '../session/SessionProvider';
import { Empty, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { ListTable } from '../ui/ListTable';
import { SuggestInput } from '../ui/SuggestInput';
import { When } from '../ui/time';
import { useAsk } from '../ui/useAct';
import { foldersOf } from './folders';

const ROLES = [FolderRole.VIEWER, FolderRole.RUNNER, FolderRole.EDITOR] as const;
/** The person of an entry that holds for all who have none of their own. */
const EVERYBODY = '*';
/** Enough to notice that somebody has written a name. */
const ADDRESS = /^[^\s@]+@[^\s@]+$/;
const nameOf = (role: FolderRole) => FolderRole[role] as 'VIEWER';

/** Who may see, run and change the cases of a folder. */
export function FolderRoles() {
  const { t } = useTranslation();
  const { me } = useSession();
  const [edited, setEdited] = useState<FolderRoleEntry | 'new'>();
  const list = useQuery(FolderRoleService.method.listFolderRoles, {}, { retry: false });
  const entries = list.data?.entries ?? [];
  const add = <Button onClick={() => setEdited('new')}>{t('folderRoles.new')}</Button>;
  return (
    <>
      <div className="row wrap">
        <p className="dim grow">{t('folderRoles.about')}</p>
        {me.isAdmin && entries.length > 0 && add}
      </div>
      {edited && <RoleDialog entry={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={
            list.error ? undefined : (
              <Empty title={t('folderRoles.none')}>
                <span>{t('folderRoles.noneHint')}</span>
                {me.isAdmin ? add : <span>{t('agents.askAdmin')}</span>}
              </Empty>
            )
          }
          columns={[
            t('api.folder'),
            t('folderRoles.person'),
            t('folderRoles.role'),
            { title: t('pools.changed'), className: 'hide-small' },
          ]}
          actions={me.isAdmin}
        >
          {entries.map((entry) => (
            <RoleRow key={`${entry.folder}\n${entry.person}`} entry={entry} onEdit={() => setEdited(entry)} />
          ))}
        </ListTable>
      </div>
    </>
  );
}

function RoleRow({ entry, onEdit }: { entry: FolderRoleEntry; onEdit: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const ask = useAsk();
  const client = useQueryClient();
  const remove = useMutation(FolderRoleService.method.deleteFolderRole);
  const { folder, person } = entry;
  const who = person === EVERYBODY ? t('folderRoles.everybody') : person;
  const name = `${folder || t('folderRoles.all')}, ${who}`;
  return (
    <tr>
      <td>{folder ? <b className="mono">{folder}</b> : <b>{t('folderRoles.all')}</b>}</td>
      <td style={{ overflowWrap: 'anywhere' }}>{who}</td>
      <td>
        <b>{t(`folderRole.${nameOf(entry.role)}`)}</b> <span className="dim hide-small">{t(`folderRoleWhat.${nameOf(entry.role)}`)}</span>
      </td>
      <td className="hide-small dim">
        {entry.updatedBy} <When time={entry.updatedAt} />
      </td>
      {me.isAdmin && (
        <td className="end">
          <span className="row" style={{ justifyContent: 'flex-end' }}>
            <Button size="small" aria-label={t('items.edit', { name })} onClick={onEdit}>
              {t('common.edit')}
            </Button>
            <Button
              size="small"
              danger
              aria-label={t('items.delete', { name })}
              onClick={() =>
                ask(
                  {
                    title: t('items.delete', { name }),
                    what: t('folderRoles.deleteWhat'),
                    ok: t('common.delete'),
                    done: t('common.deleted'),
                  },
                  async () => {
                    await remove.mutateAsync({ folder, person });
                    await client.invalidateQueries();
                  },
                )
              }
            >
              {t('common.delete')}
            </Button>
          </span>
        </td>
      )}
    </tr>
  );
}

function RoleDialog({ entry, onClose }: { entry: FolderRoleEntry | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const cases = useQuery(ApiLibraryService.method.listCases, { pageSize: 1000 });
  const users = useQuery(UserService.method.listUsers, { pageSize: 1000 }, { retry: false });
  const put = useMutation(FolderRoleService.method.putFolderRole);
  const [folder, setFolder] = useState(entry?.folder ?? '');
  const [person, setPerson] = useState(entry?.person === EVERYBODY ? '' : (entry?.person ?? ''));
  const [everybody, setEverybody] = useState(entry?.person === EVERYBODY);
  const [role, setRole] = useState<FolderRole>(entry?.role ?? FolderRole.VIEWER);
  const save = async () => {
    const saved = await put
      .mutateAsync({ folder: folder.trim(), person: everybody ? EVERYBODY : person.trim(), role })
      .catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onClose();
  };
  return (
    <Modal
      open
      title={entry ? t('items.edit', { name: entry.folder || t('folderRoles.all') }) : t('folderRoles.new')}
      okText={t('common.save')}
      okButtonProps={{ disabled: !everybody && !ADDRESS.test(person.trim()) }}
      cancelText={t('common.cancel')}
      confirmLoading={put.isPending}
      onOk={() => void save()}
      onCancel={onClose}
    >
      <div className="stack">
        <Field label={t('api.folder')} hint={t('folderRoles.folderHint')}>
          <SuggestInput
            options={foldersOf(cases.data?.cases ?? [])}
            placeholder="shop/orders"
            disabled={entry !== undefined}
            value={folder}
            onChange={(event) => setFolder(event.target.value)}
          />
        </Field>
        <label className="row">
          <Switch size="small" disabled={entry !== undefined} checked={everybody} onChange={setEverybody} /> {t('folderRoles.forEverybody')}
        </label>
        {!everybody && (
          <Field label={t('folderRoles.person')} hint={t('folderRoles.personHint')}>
            <SuggestInput
              options={users.data?.users.map((user) => user.email) ?? []}
              disabled={entry !== undefined}
              value={person}
              onChange={(event) => setPerson(event.target.value)}
            />
          </Field>
        )}
        <Field label={t('folderRoles.role')} hint={t(`folderRoleWhat.${nameOf(role)}`)}>
          <Select value={role} onChange={setRole} options={ROLES.map((value) => ({ value, label: t(`folderRole.${nameOf(value)}`) }))} />
        </Field>
        {put.error && <Problem error={put.error} />}
      </div>
    </Modal>
  );
}
