import { createConnectQueryKey } from '@connectrpc/connect-query';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { AgentService, type Agent, type ListAgentsResponse } from '../gen/orbit/v1/agents_pb';
import { BuildService } from '../gen/orbit/v1/builds_pb';
import { RunService, type ListActiveRunsResponse, type ListRunsResponse, type Run } from '../gen/orbit/v1/runs_pb';
import type { WatchResponse } from '../gen/orbit/v1/watch_pb';
import { isOver } from '../runs/state';

const activeRuns = createConnectQueryKey({ schema: RunService.method.listActiveRuns, cardinality: 'finite' });
const runLists = createConnectQueryKey({ schema: RunService.method.listRuns, cardinality: undefined });
const oneRun = createConnectQueryKey({ schema: RunService.method.getRun, cardinality: 'finite' });
const agentLists = createConnectQueryKey({ schema: AgentService.method.listAgents, cardinality: undefined });
const buildLists = createConnectQueryKey({ schema: BuildService.method.listBuilds, cardinality: undefined });

/** Everything that changes are told about. */
export const watchedKeys = [activeRuns, runLists, oneRun, agentLists, buildLists];

/** Brings changes into what pages have read, and asks anew for lists that a new row may belong to. */
export function applyChanges(changes: WatchResponse[], client: QueryClient): void {
  let newBuild = false;
  let newRun = false;
  for (const { changed } of changes) {
    if (changed.case === 'run') newRun = applyRun(changed.value, client) || newRun;
    else if (changed.case === 'agent') applyAgent(changed.value, client);
    else if (changed.case === 'build') newBuild = true;
    else if (changed.case === 'removedRunId') newRun = true; // the lists lack it when they are read again
  }
  if (newBuild) void client.invalidateQueries({ queryKey: buildLists });
  if (newRun) void client.invalidateQueries({ queryKey: runLists });
}

/** Returns true when a list may lack the run. */
function applyRun(run: Run, client: QueryClient): boolean {
  client.setQueriesData<ListActiveRunsResponse>({ queryKey: activeRuns }, (list) => list && { ...list, runs: mergeActive(list.runs, run) });
  client.setQueriesData<Run>({ queryKey: oneRun }, (known) => (known?.id === run.id && known.lastSeq <= run.lastSeq ? run : known));
  let missing = false;
  client.setQueriesData<ListRunsResponse | InfiniteData<ListRunsResponse>>({ queryKey: runLists }, (known) => {
    if (!known) return known;
    const pages: ListRunsResponse[] = 'pages' in known ? known.pages : [known];
    if (!pages.some((page) => page.runs.some((other) => other.id === run.id))) {
      missing = true;
      return known;
    }
    const put = (page: ListRunsResponse) => ({ ...page, runs: page.runs.map((other) => newer(other, run)) });
    return 'pages' in known ? { ...known, pages: known.pages.map(put) } : put(known);
  });
  return missing;
}

function newer(known: Run, told: Run): Run {
  return known.id === told.id && known.lastSeq <= told.lastSeq ? told : known;
}

/** The list of what has not ended, oldest first, with a run as it is now. */
export function mergeActive(runs: Run[], run: Run): Run[] {
  const known = runs.find((other) => other.id === run.id);
  if (known && known.lastSeq > run.lastSeq) return runs;
  const others = runs.filter((other) => other.id !== run.id);
  return isOver(run.status) ? others : [...others, run].sort((a, b) => Number(a.id - b.id));
}

function applyAgent(agent: Agent, client: QueryClient): void {
  client.setQueriesData<ListAgentsResponse>({ queryKey: agentLists }, (list) => {
    if (!list || !('agents' in list)) return list;
    const others = list.agents.filter((other) => other.id !== agent.id);
    return { ...list, agents: [...others, agent].sort((a, b) => a.name.localeCompare(b.name)) };
  });
}
