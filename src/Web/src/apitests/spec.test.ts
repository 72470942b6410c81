import { expect, test } from 'vitest';
import { formOf, movedTo, specOf } from './spec';

test('A case keeps what its form has no field for', () => {
  const spec = {
    description: 'd',
    request: { method: 'POST', url: '/x', timeout_ms: 5, headers: { A: 'b' }, body: { json: { n: 1 } }, auth: { bearer: 't' } },
    assert: [{ status: 200 }],
  };
  expect(specOf(formOf(spec), spec)).toEqual(spec);
  expect(specOf({ ...formOf(spec), method: 'GET', body: '', bearer: '', headers: '' }, spec)).toEqual({
    description: 'd',
    request: { method: 'GET', url: '/x', timeout_ms: 5 },
    assert: [{ status: 200 }],
  });
});

test('A body that is no JSON is sent as it is; a wrong list of checks is named', () => {
  expect(specOf({ ...formOf({}), url: '/x', body: 'a={{b}}' }, {}).request).toMatchObject({ body: { raw: 'a={{b}}' } });
  expect(() => specOf({ ...formOf({}), assert: '[' }, {})).toThrow(/^assert: /);
});

test('A step moves by hand and by key', () => {
  expect(movedTo(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(movedTo(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
  expect(movedTo(['a'], 0, -1)).toEqual(['a']);
});
