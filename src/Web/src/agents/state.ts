import { AgentUpgradeMemberState, AgentUpgradeState } from '../gen/orbit/v1/agent_upgrades_pb';
import { AgentState } from '../gen/orbit/v1/agents_pb';
import type { Tone } from '../runs/state';

const TONES: Record<AgentState, Tone> = {
  [AgentState.UNSPECIFIED]: 'odd',
  [AgentState.ONLINE]: 'ok',
  [AgentState.OFFLINE]: 'bad',
  [AgentState.DRAINING]: 'warn',
  [AgentState.DISABLED]: 'idle',
  [AgentState.QUARANTINED]: 'bad',
};

export const agentTone = (state: AgentState): Tone => TONES[state] ?? 'odd';

const UPGRADE_TONES: Record<AgentUpgradeState, Tone> = {
  [AgentUpgradeState.UNSPECIFIED]: 'odd',
  [AgentUpgradeState.RUNNING]: 'run',
  [AgentUpgradeState.PAUSED]: 'warn',
  [AgentUpgradeState.HALTED]: 'bad',
  [AgentUpgradeState.COMPLETED]: 'ok',
  [AgentUpgradeState.ABORTED]: 'idle',
};

export const upgradeTone = (state: AgentUpgradeState): Tone => UPGRADE_TONES[state] ?? 'odd';

export const upgradeIsOver = (state: AgentUpgradeState): boolean =>
  state === AgentUpgradeState.COMPLETED || state === AgentUpgradeState.ABORTED;

const MEMBER_TONES: Record<AgentUpgradeMemberState, Tone> = {
  [AgentUpgradeMemberState.UNSPECIFIED]: 'odd',
  [AgentUpgradeMemberState.WAITING]: 'idle',
  [AgentUpgradeMemberState.TOLD]: 'run',
  [AgentUpgradeMemberState.UPGRADED]: 'ok',
  [AgentUpgradeMemberState.FAILED]: 'bad',
  [AgentUpgradeMemberState.SKIPPED]: 'warn',
};

export const memberTone = (state: AgentUpgradeMemberState): Tone => MEMBER_TONES[state] ?? 'odd';
