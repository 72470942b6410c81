import { createClient } from '@connectrpc/connect';
import { useQuery } from '@connectrpc/connect-query';
import { useEffect, useMemo } from 'react';
import { pauseAfter, sleep } from '../../feed/backOff';
import { RunService, type Run } from '../../gen/orbit/v1/runs_pb';
import { useSession } from '../../session/SessionProvider';
import { Pictures } from '../../ui/pictures';
import { isOver } from '../state';
import { StepLog } from './stepLog';

/** The logs of an attempt's steps, and when they are to be drawn again. */
export interface Logs {
  logs: StepLog[];
  pictures: Pictures;
  error: unknown;
  pending: boolean;
}

/** Milliseconds between two pictures of a log that grows. */
const USUAL = 125;
const SELDOM_OF_A_FLOOD = 375;
/** Lines between two pictures that nobody can follow with the eye. */
const FLOOD = 100;

/** The logs that are known, and their pictures: of a flood fewer are drawn, since each one lays out, shapes and throws away every line in sight. */
function drawn(): { known: Map<string, StepLog>; pictures: Pictures } {
  const known = new Map<string, StepLog>();
  const count = () => [...known.values()].reduce((sum, log) => sum + log.lines, 0);
  let before = 0;
  let seldom = USUAL;
  const pictures = new Pictures(() => seldom);
  pictures.subscribe(() => {
    const now = count();
    seldom = now - before > FLOOD ? SELDOM_OF_A_FLOOD : USUAL;
    before = now;
  });
  return { known, pictures };
}

/** The logs of an attempt's steps, in their order. While `following` names a step, its log grows as it is written. */
export function useLogs(run: Run, attempt: number, following: string | undefined): Logs {
  const { transport } = useSession();
  const client = useMemo(() => createClient(RunService, transport), [transport]);
  const live = attempt === run.attempts.length && !isOver(run.status);
  const list = useQuery(RunService.method.listLogs, { runId: run.id, attempt }, { refetchInterval: live ? 2000 : false });
  const { known, pictures } = useMemo(() => drawn(), [client, run.id, attempt]);
  useEffect(
    () => () => {
      for (const log of known.values()) log.dispose();
    },
    [known],
  );

  const { refetch } = list;
  useEffect(() => {
    if (isOver(run.status)) void refetch(); // the last lines
  }, [run.status, refetch]);

  const steps = (list.data?.logs ?? []).map((one) => one.step).join('\n');
  const logs = useMemo(
    () =>
      (steps === '' ? [] : steps.split('\n')).map((step) => {
        let log = known.get(step);
        if (!log) known.set(step, (log = new StepLog({ client, runId: run.id, attempt, step }, pictures.changed)));
        return log;
      }),
    [known, steps],
  );

  useEffect(() => {
    for (const one of list.data?.logs ?? []) known.get(one.step)?.known(Number(one.lines), one.complete);
  }, [list.data, known, logs]);

  const followed = following === undefined ? undefined : logs.find((log) => log.source.step === following);
  useEffect(() => {
    if (!followed || followed.complete) return;
    const stop = new AbortController();
    void (async () => {
      for (let failures = 0; !stop.signal.aborted && !followed.complete; failures++) {
        try {
          await followed.follow(stop.signal);
          failures = 0;
        } catch {
          // The way back is the same as the way in; the page's own mark says that the server is away.
        }
        await sleep(pauseAfter(failures), stop.signal);
      }
    })();
    return () => stop.abort();
  }, [followed]);

  return { logs, pictures, error: list.error, pending: list.isPending };
}
