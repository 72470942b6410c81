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
