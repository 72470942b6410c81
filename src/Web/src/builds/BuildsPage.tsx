import { useInfiniteQuery, useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { App, Button, Dropdown, Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { buildsRoute } from '../app/router';
import { useTitle } from '../app/title';
import { BuildMark, BuildService, type Build } from '../gen/orbit/v1/builds_pb';
import { JobVersionService, type JobVersion } from '../gen/orbit/v1/job_versions_pb';
import { Badge, CopyButton, Empty, Labels, Problem } from '../ui/bits';
import { PlayIcon } from '../ui/icons';
import { LinkButton } from '../ui/LinkButton';
import { ListTable } from '../ui/ListTable';
import { When } from '../ui/time';
import { useAct } from '../ui/useAct';
import { JobPanel } from './JobPanel';
import { SyncAll } from './SyncAll';

/** What CI announced; which build of a job is selected; what people say of builds. */
export function BuildsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.builds'));
  const search = buildsRoute.useSearch();
  const navigate = useNavigate({ from: '/builds' });
  const set = (part: Partial<typeof search>) => void navigate({ search: (was) => ({ ...was, ...part }), replace: true });
  const versions = useQuery(JobVersionService.method.listJobVersions, { pageSize: 1000 });
  const builds = useInfiniteQuery(
    BuildService.method.listBuilds,
    { jobName: search.job ?? '', buildUser: search.user ?? '', query: search.q ?? '', pageSize: 50, pageToken: '' },
    { pageParamKey: 'pageToken', getNextPageParam: (page) => page.nextPageToken || undefined },
  );
  const rows = builds.data?.pages.flatMap((page) => page.builds) ?? [];
  const jobs = versions.data?.jobVersions ?? [];
  const jobNames = [...new Set([...jobs.map((job) => job.jobName), ...rows.map((row) => row.jobName)])].sort();
  const selected = new Map(jobs.map((job) => [job.jobName, job]));
  const [text, setText] = useState(search.q ?? '');

  useEffect(() => {
    const timer = setTimeout(() => {
      if ((search.q ?? '') !== text) set({ q: text || undefined });
    }, 250);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <div className="page">
      <header>
        <h1 className="grow">{t('nav.builds')}</h1>
        <SyncAll jobs={jobs} />
      </header>
      <div className="filters">
        <Select
          allowClear
          showSearch
          style={{ width: 240 }}
          aria-label={t('builds.job')}
          placeholder={t('builds.allJobs')}
          value={search.job}
          onChange={(job: string | undefined) => set({ job })}
          options={jobNames.map((name) => ({ value: name, label: name }))}
        />
        <Input
          allowClear
          style={{ width: 200 }}
          aria-label={t('builds.user')}
          placeholder={t('builds.user')}
          defaultValue={search.user}
          onPressEnter={(event) => set({ user: event.currentTarget.value || undefined })}
          onBlur={(event) => set({ user: event.currentTarget.value || undefined })}
        />
        <Input
          allowClear
          style={{ width: 240 }}
          aria-label={t('builds.search')}
          placeholder={t('builds.search')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {builds.error && <Problem error={builds.error} onRetry={() => void builds.refetch()} />}
      <div className={jobs.length > 0 ? 'cols wide' : 'cols'}>
        <div className="panel scroll-x" tabIndex={0}>
          <ListTable
            pending={builds.isPending}
            empty={<NoBuilds filtered={Boolean(search.job || search.user || search.q)} />}
            columns={[
              ...(search.job ? [] : [t('builds.job')]),
              t('builds.number'),
              { title: t('builds.user'), className: 'hide-small' },
              { title: t('builds.path'), className: 'hide-small' },
              t('common.when'),
            ]}
            actions
            pages={builds}
          >
            {rows.map((build) => (
              <BuildRow key={String(build.id)} build={build} ofJob={search.job !== undefined} version={selected.get(build.jobName)} />
            ))}
          </ListTable>
        </div>
        <div className="stack">
          {(search.job ? jobs.filter((job) => job.jobName === search.job) : jobs).slice(0, 20).map((job) => (
            <JobPanel key={job.jobName} version={job} />
          ))}
          {search.job && !selected.has(search.job) && <p className="dim">{t('builds.noneSelected', { job: search.job })}</p>}
        </div>
      </div>
    </div>
  );
}

function NoBuilds({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  if (filtered) return <Empty title={t('builds.nothingFits')} />;
  const command = `curl -X POST -H 'Content-Type: application/json' -d '{"JOB_NAME":"SHOP_CORE","BUILD_NUMBER":"1","PACKAGE_PATH":"shop/pass/1","BUILD_USER":"dev@example.com"}' ${location.origin}/api/v1/builds`;
  return (
    <Empty title={t('builds.none')}>
      <span>{t('builds.noneHint')}</span>
      <code style={{ overflowWrap: 'anywhere' }}>{command}</code>
      <CopyButton text={command} label={t('common.copy')} />
    </Empty>
  );
}

/** A build; in the list of one job it does not repeat whose it is. */
function BuildRow({ build, ofJob, version }: { build: Build; ofJob: boolean; version: JobVersion | undefined }) {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const act = useAct();
  const client = useQueryClient();
  const pin = useMutation(BuildService.method.pinBuild);
  const mark = useMutation(BuildService.method.markBuild);
  const select = useMutation(JobVersionService.method.putJobVersion);
  const isSelected = version?.buildId === build.id;
  const again = () => client.invalidateQueries();

  const askReason = (title: string, what: string, next: (reason: string) => Promise<unknown>, done: string) => {
    let reason = '';
    modal.confirm({
      title,
      content: (
        <div className="stack">
          <p>{what}</p>
          <Input
            aria-label={t('builds.reason')}
            placeholder={t('builds.reason')}
            maxLength={500}
            onChange={(event) => (reason = event.target.value)}
          />
        </div>
      ),
      cancelText: t('common.cancel'),
      onOk: async () => {
        if (await act(() => next(reason), done, title)) await again();
      },
    });
  };
  const doSelect = async () => {
    if (
      await act(
        () => select.mutateAsync({ jobName: build.jobName, buildId: build.id }),
        t('builds.selectedDone', { build: build.buildNumber }),
        t('builds.select'),
      )
    )
      await again();
  };
  const setMark = (value: BuildMark, title: string, what: string) =>
    askReason(title, what, (reason) => mark.mutateAsync({ id: build.id, mark: value, reason }), t('common.saved'));
  const clearMark = async () => {
    if (await act(() => mark.mutateAsync({ id: build.id, mark: BuildMark.UNSPECIFIED }), t('common.saved'), t('builds.unmark')))
      await again();
  };
  const setPin = async () => {
    if (await act(() => pin.mutateAsync({ id: build.id, pinned: !build.pinned }), t('common.saved'), t('builds.pin'))) await again();
  };

  return (
    <tr>
      {!ofJob && (
        <td>
          <Link to="/builds" search={{ job: build.jobName }}>
            {build.jobName}
          </Link>
        </td>
      )}
      <td>
        <span className="row" style={{ gap: 5 }}>
          <b>{build.buildNumber}</b>
          {isSelected && <Badge tone="run">{t('builds.selected')}</Badge>}
          {build.mark === BuildMark.BAD && (
            <span title={build.markReason}>
              <Badge tone="bad">{t('builds.bad')}</Badge>
            </span>
          )}
          {build.mark === BuildMark.GOOD && (
            <span title={build.markReason}>
              <Badge tone="ok">{t('builds.good')}</Badge>
            </span>
          )}
          {build.pinned && (
            <span title={build.pinNote || build.pinnedBy}>
              <Badge>{t('builds.pinned')}</Badge>
            </span>
          )}
        </span>
      </td>
      <td className="hide-small">{build.buildUser || '–'}</td>
      <td className="hide-small" style={{ maxWidth: 180 }}>
        <div className="mono clip" title={build.packagePath}>
          {build.packagePath}
        </div>
        {Object.keys(build.labels).length > 0 && <Labels labels={build.labels} />}
      </td>
      <td className="dim">
        <When time={build.createdAt} />
      </td>
      <td className="end">
        <span className="row" style={{ justifyContent: 'flex-end', gap: 4 }}>
          <LinkButton
            size="small"
            icon={<PlayIcon />}
            to="/trigger"
            search={{ build: Number(build.id) }}
            title={t('builds.triggerOne', { build: build.buildNumber })}
            aria-label={t('builds.triggerOne', { build: build.buildNumber })}
          />
          <Dropdown
            trigger={['click']}
            menu={{
              items: [
                {
                  key: 'runs',
                  label: (
                    <Link to="/runs" search={{ build: Number(build.id) }}>
                      {t('builds.runs')}
                    </Link>
                  ),
                },
                ...(isSelected ? [] : [{ key: 'select', label: t('builds.select'), onClick: () => void doSelect() }]),
                { key: 'pin', label: build.pinned ? t('builds.unpin') : t('builds.pin'), onClick: () => void setPin() },
                ...(build.mark === BuildMark.GOOD
                  ? []
                  : [
                      {
                        key: 'good',
                        label: t('builds.markGood'),
                        onClick: () => setMark(BuildMark.GOOD, t('builds.markGood'), t('builds.markGoodWhat')),
                      },
                    ]),
                ...(build.mark === BuildMark.BAD
                  ? []
                  : [
                      {
                        key: 'bad',
                        label: t('builds.markBad'),
                        danger: true,
                        onClick: () => setMark(BuildMark.BAD, t('builds.markBad'), t('builds.markBadWhat')),
                      },
                    ]),
                ...(build.mark === BuildMark.UNSPECIFIED
                  ? []
                  : [{ key: 'clear', label: t('builds.unmark'), onClick: () => void clearMark() }]),
              ],
            }}
          >
            <Button size="small" aria-label={t('builds.actionsOf', { build: build.buildNumber })}>
              ⋯
            </Button>
          </Dropdown>
        </span>
      </td>
    </tr>
  );
}
