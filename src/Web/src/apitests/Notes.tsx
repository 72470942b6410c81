import { useInfiniteQuery, useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiBatchService, type FailureNote } from '../gen/orbit/v1/api_batches_pb';
import { useSession } from '../session/SessionProvider';
import { Empty, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';
import { useAsk } from '../ui/useAct';

/** What people know of causes of failures: a known issue, or who sees to it. */
export function Notes() {
  const { t } = useTranslation();
  const { me } = useSession();
  const [mine, setMine] = useState(false);
  const [edited, setEdited] = useState<FailureNote>();
  const list = useInfiniteQuery(
    ApiBatchService.method.listFailureNotes,
    { assignedTo: mine ? me.email : '', pageSize: 100, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined, retry: false },
  );
  const notes = list.data?.pages.flatMap((page) => page.notes) ?? [];
  return (
    <>
      <div className="row wrap">
        <p className="dim grow">{t('notes.about')}</p>
        <label className="row">
          <Switch size="small" checked={mine} onChange={setMine} /> {t('notes.mine')}
        </label>
      </div>
      {edited && <NoteDialog fingerprint={edited.fingerprint} note={edited} onClose={() => setEdited(undefined)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={<Empty title={mine ? t('notes.noneOfMine') : t('notes.none')}>{t('notes.noneHint')}</Empty>}
          columns={[
            t('notes.cause'),
            t('notes.issue'),
            t('notes.assigned'),
            t('notes.text'),
            { title: t('common.when'), className: 'end hide-small' },
          ]}
          actions
          pages={list}
        >
          {notes.map((note) => (
            <tr key={note.fingerprint}>
              <td className="mono">{note.fingerprint}</td>
              <td>
                <Issue issue={note.issue} />
              </td>
              <td>{note.assignedTo || <span className="dim">–</span>}</td>
              <td style={{ overflowWrap: 'anywhere' }}>{note.text}</td>
              <td className="end dim hide-small">
                {note.updatedBy} <When time={note.updatedAt} />
              </td>
              <td className="end">
                <Button size="small" aria-label={t('items.edit', { name: note.fingerprint })} onClick={() => setEdited(note)}>
                  {t('common.edit')}
                </Button>
              </td>
            </tr>
          ))}
        </ListTable>
      </div>
    </>
  );
}

/** An address leads there; a number is only said. */
export function Issue({ issue }: { issue: string }) {
  if (!issue) return <span className="dim">–</span>;
  return /^https?:\/\//.test(issue) ? (
    <a href={issue} target="_blank" rel="noreferrer">
      {issue.replace(/^https?:\/\//, '')}
    </a>
  ) : (
    <>{issue}</>
  );
}

/** A note in one line, where its cause is shown. */
export function NoteLine({ note }: { note: FailureNote }) {
  const { t } = useTranslation();
  return (
    <span className="dim">
      {note.issue && <Issue issue={note.issue} />} {note.assignedTo && t('notes.seenToBy', { person: note.assignedTo })} {note.text}
    </span>
  );
}

interface Noted {
  fingerprint: string;
  note: FailureNote | undefined;
  /** The batch at which it is noted: the note is for those who may read it. Left out, it stays where it is. */
  batchId?: bigint;
  onClose: () => void;
}

export function NoteDialog({ fingerprint, note, batchId = 0n, onClose }: Noted) {
  const { t } = useTranslation();
  const { me } = useSession();
  const ask = useAsk();
  const client = useQueryClient();
  const put = useMutation(ApiBatchService.method.putFailureNote);
  const remove = useMutation(ApiBatchService.method.deleteFailureNote);
  const [text, setText] = useState(note?.text ?? '');
  const [issue, setIssue] = useState(note?.issue ?? '');
  const [assignedTo, setAssigned] = useState(note?.assignedTo ?? '');
  const save = async () => {
    const saved = await put.mutateAsync({ fingerprint, text, issue, assignedTo, batchId: note ? 0n : batchId }).catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onClose();
  };
  return (
    <Modal
      open
      title={t('notes.title', { fingerprint })}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => void save()}
      confirmLoading={put.isPending}
      okButtonProps={{ disabled: `${text}${issue}${assignedTo}`.trim() === '' }}
    >
      <div className="stack">
        <Field label={t('notes.issue')} hint={t('notes.issueHint')}>
          <Input value={issue} maxLength={500} onChange={(event) => setIssue(event.target.value)} />
        </Field>
        <Field label={t('notes.assigned')}>
          <Input
            value={assignedTo}
            maxLength={254}
            onChange={(event) => setAssigned(event.target.value)}
            suffix={
              <button type="button" className="plain link" onClick={() => setAssigned(me.email)}>
                {t('notes.me')}
              </button>
            }
          />
        </Field>
        <Field label={t('notes.text')}>
          <Input.TextArea
            value={text}
            maxLength={2000}
            autoSize={{ minRows: 2, maxRows: 8 }}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
        {put.error && <Problem error={put.error} />}
        {note && (
          <Button
            danger
            size="small"
            style={{ alignSelf: 'flex-start' }}
            onClick={() =>
              ask(
                {
                  title: t('notes.remove'),
                  what: t('notes.removeWhat'),
                  ok: t('common.delete'),
                  done: t('common.deleted'),
                },
                async () => {
                  await remove.mutateAsync({ fingerprint });
                  await client.invalidateQueries();
                  onClose();
                },
              )
            }
          >
            {t('notes.remove')}
          </Button>
        )}
      </div>
    </Modal>
  );
}
