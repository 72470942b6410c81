import { Code, ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { pauseAfter } from './backOff';
import { follow, type Connection } from './follow';

interface Message {
  seq: number;
}

/** A server whose streams are written beforehand: messages, then an error or a quiet end. */
function server(streams: { messages: number[]; error?: ConnectError }[]) {
  const asked: number[] = [];
  const applied: number[] = [];
  const connections: Connection[] = [];
  const stop = new AbortController();
  let last = 0;
  const done = follow<Message>(
    {
      open: async function* () {
        asked.push(last);
        const stream = streams.shift();
        if (!stream) {
          stop.abort();
          return;
        }
        for (const seq of stream.messages) yield { seq };
        if (stream.error) throw stream.error;
      },
      apply: ({ seq }) => {
        applied.push(seq);
        last = seq;
      },
      startOver: () => (last = 0),
      onConnection: (connection) => connections.push(connection),
    },
    stop.signal,
    { pause: () => Promise.resolve() },
  );
  return { done, asked, applied, connections };
}

test('A stream that breaks is opened again after the last message', async () => {
  const { done, asked, applied, connections } = server([
    { messages: [5, 7], error: new ConnectError('gone', Code.Unavailable) },
    { messages: [8] },
  ]);
  await done;
  expect(asked).toEqual([0, 7, 8]);
  expect(applied).toEqual([5, 7, 8]);
  expect(connections).toContain('reconnecting');
});

test('A position that the server forgot begins anew', async () => {
  const { done, asked } = server([{ messages: [9], error: new ConnectError('old', Code.OutOfRange) }, { messages: [] }]);
  await done;
  expect(asked.slice(0, 2)).toEqual([0, 0]);
});

test('A session that has ended is not knocked at again', async () => {
  const { done, asked, connections } = server([
    { messages: [], error: new ConnectError('ended', Code.Unauthenticated) },
    { messages: [1] },
  ]);
  await done;
  expect(asked).toHaveLength(1);
  expect(connections.at(-1)).toBe('refused');
});

test('Pauses grow to half a minute, and no two browsers keep step', () => {
  expect(pauseAfter(0, () => 1)).toBe(500);
  expect(pauseAfter(3, () => 1)).toBe(4000);
  expect(pauseAfter(50, () => 1)).toBe(30_000);
  expect(pauseAfter(50, () => 0)).toBe(100);
});
