import { create } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Input, InputNumber, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../app/title';
import { JobVersionService } from '../gen/orbit/v1/job_versions_pb';
import { ParameterSetService } from '../gen/orbit/v1/parameter_sets_pb';
import { RollbackPolicy } from '../gen/orbit/v1/plan_pb';
import { NotifyEntrySchema, TestItemService, type NotifyEntry, type TestItem } from '../gen/orbit/v1/test_items_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Labels, Problem } from '../ui/bits';
import { Field, labelsText, listOf, parseLabels } from '../ui/Field';
import { PlayIcon } from '../ui/icons';
import { LinkButton } from '../ui/LinkButton';
import { ListTable } from '../ui/ListTable';
import { SuggestInput } from '../ui/SuggestInput';
import { useAsk } from '../ui/useAct';
import { ItemGate } from './ItemGate';
import { Rules } from './Rules';

/** What people can trigger. */
export function ItemsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.items'));
  const { me } = useSession();
  const ask = useAsk();
  const client = useQueryClient();
  const [editing, setEditing] = useState<TestItem | 'new'>();
  const list = useQuery(TestItemService.method.listTestItems, { pageSize: 1000 });
  const sets = useQuery(ParameterSetService.method.listParameterSets, { pageSize: 1000 });
  const remove = useMutation(TestItemService.method.deleteTestItem);
  const items = list.data?.testItems ?? [];
  const nameOf = new Map(sets.data?.parameterSets.map((set) => [set.id, set.name]));

  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.items')}</h1>
        {me.isAdmin && (
          <Button type="primary" onClick={() => setEditing('new')}>
            {t('items.new')}
          </Button>
        )}
      </header>
      {editing && <ItemDialog item={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      <div className="panel scroll-x" tabIndex={0}>
        <ListTable
          pending={list.isPending}
          empty={
            <Empty title={t('items.none')}>
              <span>{t('items.noneHint')}</span>
              {me.isAdmin ? <Button onClick={() => setEditing('new')}>{t('items.new')}</Button> : <span>{t('agents.askAdmin')}</span>}
            </Empty>
          }
          columns={[
            t('common.name'),
            t('builds.job'),
            t('items.set'),
            { title: t('items.labels'), className: 'hide-small' },
            { title: t('items.pattern'), className: 'hide-small' },
          ]}
          actions
        >
          {items.map((item) => (
            <tr key={String(item.id)}>
              <td>
                <Link to="/runs" search={{ item: Number(item.id) }}>
                  <b>{item.name}</b>
                </Link>{' '}
                {!item.enabled && <Badge>{t('items.off')}</Badge>}
              </td>
              <td>{item.jobName || '–'}</td>
              <td>
                <Link to="/parameters" search={{ set: Number(item.parameterSetId) }}>
                  {nameOf.get(item.parameterSetId) ?? String(item.parameterSetId)}
                </Link>
              </td>
              <td className="hide-small">
                <Labels labels={item.labels} />
              </td>
              <td className="hide-small mono">{item.packagePattern || `*${item.name}*`}</td>
              <td className="end">
                <span className="row" style={{ justifyContent: 'flex-end', gap: 4 }}>
                  {item.enabled && (
                    <LinkButton
                      size="small"
                      icon={<PlayIcon />}
                      to="/trigger"
                      search={{ item: Number(item.id) }}
                      title={t('items.trigger', { name: item.name })}
                      aria-label={t('items.trigger', { name: item.name })}
                    />
                  )}
                  {me.isAdmin && (
                    <>
                      <Button size="small" aria-label={t('items.edit', { name: item.name })} onClick={() => setEditing(item)}>
                        {t('common.edit')}
                      </Button>
                      <Button
                        size="small"
                        danger
                        aria-label={t('items.delete', { name: item.name })}
                        onClick={() =>
                          ask(
                            {
                              title: t('items.delete', { name: item.name }),
                              what: t('items.deleteWhat'),
                              ok: t('common.delete'),
                              done: t('common.deleted'),
                            },
                            async () => {
                              await remove.mutateAsync({ id: item.id });
                              await client.invalidateQueries();
                            },
                          )
                        }
                      >
                        {t('common.delete')}
                      </Button>
                    </>
                  )}
                </span>
              </td>
            </tr>
          ))}
        </ListTable>
      </div>
    </div>
  );
}

function ItemDialog({ item, onClose }: { item: TestItem | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const sets = useQuery(ParameterSetService.method.listParameterSets, { pageSize: 1000 });
  const jobs = useQuery(JobVersionService.method.listJobVersions, { pageSize: 1000 });
  const add = useMutation(TestItemService.method.createTestItem);
  const update = useMutation(TestItemService.method.updateTestItem);
  const [name, setName] = useState(item?.name ?? '');
  const [jobName, setJobName] = useState(item?.jobName ?? '');
  const [set, setSet] = useState(item ? String(item.parameterSetId) : undefined);
  const [labels, setLabels] = useState(labelsText(item?.labels ?? {}));
  const [packagePattern, setPattern] = useState(item?.packagePattern ?? '');
  const [enabled, setEnabled] = useState(item?.enabled ?? true);
  const [agents, setAgents] = useState((item?.agents ?? []).join(', '));
  const [notify, setNotify] = useState<NotifyEntry[]>(item?.notify ?? []);
  const [addresses, setAddresses] = useState((item?.notify ?? []).map((one) => one.address).join(', '));
  const [rollback, setRollback] = useState<RollbackPolicy>(item?.rollback ?? RollbackPolicy.UNSPECIFIED);
  const [newestOnly, setNewestOnly] = useState(item?.newestOnly ?? false);
  const [concurrency, setConcurrency] = useState(item?.concurrency ?? 0);
  const usual = sets.data?.parameterSets.find((one) => one.isDefault);
  const save = async () => {
    const fields = {
      name,
      jobName,
      parameterSetId: BigInt(set ?? usual?.id ?? 0),
      labels: parseLabels(labels),
      packagePattern,
      enabled,
      agents: listOf(agents),
      notify,
      rollback,
      newestOnly,
      concurrency,
    };
    const done = await (item ? update.mutateAsync({ ...fields, id: item.id }) : add.mutateAsync(fields)).catch(() => undefined);
    if (!done) return;
    await client.invalidateQueries();
    onClose();
  };
  const error = add.error ?? update.error;

  return (
    <Modal
      open
      title={item ? t('items.edit', { name: item.name }) : t('items.new')}
      onCancel={onClose}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={add.isPending || update.isPending}
      onOk={() => void save()}
    >
      <div className="stack">
        <Field label={t('common.name')} hint={t('items.nameHint')}>
          <Input autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t('builds.job')} hint={t('items.jobHint')}>
          <SuggestInput
            options={jobs.data?.jobVersions.map((job) => job.jobName) ?? []}
            value={jobName}
            onChange={(event) => setJobName(event.target.value)}
          />
        </Field>
        <Field label={t('items.set')}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            value={set ?? (usual && String(usual.id))}
            onChange={setSet}
            options={(sets.data?.parameterSets ?? []).map((one) => ({ value: String(one.id), label: one.name }))}
          />
        </Field>
        <Field label={t('items.labels')} hint={t('items.labelsHint')}>
          <Input value={labels} placeholder="pool=lab" onChange={(event) => setLabels(event.target.value)} />
        </Field>
        <Field label={t('items.pattern')} hint={t('items.patternHint')}>
          <Input
            className="mono"
            value={packagePattern}
            placeholder={`*${name || 'name'}*`}
            onChange={(event) => setPattern(event.target.value)}
          />
        </Field>
        <Field label={t('items.agents')} hint={t('items.agentsHint')}>
          <Input value={agents} onChange={(event) => setAgents(event.target.value)} />
        </Field>
        <Field label={t('items.notify')} hint={t('items.notifyHint')}>
          <Input
            value={addresses}
            placeholder="team@example.com"
            onChange={(event) => {
              setAddresses(event.target.value);
              // Who was there keeps the rule and language that were chosen.
              setNotify(
                listOf(event.target.value).map(
                  (address) =>
                    notify.find((one) => one.address === address) ??
                    item?.notify.find((one) => one.address === address) ??
                    create(NotifyEntrySchema, { address }),
                ),
              );
            }}
          />
        </Field>
        <Field label={t('items.rollback')}>
          <Select
            value={rollback}
            onChange={setRollback}
            options={[
              RollbackPolicy.UNSPECIFIED,
              RollbackPolicy.NEVER,
              RollbackPolicy.ON_DEPLOY_FAILURE,
              RollbackPolicy.ON_ANY_FAILURE,
            ].map((value) => ({ value, label: t(`rollback.${RollbackPolicy[value] as 'NEVER'}`) }))}
          />
        </Field>
        <Field label={t('items.atATime')} hint={t('items.atATimeHint')}>
          <InputNumber min={0} max={100} value={concurrency} onChange={(value) => setConcurrency(value ?? 0)} />
        </Field>
        <label className="row">
          <Switch size="small" checked={newestOnly} onChange={setNewestOnly} /> {t('items.newestOnly')}
        </label>
        <label className="row">
          <Switch size="small" checked={enabled} onChange={setEnabled} /> {t('items.enabled')}
        </label>
        {item && <Rules item={item} />}
        {item && <ItemGate item={item} />}
        {error && <Problem error={error} />}
      </div>
    </Modal>
  );
}
