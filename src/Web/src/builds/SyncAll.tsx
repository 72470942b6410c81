import { useMutation } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { JobVersionService, type JobVersion } from '../gen/orbit/v1/job_versions_pb';
import { useAsk } from '../ui/useAct';

/** Selects the newest build now for every job that follows its newest. */
export function SyncAll({ jobs }: { jobs: JobVersion[] }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const sync = useMutation(JobVersionService.method.syncAllJobVersions);
  const behind = jobs.filter((job) => job.autoSync && job.newestBuildId > 0n && job.newestBuildId !== job.buildId);
  if (behind.length === 0) return null;
  const names = behind.map((job) => job.jobName);
  return (
    <Button
      onClick={() =>
        ask(
          {
            title: t('builds.syncAll'),
            what: t('builds.syncAllWhat', { jobs: names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : '') }),
            ok: t('builds.syncNow'),
            danger: false,
            done: t('builds.synced'),
          },
          async () => {
            await sync.mutateAsync({});
            await client.invalidateQueries();
          },
        )
      }
    >
      {t('builds.syncAll')}
    </Button>
  );
}
