import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Input, InputNumber, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentUpgradeService, type AgentPackage } from '../gen/orbit/v1/agent_upgrades_pb';
import type { Agent } from '../gen/orbit/v1/agents_pb';
import { SettingService, type Setting } from '../gen/orbit/v1/settings_pb';
import { Loading, Problem } from '../ui/bits';
import { Field, parseLabels } from '../ui/Field';
import { durationText } from '../ui/time';
import { planOf, type UpgradePlan } from './upgradePlan';

/** Asks how to upgrade, and says which agents would be upgraded in which stage. */
export function StartUpgrade({ agents, packages, onClose }: { agents: Agent[]; packages: AgentPackage[]; onClose: () => void }) {
  const { t } = useTranslation();
  const settings = useQuery(SettingService.method.listSettings);
  return (
    <>
      {settings.data ? (
        <Dialog agents={agents} packages={packages} settings={settings.data.settings} onClose={onClose} />
      ) : (
        <Modal open title={t('upgrades.start')} footer={null} onCancel={onClose}>
          {settings.error ? <Problem error={settings.error} /> : <Loading />}
        </Modal>
      )}
    </>
  );
}

interface Parts {
  agents: Agent[];
  packages: AgentPackage[];
  settings: Setting[];
  onClose: () => void;
}

function Dialog({ agents, packages, settings, onClose }: Parts) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const start = useMutation(AgentUpgradeService.method.startAgentUpgrade);
  const [labels, setLabels] = useState(textOf(settings, 'agent_upgrade_labels'));
  const [canaries, setCanaries] = useState(numberOf(settings, 'agent_upgrade_canaries'));
  const [sharePercent, setShare] = useState(numberOf(settings, 'agent_upgrade_share_percent'));
  const [pauseS, setPause] = useState(numberOf(settings, 'agent_upgrade_pause_s'));
  const wish = { labels: parseLabels(labels), canaries, sharePercent };
  const plan = planOf(agents, packages, wish);
  const nothing = plan.canary.length + plan.share.length + plan.rest.length === 0;
  const begin = async () => {
    const upgrade = await start.mutateAsync({ ...wish, pauseS: BigInt(pauseS) }).catch(() => undefined);
    if (!upgrade) return;
    await client.invalidateQueries();
    onClose();
    void navigate({ to: '/agents', search: { tab: 'upgrades', upgrade: Number(upgrade.id) } });
  };
  return (
    <Modal
      open
      title={t('upgrades.startTitle', { version: packages[0]?.version ?? '' })}
      okText={t('upgrades.start')}
      okButtonProps={{ disabled: nothing }}
      cancelText={t('common.cancel')}
      confirmLoading={start.isPending}
      onOk={() => void begin()}
      onCancel={onClose}
      width={640}
    >
      <div className="stack">
        <Field label={t('upgrades.onlyLabels')} hint={t('upgrades.onlyLabelsHint')}>
          <Input value={labels} placeholder="pool=lab" onChange={(event) => setLabels(event.target.value)} />
        </Field>
        <div className="row wrap" style={{ alignItems: 'flex-start' }}>
          <Field label={t('upgrades.canaries')}>
            <InputNumber min={0} max={1000} value={canaries} onChange={(value) => setCanaries(value ?? 0)} />
          </Field>
          <Field label={t('upgrades.share')}>
            <InputNumber min={1} max={100} value={sharePercent} onChange={(value) => setShare(value ?? 1)} />
          </Field>
          <Field label={t('upgrades.pause')}>
            <InputNumber min={0} max={604_800} value={pauseS} onChange={(value) => setPause(value ?? 0)} />
          </Field>
        </div>
        <Preview plan={plan} pauseS={pauseS} nothing={nothing} />
        {start.error && <Problem error={start.error} />}
      </div>
    </Modal>
  );
}

/** Who is upgraded when, in words. */
function Preview({ plan, pauseS, nothing }: { plan: UpgradePlan; pauseS: number; nothing: boolean }) {
  const { t } = useTranslation();
  const stages = [
    { name: t('upgrades.stage.CANARY'), agents: plan.canary },
    { name: t('upgrades.stage.SHARE'), agents: plan.share },
    { name: t('upgrades.stage.ALL'), agents: plan.rest },
  ].filter((stage) => stage.agents.length > 0);
  return (
    <section className="stack" style={{ gap: 6 }} aria-label={t('upgrades.willHappen')}>
      <h2>{t('upgrades.willHappen')}</h2>
      {nothing ? (
        <p>{t('upgrades.nobody')}</p>
      ) : (
        <>
          <ol className="stack" style={{ gap: 4 }}>
            {stages.map((stage, at) => (
              <li key={stage.name}>
                <b>{at + 1}.</b> {stage.name}: {t('upgrades.agents', { count: stage.agents.length })}{' '}
                <span className="dim">{firstOf(stage.agents)}</span>
              </li>
            ))}
          </ol>
          <p className="dim">{t('upgrades.willHappenHint', { pause: durationText(pauseS * 1000) })}</p>
        </>
      )}
      {plan.current.length > 0 && <p className="dim">{t('upgrades.haveIt', { count: plan.current.length })}</p>}
      {plan.passedOver.length > 0 && (
        <p className="tone-warn">{t('upgrades.cannot', { count: plan.passedOver.length, names: firstOf(plan.passedOver) })}</p>
      )}
    </section>
  );
}

const firstOf = (names: string[]) => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');

const kindOf = (settings: Setting[], key: string) => settings.find((one) => one.key === key)?.value?.kind;

function numberOf(settings: Setting[], key: string): number {
  const kind = kindOf(settings, key);
  return kind?.case === 'numberValue' ? kind.value : 0;
}

function textOf(settings: Setting[], key: string): string {
  const kind = kindOf(settings, key);
  return kind?.case === 'stringValue' ? kind.value : '';
}
