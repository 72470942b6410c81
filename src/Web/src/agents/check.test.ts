import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { AgentCheckSchema } from '../gen/orbit/v1/agents_pb';
import { checkTone, drainEnd, failing, wrongFirst } from './check';

const found = create(AgentCheckSchema, {
  ok: false,
  findings: [
    { name: 'disk', ok: true, text: '12 GB free' },
    { name: 'clock', ok: false, text: '90 s ahead' },
    { name: 'tools', ok: false, text: 'no unzip' },
  ],
});

test('What is wrong with a host comes first, and alone into the list of agents', () => {
  expect(failing(found).map((one) => one.name)).toEqual(['clock', 'tools']);
  expect(wrongFirst(found).map((one) => one.name)).toEqual(['clock', 'tools', 'disk']);
});

test('A host that was never looked at is neither fit nor unfit', () => {
  expect(failing(undefined)).toEqual([]);
  expect([undefined, found, create(AgentCheckSchema, { ok: true })].map(checkTone)).toEqual(['idle', 'bad', 'ok']);
});

test('A drain without a length ends when somebody says so', () => {
  expect(drainEnd(5_000, 0)).toBeUndefined();
  expect(drainEnd(5_000, 60)).toBe(65_000);
});
