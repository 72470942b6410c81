import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { AgentState, type Agent } from '../gen/orbit/v1/agents_pb';
import { useSession } from '../session/SessionProvider';
import { Badge, Labels } from '../ui/bits';
import { sizeText } from '../ui/size';
import { minuteText, msOf, When } from '../ui/time';
import { AgentActions } from './AgentActions';
import { CheckPanel, FindingName } from './CheckPanel';
import { checkTone, failing } from './check';
import { agentTone } from './state';

const COLUMNS = 9;

/** An agent, and below it, when opened, what it found on its host. */
export function AgentRow({ agent, opened, onToggle }: { agent: Agent; opened: boolean; onToggle: (open: boolean) => void }) {
  const { t, i18n } = useTranslation();
  const { me } = useSession();
  const name = agent.name;

  return (
    <>
      <tr id={`agent-${agent.id}`} style={opened ? { background: 'var(--accent-bg)' } : undefined}>
        <td>
          <b style={{ whiteSpace: 'nowrap' }}>{name}</b>
          {agent.host && agent.host !== name && <div className="dim">{t('agents.host', { host: agent.host })}</div>}
        </td>
        <td>
          <Badge tone={agentTone(agent.state)}>{t(`agentState.${AgentState[agent.state] as 'ONLINE'}`)}</Badge>
          {agent.state === AgentState.DRAINING && (
            <div className="dim">
              {agent.drainedUntil
                ? t('fleet.until', { time: minuteText(msOf(agent.drainedUntil) ?? 0, i18n.language) })
                : t('fleet.untilResumed')}
            </div>
          )}
          {agent.note && <div className="dim">{agent.note}</div>}
        </td>
        <td>
          <HostState agent={agent} opened={opened} onToggle={onToggle} />
        </td>
        <td>
          {agent.running.length === 0 ? (
            <span className="dim">–</span>
          ) : (
            agent.running.map((id) => (
              <Link key={String(id)} to="/runs/$runId" params={{ runId: String(id) }} style={{ marginRight: 6 }}>
                {t('run.title', { id: String(id) })}
              </Link>
            ))
          )}
        </td>
        <td className="hide-small">
          <Labels labels={agent.labels} />
        </td>
        <td className="hide-small num" style={{ whiteSpace: 'nowrap' }}>
          {t('agents.slotsText', { slots: agent.slots, api: agent.apiSlots })}
        </td>
        <td className="hide-small">
          <div>{agent.platform}</div>
          <div className="dim mono row">
            <span className="clip" style={{ maxWidth: '14ch' }} title={agent.version}>
              {agent.version}
            </span>
            {agent.remoteAddress}
          </div>
        </td>
        <td className="end dim">
          <When time={agent.lastSeenAt} />
        </td>
        <td className="end">{me.isAdmin && <AgentActions agent={agent} />}</td>
      </tr>
      {opened && (
        <tr>
          <td colSpan={COLUMNS} id={`check-${agent.id}`}>
            <CheckPanel agent={agent} />
          </td>
        </tr>
      )}
    </>
  );
}

/** Whether the host is fit for work, at a glance: what failed in words, and how much space is left. */
function HostState({ agent, opened, onToggle }: { agent: Agent; opened: boolean; onToggle: (open: boolean) => void }) {
  const { t } = useTranslation();
  const wrong = failing(agent.check);
  const word = !agent.check ? t('fleet.unchecked') : wrong.length === 0 ? t('fleet.sound') : t('fleet.wrong', { count: wrong.length });
  return (
    <>
      <button
        className="plain"
        aria-expanded={opened}
        aria-controls={`check-${agent.id}`}
        aria-label={t('fleet.checkOf', { name: agent.name, what: word })}
        onClick={() => onToggle(!opened)}
      >
        <span className="row" style={{ gap: 6 }}>
          <span aria-hidden className={`fold${opened ? ' open' : ''}`} />
          <Badge tone={checkTone(agent.check)}>{word}</Badge>
        </span>
      </button>
      {wrong.map((one) => (
        <div key={one.name} className="tone-bad">
          <FindingName name={one.name} />: {one.text}
        </div>
      ))}
      {agent.diskNote ? (
        <div className="tone-warn">{agent.diskNote}</div>
      ) : (
        agent.freeBytes !== undefined && <div className="dim num">{t('fleet.free', { size: sizeText(Number(agent.freeBytes)) })}</div>
      )}
    </>
  );
}
