import { createClient, type Transport } from '@connectrpc/connect';
import { WatchService, type WatchResponse } from '../gen/orbit/v1/watch_pb';
import { follow, type Connection } from './follow';

/** What the feed tells a page. Sent between threads as it is. */
export type FeedMessage =
  | { type: 'changes'; changes: WatchResponse[] }
  | { type: 'connection'; connection: Connection; signedOut: boolean }
  /** The history is gone: what was read before may be old. */
  | { type: 'startOver' };

/** What a page tells the feed. */
export type FeedRequest = { type: 'hello' } | { type: 'goodbye' } | { type: 'wake' } | { type: 'restart' };

/** Changes that arrive within this time are told together, in milliseconds. */
const TOGETHER = 40;

/**
 * The one stream of changes of a whole browser. Lives in a shared worker, so that a dozen tabs need one connection;
 * where there are none, every page has its own.
 */
export class BrowserFeed {
  private last = 0n;
  private connection: Connection = 'connecting';
  private signedOut = false;
  private running: AbortController | undefined;
  private wake: (staleAfter: number) => void = () => {};
  private gathered: WatchResponse[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly tell: (message: FeedMessage) => void,
  ) {}

  /** What somebody who comes later must know. */
  get state(): FeedMessage {
    return { type: 'connection', connection: this.connection, signedOut: this.signedOut };
  }

  start(): void {
    if (this.running) return;
    this.connection = 'connecting'; // what an earlier session was told is over
    this.signedOut = false;
    void this.run();
  }

  stop(): void {
    this.running?.abort();
    this.running = undefined;
  }

  /** A page became visible, the network came back, somebody pressed "now": do not wait any longer. */
  hurry(): void {
    this.wake(20_000);
    if (!this.running) this.start();
  }

  /** Somebody signed in: the old stream, if any, was another session's. */
  restart(): void {
    this.stop();
    this.start();
  }

  private async run(): Promise<void> {
    const running = new AbortController();
    this.running = running;
    const client = createClient(WatchService, this.transport);
    await follow<WatchResponse>(
      {
        open: (signal) => client.watch({ topics: [], after: this.last }, { signal }),
        apply: (message) => this.take(message),
        startOver: () => {
          this.last = 0n;
          this.tell({ type: 'startOver' });
        },
        onConnection: (connection, cause) => this.connected(connection, cause !== undefined && connection === 'refused'),
      },
      running.signal,
      { onWake: (wake) => (this.wake = wake) },
    );
    if (this.running === running) this.running = undefined;
  }

  private take(message: WatchResponse): void {
    if (message.sequence > this.last) this.last = message.sequence;
    if (message.changed.case === undefined) return;
    this.gathered.push(message);
    if (this.gathered.length === 1) {
      setTimeout(() => {
        const changes = this.gathered;
        this.gathered = [];
        this.tell({ type: 'changes', changes });
      }, TOGETHER);
    }
  }

  private connected(connection: Connection, signedOut: boolean): void {
    if (connection === this.connection && signedOut === this.signedOut) return;
    this.connection = connection;
    this.signedOut = signedOut;
    this.tell(this.state);
  }
}
