import { clone, create as newMessage } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Input, Modal, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CreateBatchRequestSchema } from '../gen/orbit/v1/api_batches_pb';
import { BatchScheduleService, type BatchSchedule } from '../gen/orbit/v1/batch_schedules_pb';
import { TriggerRuleService } from '../gen/orbit/v1/triggers_pb';
import { useSession } from '../session/SessionProvider';
import { Empty, Problem } from '../ui/bits';
import { Field } from '../ui/Field';
import { ListTable } from '../ui/ListTable';
import { dateTimeText, msOf, When } from '../ui/time';
import { useAct, useAsk } from '../ui/useAct';
import { choiceOf, requestOf, runsNothing } from './batchChoice';
import { BatchFields } from './BatchFields';

/** Batches that begin by the clock. */
export function Schedules() {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<BatchSchedule | 'new'>();
  const list = useQuery(BatchScheduleService.method.listBatchSchedules, { pageSize: 1000 }, { retry: false, refetchInterval: 15_000 });
  const schedules = list.data?.batchSchedules ?? [];
  return (
    <>
      <div className="row">
        <p className="dim grow">{t('schedules.about')}</p>
        <Button type="primary" onClick={() => setEdited('new')}>
          {t('schedules.new')}
        </Button>
      </div>
      {edited && <ScheduleDialog schedule={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={
            <Empty title={t('schedules.none')}>
              <span>{t('schedules.noneHint')}</span>
              <Button onClick={() => setEdited('new')}>{t('schedules.new')}</Button>
            </Empty>
          }
          columns={[
            t('api.on'),
            t('common.name'),
            t('schedules.when'),
            t('schedules.next'),
            t('schedules.last'),
            { title: t('schedules.owner'), className: 'hide-small' },
          ]}
          actions
        >
          {schedules.map((one) => (
            <ScheduleRow key={String(one.id)} schedule={one} onEdit={() => setEdited(one)} />
          ))}
        </ListTable>
      </div>
    </>
  );
}

function ScheduleRow({ schedule, onEdit }: { schedule: BatchSchedule; onEdit: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const act = useAct();
  const ask = useAsk();
  const client = useQueryClient();
  const update = useMutation(BatchScheduleService.method.updateBatchSchedule);
  const remove = useMutation(BatchScheduleService.method.deleteBatchSchedule);
  const mine = me.isAdmin || schedule.owner === me.email;
  const { id, name } = schedule;
  return (
    <tr>
      <td>
        <Switch
          size="small"
          disabled={!mine}
          checked={schedule.enabled}
          aria-label={t('schedules.isOn', { name })}
          onChange={async (enabled) => {
            if (await act(() => update.mutateAsync({ id, enabled }), t('common.saved'), name)) await client.invalidateQueries();
          }}
        />
      </td>
      <td>
        <b>{name}</b>
      </td>
      <td>
        <code>{schedule.cron}</code> <span className="dim">{schedule.timeZone}</span>
      </td>
      <td>{schedule.enabled && schedule.nextAt ? <When time={schedule.nextAt} /> : <span className="dim">–</span>}</td>
      <td>
        {schedule.lastBatchId > 0n && (
          <Link to="/api-tests/batches/$batchId" params={{ batchId: String(schedule.lastBatchId) }}>
            {t('api.batch')} {String(schedule.lastBatchId)}
          </Link>
        )}
        {schedule.lastProblem && <div className="tone-bad">{schedule.lastProblem}</div>}
        {schedule.lastBatchId === 0n && !schedule.lastProblem && <span className="dim">–</span>}
      </td>
      <td className="hide-small">{schedule.owner}</td>
      <td className="end">
        {mine && (
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
                    what: t('schedules.deleteWhat'),
                    ok: t('common.delete'),
                    done: t('common.deleted'),
                  },
                  async () => {
                    await remove.mutateAsync({ id });
                    await client.invalidateQueries();
                  },
                )
              }
            >
              {t('common.delete')}
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}

function ScheduleDialog({ schedule, onClose }: { schedule: BatchSchedule | undefined; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const create = useMutation(BatchScheduleService.method.createBatchSchedule);
  const update = useMutation(BatchScheduleService.method.updateBatchSchedule);
  const [name, setName] = useState(schedule?.name ?? '');
  const [cron, setCron] = useState(schedule?.cron ?? '0 0 3 ? * *');
  const [timeZone, setTimeZone] = useState(schedule?.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [choice, setChoice] = useState(() => choiceOf(schedule?.batch));
  const preview = useQuery(
    TriggerRuleService.method.previewSchedule,
    { cron, timeZone },
    { enabled: cron.trim() !== '', retry: false, placeholderData: (was) => was },
  );
  const error = create.error ?? update.error;
  const save = async () => {
    // What the form has no field for stays.
    const before = schedule?.batch ? clone(CreateBatchRequestSchema, schedule.batch) : newMessage(CreateBatchRequestSchema);
    const batch = Object.assign(before, requestOf(choice));
    const saved = await (
      schedule ? update.mutateAsync({ id: schedule.id, cron, timeZone, batch }) : create.mutateAsync({ name, cron, timeZone, batch })
    ).catch(() => undefined);
    if (!saved) return;
    await client.invalidateQueries();
    onClose();
  };
  return (
    <Modal
      open
      title={schedule ? t('items.edit', { name: schedule.name }) : t('schedules.new')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => void save()}
      confirmLoading={create.isPending || update.isPending}
      okButtonProps={{ disabled: runsNothing(choice) || name.trim() === '' }}
      width={640}
    >
      <div className="stack">
        <Field label={t('common.name')} hint={t('schedules.nameHint')}>
          <Input value={name} disabled={schedule !== undefined} onChange={(event) => setName(event.target.value)} />
        </Field>
        <div className="two-fields">
          <Field label={t('schedules.cron')} hint={t('schedules.cronHint')}>
            <Input className="mono" value={cron} onChange={(event) => setCron(event.target.value)} />
          </Field>
          <Field label={t('schedules.zone')}>
            <Input value={timeZone} onChange={(event) => setTimeZone(event.target.value)} />
          </Field>
        </div>
        {preview.error ? (
          <Problem error={preview.error} />
        ) : (
          <p className="dim num">
            {t('schedules.next')}:{' '}
            {(preview.data?.next ?? [])
              .slice(0, 3)
              .map((time) => dateTimeText(msOf(time) ?? 0, i18n.language))
              .join(' · ') || '–'}
          </p>
        )}
        <BatchFields choice={choice} onChange={setChoice} />
        {error && <Problem error={error} />}
      </div>
    </Modal>
  );
}
