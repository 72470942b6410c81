import { createClient, type ConnectError } from '@connectrpc/connect';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useFeed } from '../feed/FeedProvider';
import { follow, type Connection } from '../feed/follow';
import { RunService, type Run, type RunEvent } from '../gen/orbit/v1/runs_pb';
import { useSession } from '../session/SessionProvider';
import { RunFold } from './runFold';
import { isOver } from './state';

const PAGE = 10_000;
/** Milliseconds: what comes together is shown together. */
const SOON = 16;
/** Milliseconds between two pictures. */
const SELDOM = 125;

/** A run that keeps itself up to date while its page can be seen. */
export class LiveRun {
  readonly fold = new RunFold();
  connection: Connection = 'connecting';
  error: ConnectError | undefined;
  private version = 0;
  private readonly listeners = new Set<() => void>();
  private frame: ReturnType<typeof setTimeout> | undefined;
  private stop: AbortController | undefined;
  private loading = false;
  private toldAt = 0;

  constructor(
    readonly id: bigint,
    private readonly client: ReturnType<typeof createClient<typeof RunService>>,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): number => this.version;

  /** The run as the feed or an action told it. A run that goes on after its end is followed again. */
  offer(run: Run): void {
    const before = this.fold.run;
    this.fold.offer(run);
    if (this.fold.run !== before) this.changed();
    if (!this.stop && !this.error && document.visibilityState === 'visible' && !isOver(run.status)) this.start();
  }

  start(): void {
    if (this.stop) return;
    const stop = new AbortController();
    this.stop = stop;
    void follow<RunEvent>(
      {
        open: (signal) => this.client.watchRun({ runId: this.id, afterSeq: this.fold.seq }, { signal }),
        apply: (event) => {
          this.fold.apply(event);
          this.changed();
        },
        startOver: () => {
          this.fold.seq = 0n;
        },
        onConnection: (connection, cause) => {
          this.connection = connection;
          this.error = connection === 'refused' ? cause : undefined;
          this.changed();
        },
        endsByItself: true,
      },
      stop.signal,
    ).then(() => {
      if (this.stop === stop) this.stop = undefined;
    });
  }

  pause(): void {
    this.stop?.abort();
    this.stop = undefined;
  }

  /** Tells listeners soon after a quiet time, and at most eight times a second while events keep coming. */
  private changed(): void {
    const wait = Math.max(SOON, this.toldAt + SELDOM - performance.now());
    this.frame ??= setTimeout(() => {
      this.frame = undefined;
      this.toldAt = performance.now();
      this.version++;
      for (const listener of this.listeners) listener();
      void this.readAgain();
    }, wait);
  }

  /** Reads what events only hint at. */
  private async readAgain(): Promise<void> {
    if (this.loading || !(this.fold.testsStale || this.fold.runStale)) return;
    this.loading = true;
    try {
      if (this.fold.runStale) {
        this.fold.runStale = false;
        this.fold.offer(await this.client.getRun({ id: this.id }));
      }
      if (this.fold.testsStale) {
        this.fold.testsStale = false;
        let pageToken = '';
        do {
          const page = await this.client.listRunTests({ runId: this.id, pageSize: PAGE, pageToken, brief: true });
          this.fold.load(page.tests);
          pageToken = page.nextPageToken;
        } while (pageToken);
      }
      this.changed();
    } catch {
      setTimeout(() => {
        this.fold.testsStale = true;
        this.changed();
      }, 2000);
    } finally {
      this.loading = false;
    }
  }
}

/** Follows a run; the returned object is the same for as long as the id is, and the component renders anew with each change. */
export function useRun(id: bigint): LiveRun {
  const { transport } = useSession();
  const { onChanges } = useFeed();
  const [live, setLive] = useState(() => new LiveRun(id, createClient(RunService, transport)));
  if (live.id !== id) setLive(new LiveRun(id, createClient(RunService, transport)));

  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === 'visible') live.start();
      else live.pause();
    };
    const unsubscribe = onChanges((changes) => {
      for (const { changed } of changes) if (changed.case === 'run' && changed.value.id === live.id) live.offer(changed.value);
    });
    live.start();
    document.addEventListener('visibilitychange', seen);
    return () => {
      document.removeEventListener('visibilitychange', seen);
      unsubscribe();
      live.pause();
    };
  }, [live, onChanges]);

  useSyncExternalStore(live.subscribe, live.snapshot);
  return live;
}
