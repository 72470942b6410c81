import type { Client } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import type { RunService } from '../../gen/orbit/v1/runs_pb';
import { LineBytes } from './lineBytes';
import { BLOCK, StepLog } from './stepLog';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A log that a server holds, sent in pieces of `size` bytes. */
function logOf(text: string, size: number): { log: StepLog; reads: bigint[] } {
  const reads: bigint[] = [];
  const client = {
    followLog: async function* ({ firstLine }: { firstLine: bigint }) {
      reads.push(firstLine);
      const from = text.split('\n').slice(0, Number(firstLine)).join('\n').length + (firstLine > 0n ? 1 : 0);
      const data = bytesOf(text.slice(from));
      for (let at = 0; at < data.length; at += size) yield { data: data.subarray(at, at + size), end: false };
    },
  } as unknown as Client<typeof RunService>;
  return { log: new StepLog({ client, runId: 1n, attempt: 1, step: 'test' }, () => undefined), reads };
}

test('Bytes become lines, however they are cut, and a letter of several bytes stays whole', () => {
  const whole = bytesOf('één\n\n日本\nrest');
  for (let size = 1; size <= whole.length; size++) {
    const lines = new LineBytes(10);
    for (let at = 0; at < whole.length; at += size) lines.take(whole.subarray(at, at + size));
    expect([0, 1, 2, 3, 4].map((n) => lines.text(n))).toEqual(['één', '', '日本', 'rest', undefined]);
    expect(lines.count).toBe(3);
  }
});

test('Lines that begin anew say nothing of those before', () => {
  const lines = new LineBytes(3);
  lines.take(bytesOf('a long one\nanother\nrest'));
  lines.begin(2);
  expect([lines.count, lines.size, lines.hasRest, lines.text(0)]).toEqual([0, 0, false, undefined]);
  expect(lines.take(bytesOf('x\ny\nz\n'))).toBe(4); // full
  expect([lines.text(0), lines.text(1), lines.isFull]).toEqual(['x', 'y', true]);
});

test('A log that is followed shows its end at once, and fetches what stands before when somebody looks', async () => {
  const text = Array.from({ length: 1700 }, (_, n) => `line ${n}`).join('\n');
  const { log, reads } = logOf(text, 997);
  log.known(700, false);
  await log.follow(new AbortController().signal);
  expect(log.rows).toBe(1700);
  expect(log.line(1699)).toBe('line 1699');
  expect(log.line(1000)).toBe('line 1000'); // a whole block that came by
  expect(reads).toEqual([700n]);
  expect(log.line(3)).toBeUndefined();
  expect(log.line(750)).toBeUndefined(); // its block came by without its beginning
  expect(await log.range(498, 502)).toEqual(['line 498', 'line 499', 'line 500', 'line 501', 'line 502']);
  expect(log.line(750)).toBe('line 750');
  expect(reads).toContain(BigInt(BLOCK));
});

test('Of a log without end only so much is kept', async () => {
  const text = Array.from({ length: 40 * BLOCK }, (_, n) => `${n}`.padStart(400, '.')).join('\n') + '\n';
  const { log, reads } = logOf(text, 100_000);
  await log.follow(new AbortController().signal);
  expect(log.lines).toBe(40 * BLOCK);
  expect(log.line(40 * BLOCK - 1)).toMatch(/^\.+19999$/);
  expect(log.line(35 * BLOCK)).toMatch(/17500$/);
  expect(reads).toEqual([0n]);
  expect(log.line(1)).toBeUndefined();
});
