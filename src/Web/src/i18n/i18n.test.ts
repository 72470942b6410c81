import { expect, test } from 'vitest';
import { en } from './en';
import { zh } from './zh';

function leaves(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner === 'string' ? [[`${path}${key}`, inner] as [string, string]] : leaves(inner as object, `${path}${key}.`),
  );
}

test('Both languages have the same texts, with the same places for values', () => {
  const chinese = new Map(leaves(zh));
  const places = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((one) => one[1]).sort();
  const wrong = leaves(en).filter(([path, text]) => {
    const other = chinese.get(path);
    return other === undefined || (text !== '' && other === '') || places(text).join() !== places(other).join();
  });
  expect(wrong).toEqual([]);
  expect(chinese.size).toBe(leaves(en).length);
});
