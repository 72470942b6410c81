import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Link } from '@tanstack/react-router';
import { Button, Input, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TestItem } from '../gen/orbit/v1/test_items_pb';
import { TriggerKind, TriggerRuleService, type TriggerRule } from '../gen/orbit/v1/triggers_pb';
import { Problem } from '../ui/bits';
import { When } from '../ui/time';
import { useAct } from '../ui/useAct';

const KINDS = [TriggerKind.NEW_BUILD, TriggerKind.SELECTION, TriggerKind.SCHEDULE];

/** What triggers an item without a person: builds, selections, schedules. */
export function Rules({ item }: { item: TestItem }) {
  const { t } = useTranslation();
  const act = useAct();
  const list = useQuery(TriggerRuleService.method.listTriggerRules, { testItemId: item.id }, { retry: false });
  const create = useMutation(TriggerRuleService.method.createTriggerRule);
  const update = useMutation(TriggerRuleService.method.updateTriggerRule);
  const remove = useMutation(TriggerRuleService.method.deleteTriggerRule);
  const [kind, setKind] = useState(item.jobName ? TriggerKind.NEW_BUILD : TriggerKind.SCHEDULE);
  const [cron, setCron] = useState('0 30 2 ? * MON-FRI');
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isSchedule = kind === TriggerKind.SCHEDULE;
  const preview = useQuery(
    TriggerRuleService.method.previewSchedule,
    { cron, timeZone },
    { enabled: isSchedule && cron.trim() !== '', retry: false },
  );
  const again = () => list.refetch();

  const add = async () => {
    if (
      await act(
        () =>
          create.mutateAsync({
            testItemId: item.id,
            kind,
            cron: isSchedule ? cron : '',
            timeZone: isSchedule ? timeZone : '',
            enabled: true,
          }),
        t('common.saved'),
        t('rules.add'),
      )
    )
      await again();
  };
  const toggle = async (rule: TriggerRule, enabled: boolean) => {
    if (
      await act(
        () =>
          update.mutateAsync({ id: rule.id, kind: rule.kind, cron: rule.cron, timeZone: rule.timeZone, priority: rule.priority, enabled }),
        t('common.saved'),
        t('rules.title'),
      )
    )
      await again();
  };

  return (
    <section className="stack" style={{ gap: 8 }} aria-label={t('rules.title')}>
      <h2>{t('rules.title')}</h2>
      {list.error && <Problem error={list.error} />}
      {(list.data?.rules ?? []).map((rule) => (
        <div key={String(rule.id)} className="row wrap">
          <Switch size="small" aria-label={t('rules.enabled')} checked={rule.enabled} onChange={(enabled) => void toggle(rule, enabled)} />
          <span>{t(`rules.kind.${TriggerKind[rule.kind] as 'NEW_BUILD'}`)}</span>
          {rule.cron && (
            <code>
              {rule.cron} {rule.timeZone}
            </code>
          )}
          {rule.nextAt && (
            <span className="dim">
              {t('rules.next')} <When time={rule.nextAt} />
            </span>
          )}
          {rule.lastRunId > 0n && (
            <Link to="/runs/$runId" params={{ runId: String(rule.lastRunId) }}>
              {t('run.title', { id: String(rule.lastRunId) })}
            </Link>
          )}
          {rule.lastError && <span className="tone-bad">{rule.lastError}</span>}
          <span className="grow" />
          <Button
            size="small"
            onClick={async () => {
              if (await act(() => remove.mutateAsync({ id: rule.id }), t('common.deleted'), t('rules.title'))) await again();
            }}
          >
            {t('common.delete')}
          </Button>
        </div>
      ))}
      {list.data?.rules.length === 0 && <p className="dim">{t('rules.none')}</p>}
      <div className="row wrap">
        <Select
          size="small"
          style={{ width: 200 }}
          aria-label={t('rules.title')}
          value={kind}
          onChange={setKind}
          options={KINDS.map((value) => ({
            value,
            label: t(`rules.kind.${TriggerKind[value] as 'NEW_BUILD'}`),
            disabled: value !== TriggerKind.SCHEDULE && !item.jobName,
          }))}
        />
        {isSchedule && (
          <Input
            size="small"
            className="mono"
            style={{ width: 190 }}
            aria-label={t('rules.cron')}
            value={cron}
            onChange={(event) => setCron(event.target.value)}
          />
        )}
        <Button size="small" onClick={() => void add()}>
          {t('rules.add')}
        </Button>
      </div>
      {isSchedule && preview.data?.next[0] && (
        <p className="dim">
          {t('rules.next')} <When time={preview.data.next[0]} /> ({timeZone})
        </p>
      )}
    </section>
  );
}
