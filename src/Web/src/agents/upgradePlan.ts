import { AgentState, type Agent } from '../gen/orbit/v1/agents_pb';
import type { AgentPackage } from '../gen/orbit/v1/agent_upgrades_pb';

/** How an upgrade is wished for. */
export interface UpgradeWish {
  labels: Record<string, string>;
  canaries: number;
  sharePercent: number;
}

/** What an upgrade would do, by names of agents. */
export interface UpgradePlan {
  canary: string[];
  share: string[];
  rest: string[];
  /** They run the offered package already. */
  current: string[];
  /** They cannot exchange their own program, or nothing is offered for their system. */
  passedOver: string[];
}

/** How an agent's program compares with what is offered. */
export type Fit = 'current' | 'other' | 'fixed';

export function fitOf(agent: Agent, packages: AgentPackage[]): Fit {
  const offered = packages.find((one) => one.system === agent.system);
  return !offered ? 'fixed' : offered.sha256 === agent.packageSha256 ? 'current' : 'other';
}

const inContact = (agent: Agent) => agent.state === AgentState.ONLINE || agent.state === AgentState.DRAINING;
const wanted = (agent: Agent) => agent.state !== AgentState.DISABLED && agent.state !== AgentState.QUARANTINED;

/** Puts agents into stages as the control plane does: those in contact first, the share rounded up. */
export function planOf(agents: Agent[], packages: AgentPackage[], wish: UpgradeWish): UpgradePlan {
  const meant = agents
    .filter((agent) => wanted(agent) && Object.entries(wish.labels).every(([key, value]) => agent.labels[key] === value))
    .sort((a, b) => Number(inContact(b)) - Number(inContact(a)) || Number(a.id - b.id));
  const named = (fit: Fit) => meant.filter((agent) => fitOf(agent, packages) === fit).map((agent) => agent.name);
  const due = named('other');
  const first = Math.min(wish.canaries, due.length);
  const second = Math.max(first, Math.ceil(due.length * (wish.sharePercent / 100)));
  return {
    canary: due.slice(0, first),
    share: due.slice(first, second),
    rest: due.slice(second),
    current: named('current'),
    passedOver: named('fixed'),
  };
}

/** Agents that run the same program. */
export interface Program {
  version: string;
  fit: Fit;
  agents: string[];
}

/** Who runs what: most used first. */
export function programsOf(agents: Agent[], packages: AgentPackage[]): Program[] {
  const programs = new Map<string, Program>();
  for (const agent of agents) {
    const fit = fitOf(agent, packages);
    const key = `${agent.version} ${fit}`;
    const program = programs.get(key) ?? { version: agent.version, fit, agents: [] };
    program.agents.push(agent.name);
    programs.set(key, program);
  }
  return [...programs.values()].sort((a, b) => b.agents.length - a.agents.length || a.version.localeCompare(b.version));
}
