import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { JobVersionService, type JobVersion } from '../gen/orbit/v1/job_versions_pb';
import { Loading } from '../ui/bits';
import { spanText, When } from '../ui/time';
import { useAct, useAsk } from '../ui/useAct';

/** Seconds between two automatic selections. */
const SPANS = [60, 600, 3600, 21_600, 86_400, 604_800];

/** The selected build of a job: which, by whom, whether it follows the newest, and what was selected before. */
export function JobPanel({ version }: { version: JobVersion }) {
  const { t } = useTranslation();
  const act = useAct();
  const client = useQueryClient();
  const put = useMutation(JobVersionService.method.putJobVersion);
  const sync = useMutation(JobVersionService.method.syncJobVersion);
  const forget = useMutation(JobVersionService.method.deleteJobVersion);
  const ask = useAsk();
  const [open, setOpen] = useState(false);
  const history = useQuery(JobVersionService.method.listJobVersionHistory, { jobName: version.jobName, pageSize: 20 }, { enabled: open });
  const span = Number(version.syncIntervalS);
  const again = () => client.invalidateQueries();
  const behind = version.newestBuildId > 0n && version.newestBuildId !== version.buildId;

  return (
    <section className="panel" aria-label={version.jobName}>
      <div className="head">
        <h2 className="grow clip">{version.jobName}</h2>
        <b className="num">{version.buildNumber || '–'}</b>
      </div>
      <div className="body stack" style={{ gap: 8 }}>
        <p className="dim">
          {version.selectedBy ? t('builds.selectedBy', { who: version.selectedBy }) : t('builds.notSelected')}{' '}
          <When time={version.selectedAt} />
          {behind && <> · {t('builds.behind')}</>}
        </p>
        <label className="row">
          <Switch
            size="small"
            checked={version.autoSync}
            loading={put.isPending}
            onChange={async (autoSync) => {
              if (await act(() => put.mutateAsync({ jobName: version.jobName, autoSync }), t('common.saved'), t('builds.autoSync')))
                await again();
            }}
          />
          <span>{t('builds.autoSync')}</span>
        </label>
        <Select
          size="small"
          aria-label={t('builds.interval')}
          value={span}
          onChange={async (syncIntervalS) => {
            const saved = () => put.mutateAsync({ jobName: version.jobName, syncIntervalS: BigInt(syncIntervalS) });
            if (await act(saved, t('common.saved'), t('builds.interval'))) await again();
          }}
          options={[...new Set([...SPANS, span])]
            .sort((a, b) => a - b)
            .map((value) => ({ value, label: t('builds.every', { span: spanText(value * 1000) }) }))}
        />
        <div className="row wrap" style={{ gap: 4 }}>
          <Button
            size="small"
            loading={sync.isPending}
            disabled={!behind}
            onClick={async () => {
              if (await act(() => sync.mutateAsync({ jobName: version.jobName }), t('builds.synced'), t('builds.syncNow'))) await again();
            }}
          >
            {t('builds.syncNow')}
          </Button>
          <Button size="small" type="text" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t('builds.history')}
          </Button>
          <span className="grow" />
          <Button
            size="small"
            type="text"
            danger
            aria-label={t('builds.forgetOf', { job: version.jobName })}
            onClick={() =>
              ask(
                {
                  title: t('builds.forgetOf', { job: version.jobName }),
                  what: t('builds.forgetWhat'),
                  ok: t('builds.forget'),
                  done: t('common.saved'),
                },
                async () => {
                  await forget.mutateAsync({ jobName: version.jobName });
                  await again();
                },
              )
            }
          >
            {t('builds.forget')}
          </Button>
        </div>
        {open &&
          (history.isPending ? (
            <Loading />
          ) : (
            <ul className="stack" style={{ gap: 3 }}>
              {history.data?.changes.map((change) => (
                <li key={String(change.id)} className="row dim">
                  <span className="num">
                    {change.previousBuildId > 0n ? `#${change.previousBuildId} → ` : ''}#{String(change.buildId)}
                  </span>
                  <span className="clip grow">{change.selectedBy}</span>
                  <When time={change.selectedAt} />
                </li>
              ))}
            </ul>
          ))}
      </div>
    </section>
  );
}
