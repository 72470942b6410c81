import { createClient } from '@connectrpc/connect';
import { useQuery } from '@connectrpc/connect-query';
import { useEffect, useMemo, useReducer, useRef } from 'react';
import { pauseAfter, sleep } from '../../feed/backOff';
import { RunService, type Run } from '../../gen/orbit/v1/runs_pb';
import { useSession } from '../../session/SessionProvider';
import { isOver } from '../state';
import { StepLog } from './stepLog';

/** The logs of an attempt's steps, in their order. While `following` names a step, its log grows as it is written. */
export function useLogs(run: Run, attempt: number, following: string | undefined): { logs: StepLog[]; error: unknown; pending: boolean } {
  const { transport } = useSession();
  const [, render] = useReducer((count: number) => count + 1, 0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const drawnAt = useRef(0);
  const known = useRef(new Map<string, StepLog>());
  const live = attempt === run.attempts.length && !isOver(run.status);
  const list = useQuery(
    RunService.method.listLogs,
    { runId: run.id, attempt },
    { refetchInterval: live ? 2000 : false, placeholderData: (was) => was },
  );
  const client = useMemo(() => createClient(RunService, transport), [transport]);
  const changed = useMemo(
    () => () => {
      // Soon after a quiet time; eight times a second while lines keep coming.
      const wait = Math.max(16, drawnAt.current + 125 - performance.now());
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        drawnAt.current = performance.now();
        render();
      }, wait);
    },
    [],
  );

  useEffect(() => {
    const logs = known.current;
    return () => {
      for (const log of logs.values()) log.dispose();
      logs.clear();
    };
  }, [run.id, attempt]);

  const { refetch } = list;
  useEffect(() => {
    if (isOver(run.status)) void refetch(); // the last lines
  }, [run.status, refetch]);

  const logs = (list.data?.logs ?? []).map((one) => {
    let log = known.current.get(one.step);
    if (!log) {
      log = new StepLog({ client, runId: run.id, attempt, step: one.step }, changed);
      known.current.set(one.step, log);
    }
    return log;
  });

  useEffect(() => {
    for (const one of list.data?.logs ?? []) {
      // The follower knows better than a list that was read before; it begins where the first list ended, not at the beginning.
      const log = known.current.get(one.step);
      if (log && (one.step !== following || one.complete || log.rows === 0)) log.known(Number(one.lines), one.complete);
    }
  }, [list.data, following]);

  const present = following !== undefined && logs.some((log) => log.source.step === following);
  useEffect(() => {
    const log = following === undefined ? undefined : known.current.get(following);
    if (!log || log.complete) return;
    const stop = new AbortController();
    void (async () => {
      for (let failures = 0; !stop.signal.aborted && !log.complete; failures++) {
        try {
          await log.follow(stop.signal);
          failures = 0;
        } catch {
          // The way back is the same as the way in; the page's own mark says that the server is away.
        }
        await sleep(pauseAfter(failures), stop.signal);
      }
    })();
    return () => stop.abort();
  }, [following, present]);

  return { logs, error: list.error, pending: list.isPending };
}
