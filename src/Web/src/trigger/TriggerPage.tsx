import type { JsonObject } from '@bufbuild/protobuf';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Input, Select } from 'antd';
import { useEffect, useMemo, useRef, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { triggerRoute } from '../app/router';
import { useTitle } from '../app/title';
import { BuildMark, BuildService, type Build } from '../gen/orbit/v1/builds_pb';
import { JobVersionService } from '../gen/orbit/v1/job_versions_pb';
import { ParameterSetService } from '../gen/orbit/v1/parameter_sets_pb';
import { RunService, type Run } from '../gen/orbit/v1/runs_pb';
import { TestItemService, type TestItem } from '../gen/orbit/v1/test_items_pb';
import { differences, merged } from '../parameters/jsonDiff';
import { useSession } from '../session/SessionProvider';
import { Badge, Empty, Loading, Problem, RunBadge } from '../ui/bits';
import { DiffTable } from '../ui/DiffTable';
import { Field } from '../ui/Field';
import { PlayIcon } from '../ui/icons';
import { uniqueKey } from '../ui/random';
import { When } from '../ui/time';
import { Overrides } from './Overrides';
import './trigger.css';

const LAST_ITEM = 'orbit.lastItem';

/** One choice, one button: what is tested, which build, with which values. Enter triggers. */
export function TriggerPage() {
  const { t } = useTranslation();
  useTitle(t('nav.trigger'));
  const search = triggerRoute.useSearch();
  const navigate = useNavigate({ from: '/trigger' });
  const items = useQuery(TestItemService.method.listTestItems, { pageSize: 1000 });
  const build = useQuery(BuildService.method.getBuild, { id: BigInt(search.build ?? 0) }, { enabled: search.build !== undefined });
  const enabled = useMemo(
    () => (items.data?.testItems ?? []).filter((item) => item.enabled && (!build.data || item.jobName === build.data.jobName)),
    [items.data, build.data],
  );
  const wanted = search.item ?? Number(localStorage.getItem(LAST_ITEM) ?? 0);
  const chosen = enabled.find((item) => Number(item.id) === wanted) ?? enabled[0];

  return (
    <div className="page">
      <header>
        <h1>{t('nav.trigger')}</h1>
      </header>
      {items.error && <Problem error={items.error} onRetry={() => void items.refetch()} />}
      {items.isPending && <Loading />}
      {items.data && enabled.length === 0 && (
        <div className="panel">
          <Empty title={t('trigger.noItems')}>
            <Link to="/items">{t('trigger.makeItem')}</Link>
          </Empty>
        </div>
      )}
      {chosen && (
        <div className="trigger">
          <ul className="panel item-list" aria-label={t('nav.items')}>
            {enabled.map((item) => (
              <li key={String(item.id)}>
                <button
                  className="plain"
                  aria-pressed={item.id === chosen.id}
                  onClick={() => void navigate({ search: (was) => ({ ...was, item: Number(item.id) }), replace: true })}
                >
                  <strong className="clip">{item.name}</strong>
                  <span className="dim clip">{item.jobName || t('trigger.noBuildNeeded')}</span>
                </button>
              </li>
            ))}
          </ul>
          <TriggerForm key={String(chosen.id)} item={chosen} build={build.data} />
        </div>
      )}
    </div>
  );
}

function TriggerForm({ item, build }: { item: TestItem; build: Build | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { me } = useSession();
  const button = useRef<HTMLButtonElement>(null);
  const [key] = useState(uniqueKey);
  const [buildId, setBuildId] = useState<bigint | undefined>(build?.id);
  const [overrides, setOverrides] = useState<JsonObject>({});
  const [wrong, setWrong] = useState(false);
  const [priority, setPriority] = useState(0);
  const [reason, setReason] = useState('');
  const withBuild = item.jobName !== '';
  const version = useQuery(JobVersionService.method.getJobVersion, { jobName: item.jobName }, { enabled: withBuild, retry: false });
  const builds = useQuery(BuildService.method.listBuilds, { jobName: item.jobName, pageSize: 50 }, { enabled: withBuild });
  const set = useQuery(ParameterSetService.method.getParameterSet, { id: item.parameterSetId });
  const last = useQuery(RunService.method.listRuns, { testItemId: item.id, pageSize: 1 });
  const trigger = useMutation(RunService.method.triggerDeployTest);

  const lastRun: Run | undefined = last.data?.runs[0];
  const selectedId = version.data?.buildId || undefined;
  const list = builds.data?.builds ?? [];
  const newest = version.isPending ? undefined : list.find((one) => one.mark !== BuildMark.BAD)?.id;
  const effectiveId = buildId ?? selectedId ?? newest;
  const effective = list.find((one) => one.id === effectiveId) ?? (build?.id === effectiveId ? build : undefined);
  const bad = effective?.mark === BuildMark.BAD;
  const parameters = merged(set.data?.parameters ?? {}, overrides);
  const changes = lastRun && set.data ? differences(lastRun.parameters ?? {}, parameters) : [];
  const ready = !wrong && (!withBuild || effectiveId !== undefined) && (!bad || reason.trim().length >= 3);

  useEffect(() => {
    if (ready) button.current?.focus(); // so that Enter triggers
  }, [ready]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || trigger.isPending) return;
    localStorage.setItem(LAST_ITEM, String(item.id));
    const run = await trigger
      .mutateAsync({
        testItemId: item.id,
        buildInfoId: withBuild ? effectiveId : undefined,
        parameters: Object.keys(overrides).length > 0 ? overrides : undefined,
        priority,
        idempotencyKey: key,
        overrideReason: bad ? reason : undefined,
      })
      .catch(() => undefined);
    if (run) void navigate({ to: '/runs/$runId', params: { runId: String(run.id) } });
  };

  return (
    <form className="panel trigger-form" onSubmit={(event) => void submit(event)}>
      <div className="row wrap">
        <h2 style={{ fontSize: 16 }}>{item.name}</h2>
        {lastRun && (
          <span className="row dim">
            {t('trigger.lastRun')}
            <Link to="/runs/$runId" params={{ runId: String(lastRun.id) }}>
              {t('run.title', { id: String(lastRun.id) })}
            </Link>
            <RunBadge run={lastRun} />
            <When time={lastRun.createdAt} />
          </span>
        )}
      </div>

      {withBuild && (
        <Field
          label={t('trigger.build')}
          hint={
            buildId !== undefined || effectiveId === undefined
              ? undefined
              : selectedId
                ? t('trigger.selectedHint')
                : t('trigger.newestHint')
          }
        >
          <Select
            showSearch={{ optionFilterProp: 'title' }}
            placeholder={builds.isPending ? t('common.loading') : t('trigger.chooseBuild')}
            value={effectiveId === undefined ? undefined : String(effectiveId)}
            onChange={(value: string) => setBuildId(BigInt(value))}
            options={list.map((one) => ({
              value: String(one.id),
              title: `${one.buildNumber} ${one.buildUser} ${one.packagePath}`,
              label: (
                <span className="row">
                  <b>{one.buildNumber}</b>
                  {one.id === selectedId && <Badge tone="run">{t('builds.selected')}</Badge>}
                  {one.mark === BuildMark.BAD && <Badge tone="bad">{t('builds.bad')}</Badge>}
                  {one.mark === BuildMark.GOOD && <Badge tone="ok">{t('builds.good')}</Badge>}
                  <span className="dim clip grow">{one.buildUser}</span>
                  <span className="dim">
                    <When time={one.createdAt} />
                  </span>
                </span>
              ),
            }))}
            notFoundContent={<Empty title={t('trigger.noBuilds', { job: item.jobName })} />}
          />
        </Field>
      )}
      {effective && <div className="dim mono clip">{effective.packagePath}</div>}
      {bad && (
        <Field label={t('trigger.badReason')} hint={effective?.markReason}>
          <Input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
        </Field>
      )}

      <button ref={button} type="submit" className="big-button" disabled={!ready || trigger.isPending}>
        <PlayIcon width="20" height="20" />
        {trigger.isPending
          ? t('trigger.sending')
          : effective
            ? t('trigger.goBuild', { item: item.name, build: effective.buildNumber })
            : t('trigger.go', { item: item.name })}
      </button>
      <p className="dim">
        {t('trigger.what', {
          labels:
            Object.entries(item.labels)
              .map(([name, value]) => `${name}=${value}`)
              .join(', ') || t('trigger.anyAgent'),
        })}
      </p>
      {trigger.error && <Problem error={trigger.error} />}

      {lastRun && set.data && (
        <section className="stack" style={{ gap: 4 }}>
          <h2>{t('trigger.changes')}</h2>
          {changes.length === 0 ? <p className="dim">{t('trigger.noChanges')}</p> : <DiffTable rows={changes} />}
        </section>
      )}
      {set.data && <Overrides parameters={set.data.parameters ?? {}} admin={me.isAdmin} onChange={setOverrides} onWrong={setWrong} />}
      <Field label={t('details.priority')} hint={t('trigger.priorityHint')}>
        <Select
          style={{ width: 160 }}
          value={priority}
          onChange={setPriority}
          options={[-10, 0, 5, 10].map((value) => ({
            value,
            label: t(`trigger.priority.${value < 0 ? 'low' : value === 0 ? 'usual' : value === 5 ? 'high' : 'highest'}`),
          }))}
        />
      </Field>
      <p className="dim">
        {t('trigger.set')}{' '}
        <Link to="/parameters" search={{ set: Number(item.parameterSetId) }}>
          {set.data?.name} v{set.data?.version}
        </Link>
      </p>
    </form>
  );
}
