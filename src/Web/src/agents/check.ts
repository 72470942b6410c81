import type { AgentCheck, AgentCheckFinding } from '../gen/orbit/v1/agents_pb';
import type { Tone } from '../runs/state';

/** What is not as it should be, in the order in which the agent looked. */
export const failing = (check: AgentCheck | undefined): AgentCheckFinding[] => check?.findings.filter((one) => !one.ok) ?? [];

/** The findings as they are read: what is wrong first. */
export const wrongFirst = (check: AgentCheck): AgentCheckFinding[] => [...failing(check), ...check.findings.filter((one) => one.ok)];

export const checkTone = (check: AgentCheck | undefined): Tone => (!check ? 'idle' : check.ok ? 'ok' : 'bad');

/** When work is taken again by itself; undefined: when somebody resumes the agent. */
export const drainEnd = (nowMs: number, seconds: number): number | undefined => (seconds > 0 ? nowMs + seconds * 1000 : undefined);
