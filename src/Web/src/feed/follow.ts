import { Code, ConnectError } from '@connectrpc/connect';
import { pauseAfter, sleep } from './backOff';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'refused' | 'ended';

/** A server stream that can be resumed. */
export interface Followed<T> {
  /** Opens the stream after what was applied. */
  open(signal: AbortSignal): AsyncIterable<T>;
  apply(message: T): void;
  /** The server no longer knows the position: forget all and begin anew. */
  startOver(): void;
  onConnection(connection: Connection, cause?: ConnectError): void;
  /** True when a stream that ends without an error is to be left at that. */
  endsByItself?: boolean;
}

export interface FollowOptions {
  /** A stream that is silent for so long is dead: three heartbeats of 15 seconds. */
  silence?: number;
  pause?: (failures: number, signal: AbortSignal) => Promise<void>;
  /** Set by the follower: cuts a pause or a doubtful stream short. */
  onWake?: (wake: (staleAfter: number) => void) => void;
}

const HOPELESS = new Set([Code.Unauthenticated, Code.PermissionDenied, Code.NotFound, Code.InvalidArgument, Code.Unimplemented]);

/** Follows a stream until `signal` aborts, opening it again after every loss. */
export async function follow<T>(feed: Followed<T>, signal: AbortSignal, options: FollowOptions = {}): Promise<void> {
  const silence = options.silence ?? 45_000;
  const pause = options.pause ?? ((failures, ends) => sleep(pauseAfter(failures), ends));
  let failures = 0;
  let attempt = new AbortController();
  let waiting = new AbortController();
  let heard = performance.now();
  options.onWake?.((staleAfter) => {
    waiting.abort();
    if (performance.now() - heard > staleAfter) attempt.abort();
  });

  while (!signal.aborted) {
    feed.onConnection(failures === 0 ? 'connecting' : 'reconnecting');
    attempt = new AbortController();
    heard = performance.now();
    const watchdog = setInterval(() => {
      if (performance.now() - heard > silence) attempt.abort();
    }, 1000);
    let cause: ConnectError | undefined;
    try {
      for await (const message of feed.open(AbortSignal.any([signal, attempt.signal]))) {
        if (signal.aborted) return;
        heard = performance.now();
        failures = 0;
        feed.onConnection('live');
        feed.apply(message);
      }
      if (feed.endsByItself) {
        feed.onConnection('ended');
        return;
      }
    } catch (error) {
      cause = ConnectError.from(error);
    } finally {
      clearInterval(watchdog);
    }
    if (signal.aborted) return;
    if (cause && HOPELESS.has(cause.code)) {
      feed.onConnection('refused', cause);
      return;
    }
    if (cause?.code === Code.OutOfRange) {
      feed.startOver();
    }
    failures++;
    feed.onConnection('reconnecting', cause);
    waiting = new AbortController();
    await pause(failures - 1, AbortSignal.any([signal, waiting.signal]));
  }
}
