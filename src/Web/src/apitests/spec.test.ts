import type { JsonValue } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { formatOf } from './formats';
import { authKindOf, bodyKindOf, checkOf, checkTo, extractOf, extractTo, movedTo, pairsOf, pairsTo, put, stepOf, textOf } from './spec';

test('Every check comes out of its row as it went in', () => {
  const checks: JsonValue[] = [
    { status: 200 },
    { status: '2xx' },
    { status: [200, 404] },
    'body.total > 0 && time_ms < 500',
    { jsonpath: '$.user.name', equals: '{{user}}' },
    { jsonpath: '$.id', equals: '007' },
    { jsonpath: '$.n', equals: '5' },
    { header: 'Location', matches: '^/orders/' },
    { body: { contains: 'paid' } },
    { time_ms: { lt: 500 } },
    { schema: { type: 'object' } },
    { jsonpath: '$.a', gt: 1, lt: 5 },
    { schema: { type: 'object' }, at: '$.items[0]' },
  ];
  expect(checks.map(checkOf).map(checkTo)).toEqual(checks);
  expect(checkOf({ jsonpath: '$.a', gt: 1, lt: 5 }).kind).toBe('other');
  expect(checkTo(checkOf({ header: 'ETag' }))).toEqual({ header: 'ETag', exists: true });
  expect(() => checkTo({ kind: 'other', subject: '', comparison: '', text: '{' })).toThrow();
});

test('A number in quotes stays a text, whatever the form shows', () => {
  expect(textOf('5')).toBe('"5"');
  expect(textOf('five')).toBe('five');
  expect(textOf(5)).toBe('5');
});

test('Extractions keep what the form has no field for', () => {
  const one = { name: 'id', regex: 'id=(\\d+)', group: 1, default: 0, secret: true };
  expect(extractTo(extractOf(one))).toEqual(one);
});

test('Headers stay a map until a name comes twice', () => {
  expect(pairsTo(pairsOf({ A: 'b', N: 5 }), { A: 'b', N: 5 })).toEqual({ A: 'b', N: 5 });
  expect(pairsTo([...pairsOf({ A: 'b' }), ['A', 'c']], { A: 'b' })).toEqual([
    { name: 'A', value: 'b' },
    { name: 'A', value: 'c' },
  ]);
  expect(pairsTo([], { A: 'b' })).toBeUndefined();
});

test('Bodies, authentications and formats of imports are known by what they hold', () => {
  const bodies: (JsonValue | undefined)[] = [undefined, { json: {} }, { raw: 'a', type: 'text/plain' }, { multipart: [] }];
  expect(bodies.map(bodyKindOf)).toEqual(['none', 'json', 'raw', 'other']);
  const auths: (JsonValue | undefined)[] = [undefined, { bearer: 't' }, { api_key: { name: 'k' } }];
  expect(auths.map(authKindOf)).toEqual(['none', 'bearer', 'api_key']);
  expect(put({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 });
  expect(formatOf("curl -X POST 'http://a'")).toBe('curl');
  expect(formatOf('{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}')).toBe('postman');
  expect(formatOf('openapi: 3.1.0\ninfo: {}')).toBe('openapi');
  expect(formatOf('{"log": {"entries": []}}')).toBe('har');
  expect(formatOf('orbit: 1\nname: shop')).toBe('orbit');
});

test('A step moves by hand and by key', () => {
  expect(movedTo(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(movedTo(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
  expect(movedTo(['a'], 0, -1)).toEqual(['a']);
});

test('A case that is added again gets a name of its own', () => {
  expect(stepOf([], 'pay')).toEqual({ case: 'pay' });
  expect(stepOf(['pay', { name: 'pay 2', case: 'pay' }], 'pay')).toEqual({ name: 'pay 3', case: 'pay' });
  expect(stepOf([{ name: 'first', case: 'pay' }], 'pay')).toEqual({ case: 'pay' });
});
