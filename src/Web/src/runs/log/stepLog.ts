import type { Client } from '@connectrpc/connect';
import type { RunService } from '../../gen/orbit/v1/runs_pb';

/** Lines that are fetched and kept together. */
export const BLOCK = 500;
const MOST_BLOCKS = 240;
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
  /** Whole lines that the server has, and what follows the last of them. */
  lines = 0;
  rest = '';
  complete = false;
  error: unknown;
  private readonly blocks = new Map<number, string[]>();
  private readonly asked = new Map<number, AbortController>();

  constructor(
    readonly source: LogSource,
    private readonly changed: () => void,
  ) {}

  /** Lines that can be shown. */
  get rows(): number {
    return this.lines + (this.rest === '' ? 0 : 1);
  }

  /** What the server says of the log. The present tail may be ahead of it. */
  known(lines: number, complete: boolean): void {
    if (lines > this.lines) {
      this.blocks.delete(Math.floor(this.lines / BLOCK)); // it was read while it was short
      this.rest = '';
      this.lines = lines;
    }
    this.complete = complete;
    this.changed();
  }

  /** A line's text; undefined while it is on its way. */
  line(number: number): string | undefined {
    if (number === this.lines && this.rest !== '') return this.rest;
    const key = Math.floor(number / BLOCK);
    const block = this.blocks.get(key);
    const text = block?.[number % BLOCK];
    if (text === undefined && number < this.lines) this.ask(key);
    else if (block) {
      this.blocks.delete(key); // the longest unused stand first
      this.blocks.set(key, block);
    }
    return text;
  }

  /** Lines from one to another, fetched where need be. */
  async range(from: number, to: number): Promise<string[]> {
    const lines: string[] = [];
    for (let at = from; at <= to;) {
      const key = Math.floor(at / BLOCK);
      if (at >= this.lines) {
        if (this.rest !== '') lines.push(this.rest);
        break;
      }
      const block = this.blocks.get(key) ?? (await this.fetch(key, new AbortController().signal));
      const end = Math.min(to, key * BLOCK + BLOCK - 1);
      lines.push(...block.slice(at % BLOCK, (end % BLOCK) + 1));
      at = end + 1;
    }
    return lines;
  }

  /** Reads what comes after the present end until `signal` aborts or the log is complete. */
  async follow(signal: AbortSignal): Promise<void> {
    const { client, runId, attempt, step } = this.source;
    const first = this.lines;
    const decoder = new TextDecoder();
    this.rest = '';
    for await (const chunk of client.followLog({ runId, attempt, step, firstLine: BigInt(first), follow: true }, { signal })) {
      if (chunk.data.length > 0) this.append(decoder.decode(chunk.data, { stream: true }));
      if (chunk.end) {
        this.complete = true;
        this.changed();
      }
    }
  }

  dispose(): void {
    for (const request of this.asked.values()) request.abort();
  }

  private append(text: string): void {
    const parts = (this.rest + text).split('\n');
    this.rest = parts.pop() ?? '';
    for (const line of parts) {
      const key = Math.floor(this.lines / BLOCK);
      const at = this.lines % BLOCK;
      const block = this.blocks.get(key);
      // Only whole beginnings are kept: a block whose first lines are missing is fetched when somebody looks.
      if (block && block.length === at) block.push(line);
      else if (at === 0) this.keep(key, [line]);
      this.lines++;
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

  private async fetch(key: number, signal: AbortSignal): Promise<string[]> {
    const { client, runId, attempt, step } = this.source;
    const first = key * BLOCK;
    const wanted = Math.min(BLOCK, this.lines - first);
    const decoder = new TextDecoder();
    const enough = new AbortController();
    const lines: string[] = [];
    let rest = '';
    try {
      const chunks = client.followLog(
        { runId, attempt, step, firstLine: BigInt(first), limit: BLOCK_BYTES },
        { signal: AbortSignal.any([signal, enough.signal]) },
      );
      for await (const chunk of chunks) {
        const parts = (rest + decoder.decode(chunk.data, { stream: true })).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts);
        if (lines.length >= wanted) break;
      }
    } finally {
      enough.abort();
    }
    if (lines.length < wanted && rest !== '') lines.push(rest);
    while (lines.length < wanted) lines.push('');
    return lines.slice(0, wanted);
  }

  private keep(key: number, block: string[]): void {
    this.blocks.set(key, block);
    if (this.blocks.size <= MOST_BLOCKS) return;
    const oldest = this.blocks.keys().next().value;
    if (oldest !== undefined) this.blocks.delete(oldest);
  }
}
