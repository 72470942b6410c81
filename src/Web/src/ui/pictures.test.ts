import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pictures } from './pictures';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('The first change is shown soon, those that follow it together and seldom, and the last one always', () => {
  const pictures = new Pictures(() => 100);
  const drawn: number[] = [];
  pictures.subscribe(() => drawn.push(performance.now()));
  const began = performance.now();
  for (let n = 0; n < 25; n++) {
    pictures.changed();
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(1000);
  expect(drawn.map((at) => at - began)).toEqual([16, 116, 216, 316]);
  expect(pictures.snapshot()).toBe(4);
});
