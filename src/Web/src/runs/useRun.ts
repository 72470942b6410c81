import { createClient, type ConnectError } from '@connectrpc/connect';
import { useEffect, useState } from 'react';
import { useFeed } from '../feed/FeedProvider';
import { follow, type Connection } from '../feed/follow';
import { RunService, type Run, type RunEvent } from '../gen/orbit/v1/runs_pb';
import { useSession } from '../session/SessionProvider';
import { Pictures, usePictures } from '../ui/pictures';
import { RunFold } from './runFold';
import { isOver } from './state';

/** Tests that are read at a time: no more than are unpacked while a key waits. */
const PAGE = 2000;
/** Tests from which on their list is drawn once a second; every picture orders all of them. */
const MANY = 2000;

/** A run that keeps itself up to date while its page can be seen. */
export class LiveRun {
  readonly fold = new RunFold();
  connection: Connection = 'connecting';
  error: ConnectError | undefined;
  /** Of everything but the list of tests. */
  readonly pictures = new Pictures();
  /** Of the list of tests. */
  readonly testPictures = new Pictures(() => (this.fold.tests.size > MANY ? 1000 : 125));
  /** Of what events only hint at: many hints, one reading. */
  private readonly readings = new Pictures(() => (this.fold.tests.size > MANY ? 1000 : 125));
  private runDrawn = 0;
  private testsDrawn = 0;
  private stop: AbortController | undefined;
  private loading = false;

  constructor(
    readonly id: bigint,
    private readonly client: ReturnType<typeof createClient<typeof RunService>>,
  ) {
    this.readings.subscribe(() => void this.readAgain());
  }

  /** The run as the feed or an action told it. A run that goes on after its end is followed again. */
  offer(run: Run): void {
    this.fold.offer(run);
    this.changed();
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
          this.pictures.changed();
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

  private changed(): void {
    const { runVersion, testsVersion } = this.fold;
    if (runVersion !== this.runDrawn) this.pictures.changed();
    if (testsVersion !== this.testsDrawn) this.testPictures.changed();
    this.runDrawn = runVersion;
    this.testsDrawn = testsVersion;
    if (this.fold.testsStale || this.fold.runStale) this.readings.changed();
  }

  /** Reads what events only hint at. */
  private async readAgain(): Promise<void> {
    if (this.loading) return;
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
      this.loading = false;
      this.changed();
    } catch {
      setTimeout(() => {
        this.loading = false;
        this.fold.runStale = this.fold.testsStale = true;
        this.changed();
      }, 2000);
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

  usePictures(live.pictures);
  return live;
}
