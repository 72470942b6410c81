import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faults, openBrowser, signIn, visitor, type Visitor } from './browser';
import { ADMIN, Stage, until } from './stage';

const BUDGET = 350_000;

let stage: Stage;
let browser: Browser;
let run = 0;

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.start(), openBrowser()]);
  await stage.startAgent();
  const item = await stage.gatedItem('shop');
  item.letFail(3);
  for (const build of ['1', '2']) {
    await stage.call('POST', '/api/v1/builds', {
      JOB_NAME: 'SHOP_CORE',
      BUILD_NUMBER: build,
      PACKAGE_PATH: `shop/pass/${build}`,
      BUILD_USER: 'dev@example.org',
      GIT_COMMIT: '0a1b2c',
    });
  }
  run = await item.trigger();
  item.letAllThrough();
  await until(
    'the run has ended',
    async () => (await stage.call<{ status: string }>('GET', `/api/v1/deploy-test-runs/${run}`)).status === 'COMPLETED',
  );
});

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

const paths = () => [
  '/',
  '/trigger',
  '/runs',
  '/runs?item=1',
  '/builds',
  '/agents',
  '/items',
  '/parameters',
  '/settings',
  '/sessions',
  '/tokens',
  '/notifications',
  '/audit',
  '/api-tests',
  '/api-tests?tab=cases',
  `/runs/${run}`,
  `/runs/${run}?tab=log`,
  `/runs/${run}?tab=changes`,
  `/runs/${run}?tab=details`,
  '/nowhere',
];

async function walk(reader: Visitor, look: (path: string) => Promise<void>): Promise<void> {
  await signIn(reader.page, ADMIN.email);
  for (const path of paths()) {
    await reader.page.goto(path);
    await reader.page.locator('.page').first().waitFor();
    await until(`${path} is loaded`, async () => (await reader.page.getByText(/^(Loading|加载中)…$/).count()) === 0);
    await look(path);
  }
}

for (const dark of [false, true]) {
  test(`Nothing on any page is out of reach of anybody, ${dark ? 'dark' : 'light'}`, async () => {
    const reader = await visitor(browser, stage, { dark });
    const found: string[] = [];
    await walk(reader, async (path) => {
      for (const fault of await faults(reader.page)) found.push(`${path} ${fault}`);
    });
    expect(found).toEqual([]);
    expect(reader.complaints).toEqual([]);
    await reader.context.close();
  }, 120_000);
}

test('Every page fits a telephone, and speaks Chinese there', async () => {
  const reader = await visitor(browser, stage, {
    width: 390,
    height: 800,
    locale: 'zh-CN',
  });
  const found: string[] = [];
  await walk(reader, async (path) => {
    const wide = await reader.page.evaluate(() =>
      Math.max(document.documentElement.scrollWidth, document.querySelector('.main')?.scrollWidth ?? 0),
    );
    if (wide > 390) found.push(`${path} is ${wide} px wide`);
    const text = await reader.page.locator('.page').innerText();
    if (!/[一-鿿]/.test(text)) found.push(`${path} holds no Chinese`);
  });
  expect(found).toEqual([]);
  await reader.context.close();
}, 90_000);

test('The sign-in page has no fault either', async () => {
  const stranger = await visitor(browser, stage);
  await stranger.page.goto('/');
  await stranger.page.getByRole('heading', { name: 'Sign in to Orbit' }).waitFor();
  expect(await faults(stranger.page)).toEqual([]);
  await stranger.context.close();
});

test('The first page is light', async () => {
  const reader = await visitor(browser, stage);
  await signIn(reader.page, 'dev@example.org');
  const fresh = await reader.context.browser()!.newContext({
    storageState: await reader.context.storageState(),
    baseURL: stage.url,
  });
  const page = await fresh.newPage();
  const wire = await fresh.newCDPSession(page);
  await wire.send('Network.enable');
  let bytes = 0;
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto('/');
  await page.getByText('Nothing runs').waitFor();
  const worker = await fetch(
    new URL(
      await page.evaluate(
        () =>
          performance
            .getEntriesByType('resource')
            .map((one) => one.name)
            .find((name) => name.includes('worker')) ?? '/',
      ),
      stage.url,
    ),
    {
      headers: { 'accept-encoding': 'gzip' },
    },
  );
  expect(bytes + Number(worker.headers.get('content-length') ?? 0)).toBeLessThan(BUDGET);
  await fresh.close();
  await reader.context.close();
});

test('Built files are kept for good, the first page is not, and nothing else may run', async () => {
  const first = await fetch(stage.url, { headers: { accept: 'text/html' } });
  const html = await first.text();
  const asset = /\/assets\/[^"]+\.js/.exec(html)?.[0] ?? '';
  const script = await fetch(stage.url + asset, {
    headers: { 'accept-encoding': 'br' },
  });
  const unknown = await fetch(`${stage.url}/assets/gone-12345678.js`);
  const view = await fetch(`${stage.url}/runs/1?tab=log`);

  expect(first.headers.get('cache-control')).toBe('no-cache');
  expect(first.headers.get('content-security-policy')).toContain("script-src 'self';");
  expect(script.headers.get('cache-control')).toContain('immutable');
  expect(script.headers.get('content-encoding')).toBe('br');
  expect(unknown.status).toBe(404);
  expect(await view.text()).toBe(html);
  expect((await fetch(`${stage.url}/api/v1/nothing`)).headers.get('content-type')).toContain('json');
});
