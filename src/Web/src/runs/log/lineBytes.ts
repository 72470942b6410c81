const NEWLINE = 10;
const decoder = new TextDecoder();
/** Bytes to begin with, and those that are not kept for lines that may be short again. */
const SMALL = 1 << 14;
const LARGE = 1 << 20;

/** Lines as they came, in bytes: text is made only of those that somebody looks at. */
export class LineBytes {
  /** Whole lines. */
  count = 0;
  private bytes = new Uint8Array(SMALL);
  private used = 0;
  private readonly ends: Uint32Array;

  constructor(private most: number) {
    this.ends = new Uint32Array(most);
  }

  /** Forgets its lines and takes others, at most as many as it was made for: the memory is used again, which the browser frees but seldom. */
  begin(most: number): this {
    this.most = Math.min(most, this.ends.length);
    this.count = this.used = 0;
    if (this.bytes.length > LARGE) this.bytes = new Uint8Array(SMALL);
    return this;
  }

  /** Bytes that it holds. */
  get size(): number {
    return this.used;
  }

  /** Lines that it was made for. */
  get capacity(): number {
    return this.ends.length;
  }

  get isFull(): boolean {
    return this.count === this.most;
  }

  /** True when something follows the last whole line. */
  get hasRest(): boolean {
    return this.used > this.endOf(this.count - 1);
  }

  /** Takes bytes until it is full; returns how many it took. */
  take(data: Uint8Array): number {
    let at = 0;
    while (!this.isFull) {
      const newline = data.indexOf(NEWLINE, at);
      if (newline < 0) {
        at = data.length;
        break;
      }
      at = newline + 1;
      this.ends[this.count++] = this.used + at;
    }
    if (this.used + at > this.bytes.length) this.resize(Math.max(this.used + at, 2 * this.bytes.length));
    this.bytes.set(data.subarray(0, at), this.used);
    this.used += at;
    return at;
  }

  /** A line without its end; the one after the last whole line is what there is of it. */
  text(line: number): string | undefined {
    if (line > this.count || (line === this.count && !this.hasRest)) return undefined;
    const end = line === this.count ? this.used : this.endOf(line) - 1;
    return decoder.decode(this.bytes.subarray(this.endOf(line - 1), end));
  }

  /** Gives back what it does not need. */
  trim(): this {
    if (this.bytes.length > this.used) this.resize(this.used);
    return this;
  }

  private endOf(line: number): number {
    return line < 0 ? 0 : (this.ends[line] ?? 0);
  }

  private resize(size: number): void {
    const larger = new Uint8Array(size);
    larger.set(this.bytes.subarray(0, this.used));
    this.bytes = larger;
  }
}
