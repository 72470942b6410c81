import { expect, test } from 'vitest';
import { clientText } from './client';

test('A browser is named as a person would, anything else as it calls itself', () => {
  const chromium = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  expect(clientText(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chromium}`)).toBe('Chrome 140 · Windows');
  expect(clientText(`Mozilla/5.0 (X11; Linux x86_64) ${chromium} Edg/140.0.0.0`)).toBe('Edge 140 · Linux');
  expect(clientText('Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0')).toBe('Firefox 143 · Linux');
  expect(
    clientText(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    ),
  ).toBe('Safari 18 · iOS');
  expect(clientText('orbit-cli/0.1')).toBe('orbit-cli/0.1');
});
