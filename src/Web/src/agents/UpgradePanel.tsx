import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import {
  AgentUpgradeMemberState,
  AgentUpgradeService,
  AgentUpgradeStage,
  AgentUpgradeState,
  type AgentUpgrade,
  type AgentUpgradeMember,
} from '../gen/orbit/v1/agent_upgrades_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Labels, Loading, Problem } from '../ui/bits';
import { ListTable } from '../ui/ListTable';
import { durationText, When } from '../ui/time';
import { useAct, useAsk } from '../ui/useAct';
import { memberTone, upgradeIsOver, upgradeTone } from './state';

/** One upgrade: how far it is, which agents failed and why, and what can be done about it. */
export function UpgradePanel({ id }: { id: bigint }) {
  const { t } = useTranslation();
  const read = useQuery(
    AgentUpgradeService.method.getAgentUpgrade,
    { id },
    { retry: false, refetchInterval: (query) => (query.state.data && !upgradeIsOver(query.state.data.state) ? 2000 : false) },
  );
  const upgrade = read.data;
  if (!upgrade) return read.error ? <Problem error={read.error} onRetry={() => void read.refetch()} /> : <Loading />;
  const title = t('upgrades.title', { id: String(upgrade.id), version: upgrade.version });
  return (
    <section className="panel" aria-label={title}>
      <div className="head row wrap">
        <h2>{title}</h2>
        <Badge tone={upgradeTone(upgrade.state)} live={upgrade.state === AgentUpgradeState.RUNNING}>
          {t(`upgrades.state.${AgentUpgradeState[upgrade.state] as 'RUNNING'}`)}
        </Badge>
        <span className="dim">{t(`upgrades.stage.${AgentUpgradeStage[upgrade.stage] as 'CANARY'}`)}</span>
        <span className="grow" />
        <UpgradeActions upgrade={upgrade} />
      </div>
      <div className="body stack" style={{ gap: 8 }}>
        {upgrade.reason && (
          <div className={`notice ${upgrade.state === AgentUpgradeState.HALTED ? 'bad' : ''}`} role="status">
            <span style={{ overflowWrap: 'anywhere' }}>{upgrade.reason}</span>
          </div>
        )}
        <UpgradeMeter upgrade={upgrade} />
        <p className="row wrap">
          <span className="num">{t('upgrades.progress', { upgraded: upgrade.upgraded, total: upgrade.total })}</span>
          {upgrade.failed > 0 && <span className="tone-bad num">{t('upgrades.failed', { count: upgrade.failed })}</span>}
          <span className="dim">
            {t('upgrades.how', {
              canaries: upgrade.canaries,
              share: upgrade.sharePercent,
              pause: durationText(Number(upgrade.pauseS) * 1000),
            })}
          </span>
          {Object.keys(upgrade.labels).length > 0 && <Labels labels={upgrade.labels} />}
          {upgrade.nextStageAt && (
            <span>
              {t('upgrades.nextStage')} <When time={upgrade.nextStageAt} />
            </span>
          )}
        </p>
      </div>
      <div className="scroll-x" tabIndex={0}>
        <ListTable
          columns={[
            t('inventory.agent'),
            t('agents.state'),
            t('upgrades.stageOf'),
            { title: t('upgrades.versions'), className: 'hide-small' },
            t('upgrades.text'),
            { title: t('common.when'), className: 'end hide-small' },
          ]}
        >
          {upgrade.members.map((member) => (
            <MemberRow key={String(member.agentId)} member={member} />
          ))}
        </ListTable>
      </div>
    </section>
  );
}

function UpgradeMeter({ upgrade }: { upgrade: AgentUpgrade }) {
  const { t } = useTranslation();
  const { upgraded, failed, total } = upgrade;
  const words = t('upgrades.progress', { upgraded, total });
  return (
    <div className="meter" role="img" aria-label={words} title={words}>
      {upgraded > 0 && <i className="fill-ok" style={{ flex: upgraded }} />}
      {failed > 0 && <i className="fill-bad" style={{ flex: failed }} />}
      <i style={{ flex: Math.max(0, total - upgraded - failed), minWidth: 0 }} />
    </div>
  );
}

function MemberRow({ member }: { member: AgentUpgradeMember }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td>
        <Link to="/agents" search={{ agent: Number(member.agentId) }}>
          {member.agent}
        </Link>
      </td>
      <td>
        <Badge tone={memberTone(member.state)}>{t(`upgrades.member.${AgentUpgradeMemberState[member.state] as 'WAITING'}`)}</Badge>
      </td>
      <td>{t(`upgrades.stage.${AgentUpgradeStage[member.stage] as 'CANARY'}`)}</td>
      <td className="hide-small mono">
        {member.fromVersion}
        {member.toVersion && ` → ${member.toVersion}`}
      </td>
      <td style={{ overflowWrap: 'anywhere' }}>{member.text}</td>
      <td className="end dim hide-small">
        <When time={member.changedAt} />
      </td>
    </tr>
  );
}

function UpgradeActions({ upgrade }: { upgrade: AgentUpgrade }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const act = useAct();
  const ask = useAsk();
  const client = useQueryClient();
  const pause = useMutation(AgentUpgradeService.method.pauseAgentUpgrade);
  const resume = useMutation(AgentUpgradeService.method.resumeAgentUpgrade);
  const abort = useMutation(AgentUpgradeService.method.abortAgentUpgrade);
  const { id, state, failed } = upgrade;
  if (!me.isAdmin || upgradeIsOver(state)) return null;
  const andRead = (call: Promise<unknown>) => call.then(() => client.invalidateQueries());
  const askAbort = () => {
    let reason = '';
    ask(
      {
        title: t('upgrades.abortTitle'),
        what: (
          <div className="stack" style={{ gap: 8 }}>
            <p>{t('upgrades.abortWhat')}</p>
            <Input
              aria-label={t('fleet.why')}
              placeholder={t('fleet.why')}
              maxLength={500}
              onChange={(event) => (reason = event.target.value)}
            />
          </div>
        ),
        ok: t('upgrades.abort'),
        done: t('common.saved'),
      },
      () => andRead(abort.mutateAsync({ id, reason })),
    );
  };
  return (
    <>
      {state === AgentUpgradeState.RUNNING ? (
        <Button title={t('upgrades.pauseWhat')} onClick={() => void act(() => andRead(pause.mutateAsync({ id })), '', t('api.pause'))}>
          {t('api.pause')}
        </Button>
      ) : (
        <Button
          type="primary"
          onClick={() =>
            ask(
              {
                title: t('upgrades.resumeTitle'),
                what: failed > 0 ? t('upgrades.resumeFailed', { count: failed }) : t('upgrades.resumeWhat'),
                ok: t('upgrades.resume'),
                danger: false,
                done: '',
              },
              () => andRead(resume.mutateAsync({ id })),
            )
          }
        >
          {t('upgrades.resume')}
        </Button>
      )}
      <Button danger onClick={askAbort}>
        {t('upgrades.abort')}
      </Button>
    </>
  );
}
