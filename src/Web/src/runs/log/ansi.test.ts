import { expect, test } from 'vitest';
import { plainText, spansOf } from './ansi';

test('Colours hold until they are taken back', () => {
  expect(spansOf('a\x1b[31mb\x1b[1mc\x1b[0md')).toEqual([
    { text: 'a', style: '' },
    { text: 'b', style: 'fg1' },
    { text: 'c', style: 'fg1 bold' },
    { text: 'd', style: '' },
  ]);
});

test('256 colours come close, true colours are left out, and neither eats the next code', () => {
  expect(spansOf('\x1b[38;5;196mx\x1b[38;2;1;2;3;1my')).toEqual([
    { text: 'x', style: 'fg1' },
    { text: 'y', style: 'bold' },
  ]);
});

test('What is no colour is dropped; an overwritten line shows its last text', () => {
  expect(plainText('\x1b]0;title\x07\x1b[2K10 %\r20 %\r\x1b[32m100 %\x1b[0m\r')).toBe('100 %');
  expect(spansOf('plain')).toEqual([{ text: 'plain', style: '' }]);
});
