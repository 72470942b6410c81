/** Milliseconds before the next attempt: full jitter over a window that doubles from half a second to half a minute. */
export function pauseAfter(failures: number, random: () => number = Math.random): number {
  const window = Math.min(30_000, 500 * 2 ** Math.min(failures, 10));
  return Math.max(100, random() * window);
}

/** Waits, or less when `signal` aborts. Never rejects. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener('abort', finish, { once: true });
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    }
  });
}
