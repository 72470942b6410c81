import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { AgentPackageSchema } from '../gen/orbit/v1/agent_upgrades_pb';
import { AgentSchema, AgentState } from '../gen/orbit/v1/agents_pb';
import { planOf, programsOf } from './upgradePlan';

const offered = [create(AgentPackageSchema, { system: 'linux-x64', version: '2.0', sha256: 'new' })];
const agent = (id: number, more: { state?: AgentState; labels?: Record<string, string>; system?: string; packageSha256?: string } = {}) =>
  create(AgentSchema, {
    id: BigInt(id),
    name: `a${id}`,
    state: AgentState.ONLINE,
    version: more.packageSha256 === 'new' ? '2.0' : '1.0',
    system: 'linux-x64',
    packageSha256: 'old',
    ...more,
  });

test('A few agents come first, then a share rounded up, then the rest; who is away comes last', () => {
  const fleet = [agent(1, { state: AgentState.OFFLINE }), agent(2), agent(3), agent(4, { state: AgentState.DRAINING }), agent(5)];
  const plan = planOf(fleet, offered, { labels: {}, canaries: 1, sharePercent: 50 });
  expect(plan).toMatchObject({ canary: ['a2'], share: ['a3', 'a4'], rest: ['a5', 'a1'] });
});

test('Who has it, who cannot, who is shut out and who lacks a label is not upgraded', () => {
  const pool = { pool: 'lab' };
  const fleet = [
    agent(1, { labels: pool }),
    agent(2, { labels: { pool: 'other' } }),
    agent(3, { labels: pool, packageSha256: 'new' }),
    agent(4, { labels: pool, system: '' }),
    agent(5, { labels: pool, state: AgentState.DISABLED }),
  ];
  const plan = planOf(fleet, offered, { labels: pool, canaries: 5, sharePercent: 1 });
  expect(plan).toEqual({ canary: ['a1'], share: [], rest: [], current: ['a3'], passedOver: ['a4'] });
});

test('Agents with one program are told together, the most used first', () => {
  const fleet = [agent(1, { packageSha256: 'new' }), agent(2), agent(3), agent(4, { system: '' })];
  expect(programsOf(fleet, offered)).toEqual([
    { version: '1.0', fit: 'other', agents: ['a2', 'a3'] },
    { version: '1.0', fit: 'fixed', agents: ['a4'] },
    { version: '2.0', fit: 'current', agents: ['a1'] },
  ]);
});
