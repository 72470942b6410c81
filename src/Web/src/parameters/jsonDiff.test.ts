import { expect, test } from 'vitest';
import { differences, merged, objectWith, typedValue, valueAt } from './jsonDiff';

test('Differences are named by path', () => {
  expect(differences({ a: 1, test: { dir: '/t', timeout_s: 5 } }, { test: { dir: '/t', timeout_s: 6 }, l: [1] })).toEqual([
    { path: 'a', before: 1, after: undefined },
    { path: 'l', before: undefined, after: [1] },
    { path: 'test.timeout_s', before: 5, after: 6 },
  ]);
});

test('Overrides are laid over a set key by key, and null takes a key away', () => {
  expect(merged({ env: { A: '1', B: '2' }, keep: 3 }, { env: { A: '9' }, keep: null })).toEqual({ env: { A: '9', B: '2' } });
  expect(objectWith('test.env.X', 'y')).toEqual({ test: { env: { X: 'y' } } });
  expect(valueAt({ test: { env: { X: 'y' } } }, 'test.env.X')).toBe('y');
});

test('What is typed is JSON where it can be, and text where not', () => {
  expect([typedValue('5'), typedValue('true'), typedValue('lab'), typedValue('[1]')]).toEqual([5, true, 'lab', [1]]);
});
