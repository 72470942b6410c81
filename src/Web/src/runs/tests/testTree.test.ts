import { expect, test } from 'vitest';
import { TestOutcome } from '../../gen/orbit/v1/runs_pb';
import type { TestRow } from '../runFold';
import { nameOf, suitesOf } from './testId';
import { countGroups, fits, flatRows, inOrder, isSuite, treeRows } from './testTree';

const row = (id: string, outcome = TestOutcome.PASSED, durationMs = 1): TestRow => ({
  id,
  suites: suitesOf(id),
  outcome,
  durationMs,
  message: '',
  attempt: 1,
  worker: '',
  ordinal: 0,
  flaky: false,
  since: undefined,
});

test('An id is cut at its colons, not within brackets', () => {
  expect(suitesOf('a/test_x.py::TestY::test_z[a::b-1]')).toEqual(['a/test_x.py', 'TestY']);
  expect(nameOf('a/test_x.py::TestY::test_z[a::b-1]')).toBe('test_z[a::b-1]');
  expect([suitesOf('alone[x::y]'), nameOf('alone[x::y]'), nameOf('[::]'), nameOf('a::b')]).toEqual([[], 'alone[x::y]', '[::]', 'b']);
  expect(suitesOf('a.py::one')).toBe(suitesOf('a.py::two[1]')); // kept once
});

test('Suites with failures stand first and open; others stay closed until somebody opens them', () => {
  const many = Array.from({ length: 80 }, (_, n) => row(`a.py::test_${n}`));
  const rows = treeRows([...many, row('b.py::test_bad', TestOutcome.FAILED)], new Map(), false);
  expect(rows.map((one) => (isSuite(one) ? `${one.name} ${one.wrong}/${one.total}` : nameOf(one.id)))).toEqual([
    'b.py 1/1',
    'test_bad',
    'a.py 0/80',
  ]);
  expect(treeRows(many, new Map([['::a.py', true]]), false)).toHaveLength(81);
});

test('20,000 tests are ordered without a pause that a person would notice', () => {
  const many = Array.from({ length: 20_000 }, (_, n) =>
    row(`pkg/test_${n % 400}.py::TestA::test_${n}`, n % 97 === 0 ? TestOutcome.BROKEN : TestOutcome.PASSED, n),
  );
  const began = performance.now();
  treeRows(many, new Map(), true);
  const slowest = flatRows(many, 'slowest');
  expect(performance.now() - began).toBeLessThan(1500);
  expect(slowest[0]).toMatchObject({ durationMs: 19_999 });
});

test('Filters narrow by outcome and text', () => {
  const filter = { outcomes: new Set(['failed'] as const), text: 'pay' };
  expect(fits(row('test_pay', TestOutcome.FAILED), filter)).toBe(true);
  expect(fits(row('test_pay'), filter)).toBe(false);
  expect(fits(row('test_cart', TestOutcome.FAILED), filter)).toBe(false);
  expect(Object.fromEntries(countGroups([row('a'), row('b', TestOutcome.NOT_RUN)]))).toMatchObject({ passed: 1, other: 1, failed: 0 });
});

test('Tests stand in the order in which they were collected, whenever they were told', () => {
  const at = (id: string, ordinal: number) => ({ ...row(id), ordinal });
  expect(inOrder([at('b', 2), at('c', 3), at('a', 1)]).map((one) => one.id)).toEqual(['a', 'b', 'c']);
  expect(inOrder([at('a', 1), at('b', 2), at('x', 2)]).map((one) => one.id)).toEqual(['a', 'b', 'x']);
});
