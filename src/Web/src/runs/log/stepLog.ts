import type { Client } from '@connectrpc/connect';
import type { RunService } from '../../gen/orbit/v1/runs_pb';
import { LineBytes } from './lineBytes';

/** Lines that are fetched and kept together. */
export const BLOCK = 500;
/** Bytes that are kept of a log; the rest is fetched again when somebody looks. */
const MOST_KEPT = 4 * 1024 * 1024;
const MOST_AT_ONCE = 4;
/** Bytes after which a block is cut: lines may be long. */
const BLOCK_BYTES = 4n * 1024n * 1024n;

/** Where the bytes come from. */
export interface LogSource {
  client: Client<typeof RunService>;
  runId: bigint;
  attempt: number;
  step: string;
}

/** The log of one step, of which only the parts that somebody looks at are here. */
export class StepLog {
  /** Whole lines that the server has. */
  lines = 0;
  complete = false;
  error: unknown;
  private readonly blocks = new Map<number, LineBytes>();
  private kept = 0;
  /** The end of the log as it is written; its first line, which need not be a block's first. */
  private tail = new LineBytes(BLOCK);
  private tailFirst = 0;
  /** Lines that are not wanted any more, for the next ones to stand in. */
  private spare: LineBytes | undefined;
  private following: AbortSignal | undefined;
  private readonly asked = new Map<number, AbortController>();

  constructor(
    readonly source: LogSource,
    private readonly changed: () => void,
  ) {}

  /** Lines that can be shown. */
  get rows(): number {
    return this.lines + (this.tail.hasRest ? 1 : 0);
  }

  /** What the server says of the log. While it is followed, its tail knows better. */
  known(lines: number, complete: boolean): void {
    if (this.following) return;
    if (lines > this.lines) {
      this.forget(Math.floor(this.lines / BLOCK)); // it was read while it was short
      this.lines = lines;
      this.beginTail();
    }
    this.complete = complete;
    this.changed();
  }

  /** A line's text; undefined while it is on its way. */
  line(number: number): string | undefined {
    if (number >= this.tailFirst) return this.tail.text(number - this.tailFirst);
    const key = Math.floor(number / BLOCK);
    const block = this.blocks.get(key);
    const text = block?.text(number % BLOCK);
    if (text === undefined) this.ask(key);
    else if (block) {
      this.blocks.delete(key); // the longest unused stand first
      this.blocks.set(key, block);
    }
    return text;
  }

  /** Lines from one to another, fetched where need be. */
  async range(from: number, to: number): Promise<string[]> {
    const lines: string[] = [];
    for (let at = from; at <= to && at < this.rows; at++) {
      const key = Math.floor(at / BLOCK);
      let text = at >= this.tailFirst ? this.tail.text(at - this.tailFirst) : this.blocks.get(key)?.text(at % BLOCK);
      if (text === undefined) {
        const block = await this.fetch(key, new AbortController().signal);
        this.keep(key, block);
        text = block.text(at % BLOCK) ?? '';
      }
      lines.push(text);
    }
    return lines;
  }

  /** Reads what comes after the present end until `signal` aborts or the log is complete. */
  async follow(signal: AbortSignal): Promise<void> {
    const { client, runId, attempt, step } = this.source;
    this.beginTail();
    this.following = signal;
    try {
      for await (const chunk of client.followLog({ runId, attempt, step, firstLine: BigInt(this.lines), follow: true }, { signal })) {
        if (chunk.data.length > 0) this.append(chunk.data);
        if (chunk.end) {
          this.complete = true;
          this.changed();
        }
      }
    } finally {
      if (this.following === signal) this.following = undefined;
    }
  }

  dispose(): void {
    for (const request of this.asked.values()) request.abort();
  }

  private beginTail(): void {
    this.tail = (this.spare ?? new LineBytes(BLOCK)).begin(BLOCK - (this.lines % BLOCK));
    this.spare = undefined;
    this.tailFirst = this.lines;
  }

  private append(data: Uint8Array): void {
    let rest = data;
    for (;;) {
      rest = rest.subarray(this.tail.take(rest));
      this.lines = this.tailFirst + this.tail.count;
      if (!this.tail.isFull) break;
      // A block whose first lines are missing is fetched when somebody looks.
      if (this.tailFirst % BLOCK === 0) this.keep(this.tailFirst / BLOCK, this.tail);
      else this.spare = this.tail;
      this.beginTail();
    }
    this.changed();
  }

  private ask(key: number): void {
    if (this.asked.has(key)) return;
    if (this.asked.size >= MOST_AT_ONCE) {
      const [oldest, request] = this.asked.entries().next().value ?? [];
      request?.abort(); // somebody scrolls fast: what has passed by is not wanted any more
      if (oldest !== undefined) this.asked.delete(oldest);
    }
    const request = new AbortController();
    this.asked.set(key, request);
    this.fetch(key, request.signal)
      .then((block) => {
        this.keep(key, block);
        this.error = undefined;
      })
      .catch((error: unknown) => {
        if (!request.signal.aborted) this.error = error;
      })
      .finally(() => {
        if (this.asked.get(key) === request) this.asked.delete(key);
        this.changed();
      });
  }

  private async fetch(key: number, signal: AbortSignal): Promise<LineBytes> {
    const { client, runId, attempt, step } = this.source;
    const first = key * BLOCK;
    const wanted = Math.min(BLOCK, this.lines - first);
    const enough = new AbortController();
    const block = new LineBytes(wanted);
    try {
      const chunks = client.followLog(
        { runId, attempt, step, firstLine: BigInt(first), limit: BLOCK_BYTES },
        { signal: AbortSignal.any([signal, enough.signal]) },
      );
      for await (const chunk of chunks) {
        block.take(chunk.data);
        if (block.isFull) break;
      }
    } finally {
      enough.abort();
    }
    while (!block.isFull) block.take(NOTHING); // lines beyond the bytes of a block
    return block.trim();
  }

  private keep(key: number, block: LineBytes): void {
    this.forget(key);
    this.blocks.set(key, block);
    this.kept += block.size;
    for (const oldest of this.blocks.keys()) {
      if (this.kept <= MOST_KEPT || oldest === key) break;
      this.forget(oldest);
    }
  }

  private forget(key: number): void {
    const block = this.blocks.get(key);
    if (!block || !this.blocks.delete(key)) return;
    this.kept -= block.size;
    if (block.capacity >= BLOCK) this.spare = block;
  }
}

/** An empty line. */
const NOTHING = new Uint8Array([10]);
