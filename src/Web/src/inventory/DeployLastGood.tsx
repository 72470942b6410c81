import { createClient } from '@connectrpc/connect';
import { useNavigate } from '@tanstack/react-router';
import { App, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { InventoryEntry } from '../gen/orbit/v1/inventory_pb';
import { RunService, Verdict, type Run } from '../gen/orbit/v1/runs_pb';
import { useSession } from '../session/SessionProvider';
import { ErrorText } from '../ui/bits';
import { uniqueKey } from '../ui/random';
import { useAct } from '../ui/useAct';

/** Deploys and tests the build of the newest passed run of the same item; says before which one, and what it overwrites. */
export function DeployLastGood({ entry }: { entry: InventoryEntry }) {
  const { t } = useTranslation();
  const { transport } = useSession();
  const { modal, notification } = App.useApp();
  const act = useAct();
  const navigate = useNavigate();
  const [looking, setLooking] = useState(false);
  const runs = createClient(RunService, transport);

  const deploy = (good: Run) => {
    const idempotencyKey = uniqueKey();
    const title = t('inventory.deployTitle', { service: entry.service });
    modal.confirm({
      title,
      content: (
        <>
          <p>{t('inventory.deployWhat', { build: good.buildNumber, run: String(good.id), item: good.testItemName })}</p>
          {entry.changed > 0 && <p>{t('inventory.deployOver', { count: entry.changed })}</p>}
        </>
      ),
      okText: t('inventory.deploy'),
      okButtonProps: { danger: entry.changed > 0 },
      cancelText: t('common.back'),
      onOk: () =>
        act(
          async () => {
            const run = await runs.triggerDeployTest({
              testItemId: good.testItemId,
              buildInfoId: good.buildId,
              idempotencyKey,
            });
            void navigate({ to: '/runs/$runId', params: { runId: String(run.id) } });
          },
          '',
          title,
        ).then(() => undefined),
    });
  };

  const look = async () => {
    setLooking(true);
    try {
      const last = await runs.getRun({ id: entry.runId });
      const { runs: passed } = await runs.listRuns({ testItemId: last.testItemId, verdict: [Verdict.PASSED], pageSize: 50 });
      const good = passed.find((run) => run.buildId > 0n); // a run without a build deployed nothing
      if (good) deploy(good);
      else notification.info({ title: t('inventory.noGood'), description: t('inventory.noGoodHint', { item: last.testItemName }) });
    } catch (error) {
      notification.error({ title: t('inventory.deploy'), description: <ErrorText error={error} />, duration: 0 });
    } finally {
      setLooking(false);
    }
  };

  return (
    <Button
      size="small"
      type={entry.changed > 0 ? 'primary' : 'default'}
      loading={looking}
      aria-label={t('inventory.deployOf', { service: entry.service, agent: entry.agent })}
      onClick={() => void look()}
    >
      {t('inventory.deploy')}
    </Button>
  );
}
