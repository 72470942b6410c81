import { connect } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { choose, COLOURS, faults, goOn, openBrowser, signIn, visitor, wearing, type Visitor } from './browser';
import { careTests } from './careTests';
import { fleetTests } from './fleetTests';
import { gateTests } from './gateTests';
import { libraryTests } from './libraryTests';
import { ADMIN, Stage, until, type GatedItem } from './stage';

const BUDGET = 350_000;

let stage: Stage;
let browser: Browser;
let item: GatedItem;
let run = 0;
let made = 0;

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.start(), openBrowser()]);
  await stage.startAgent('lab-1', true);
  item = await stage.gatedItem('shop');
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
  const spec = {
    request: { method: 'POST', url: `${stage.url}/healthz`, headers: { Accept: 'text/plain' }, body: { json: { n: 1 } } },
    assert: [{ status: 200 }, { body: { contains: 'ok' } }, 'time_ms < 5000'],
    extract: [{ name: 'id', jsonpath: '$.id', default: 0 }],
  };
  made = (await stage.call<{ id: number }>('POST', '/api/v1/cases', { name: 'health', spec })).id;
  await stage.call('POST', '/api/v1/datasets', { name: 'orders', content: 'sku,qty\na,1\nb,2\n' });
  run = await item.trigger();
  item.letAllThrough();
  await until(
    'the run has ended',
    async () => (await stage.call<{ status: string }>('GET', `/api/v1/deploy-test-runs/${run}`)).status === 'COMPLETED',
  );
});

afterAll(async () => {
  await browser?.close();
  const complaints = stage?.complaints();
  await stage?.stop();
  expect(complaints).toEqual([]);
});

const paths = () => [
  '/',
  '/trigger',
  '/runs',
  '/runs?item=1',
  '/builds',
  '/agents',
  '/agents?agent=1',
  '/agents?tab=upgrades',
  '/items',
  '/parameters',
  '/settings',
  '/sessions',
  '/tokens',
  '/notifications',
  '/audit',
  '/api-tests',
  '/api-tests?tab=schedules',
  '/api-tests?tab=notes',
  '/api-tests?tab=cases',
  `/api-tests?tab=cases&item=${made}`,
  '/api-tests?tab=scenarios',
  '/api-tests?tab=datasets',
  '/api-tests?tab=environments',
  '/api-tests?tab=files',
  '/api-tests?tab=pools',
  '/api-tests?tab=access',
  '/inventory',
  '/doctor',
  `/runs/${run}`,
  `/runs/${run}?tab=log`,
  `/runs/${run}?tab=changes`,
  `/runs/${run}?tab=details`,
  '/nowhere',
];

/** Every page in turn, as who follows links sees them: what the pages have in common is loaded once. */
async function walk(reader: Visitor, look: (path: string, n: number) => Promise<void>): Promise<void> {
  await signIn(reader.page, ADMIN.email);
  for (const [n, path] of paths().entries()) {
    if (n > 0) await goOn(reader.page, path);
    await reader.page.locator('.page').first().waitFor();
    await reader.page.waitForFunction(() => !/^(Loading|加载中)…$/m.test(document.body.innerText));
    await look(path, n);
  }
}

test('Nothing on any page is out of reach of anybody, light or dark', async () => {
  const reader = await visitor(browser, stage);
  const found: string[] = [];
  await walk(reader, async (path, n) => {
    // Half of the pages in the light first; of the other theme only colours are new.
    const [first, second] = n % 2 === 0 ? (['light', 'dark'] as const) : (['dark', 'light'] as const);
    await wearing(reader.page, first);
    for (const fault of await faults(reader.page)) found.push(`${path}, ${first}: ${fault}`);
    await wearing(reader.page, second);
    for (const fault of await faults(reader.page, COLOURS)) found.push(`${path}, ${second}: ${fault}`);
  });
  expect(found).toEqual([]);
  expect(reader.complaints).toEqual([]);
  await reader.context.close();
}, 120_000);

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
    if (wide > 390) {
      const widest = await reader.page.evaluate(() =>
        [...document.querySelectorAll('.main *')]
          .filter((one) => one.getBoundingClientRect().right > 391)
          .slice(0, 4)
          .map((one) => `${one.tagName}.${one.className} "${one.textContent?.slice(0, 40)}"`),
      );
      found.push(`${path} is ${wide} px wide: ${widest.join(', ')}`);
    }
    const text = await reader.page.locator('.page').innerText();
    if (!/[一-鿿]/.test(text)) found.push(`${path} holds no Chinese`);
    // A new setting gets its words in src/Web/src/settings/chinese.ts.
    for (const words of await reader.page.locator('.setting p').allInnerTexts())
      if (!/[一-鿿]/.test(words)) found.push(`${path} says only: ${words}`);
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

test('A case is written in a form, tried at once, corrected, and its versions compared', async () => {
  const { page, context, complaints } = await visitor(browser, stage);
  await signIn(page, 'writer@example.org', '/api-tests?tab=cases');
  await page.getByRole('button', { name: 'New case' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('alive');
  await page.getByRole('textbox', { name: 'URL' }).fill(`${stage.url}/healthz`);
  await page.getByRole('textbox', { name: 'Headers: name 1' }).fill('Accept');
  await page.getByRole('textbox', { name: 'Headers: value 1' }).fill('text/plain');
  await page.getByRole('textbox', { name: 'Check 1: expected' }).fill('201');
  await page.getByRole('button', { name: 'Try it now' }).click();
  await page.locator('.exchange', { hasText: 'was' }).waitFor();
  await page.getByText('✗ status').waitFor();

  await page.getByRole('textbox', { name: 'Check 1: expected' }).fill('200');
  await page.getByRole('button', { name: 'Add a check' }).click();
  await choose(page, 'Check 2: looks at', 'time in ms');
  await page.getByRole('textbox', { name: 'Check 2: expected' }).fill('5000');
  await page.getByRole('button', { name: 'Try it now' }).click();
  await page.locator('.exchange .badge', { hasText: 'passed' }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(/item=\d+/);

  await page.getByText('JSON', { exact: true }).first().click();
  await page.locator('.cm-content').waitFor();
  expect(await page.locator('.cm-content').innerText()).toContain('"time_ms"');
  await page.getByText('Form', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Check 1: expected' }).fill('204');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.badge', { hasText: 'v2' }).waitFor();
  await page.getByRole('button', { name: /^v1 / }).click();
  await page.getByText('From this version to what stands above').waitFor();
  await page.getByRole('button', { name: 'Take v1 into the editor' }).click();
  expect(await page.getByRole('textbox', { name: 'Check 1: expected' }).inputValue()).toBe('200');
  expect(complaints).toEqual([]);
  await context.close();
});

test('A curl command is taken over, after a look at what it becomes', async () => {
  const { page, context } = await visitor(browser, stage);
  await signIn(page, 'writer@example.org', '/api-tests?tab=cases');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Collection' }).fill("curl -X POST 'http://127.0.0.1:9/pay' -H 'A: b' -d '{}'");
  await dialog.getByRole('button', { name: 'Look first' }).click();
  await dialog.getByText('would be made').waitFor();
  expect(await faults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await dialog.getByText('imported').waitFor();
  const written = await page.request.get('/api/v1/api-tests/export?format=postman');
  expect(await written.text()).toContain('127.0.0.1');
  await context.close();
});

test('A schedule begins batches, and a cause of failure carries what people know of it', async () => {
  const { page, context } = await visitor(browser, stage);
  await signIn(page, 'writer@example.org', '/api-tests?tab=schedules');
  await page.getByRole('button', { name: 'New schedule' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('nightly');
  await dialog.getByText(/^Next: .*\d/).waitFor();
  expect(await faults(page)).toEqual([]);
  await choose(page, 'Cases', 'health');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /nightly/ }).waitFor();
  await page.getByRole('switch', { name: 'nightly is on' }).click();
  await page.getByRole('switch', { name: 'nightly is on', checked: false }).waitFor();

  const document = JSON.stringify({
    orbit: 1,
    cases: [{ name: 'wrong', request: { url: `${stage.url}/healthz` }, assert: [{ status: 418 }] }],
  });
  const batch = await stage.call<{ id: number }>('POST', '/api/v1/batches', { name: 'wrong', document, shared: true });
  await page.goto(`/api-tests/batches/${batch.id}`);
  await page.getByRole('button', { name: /^Note on/ }).click();
  await page.getByRole('textbox', { name: 'Known issue' }).fill('https://issues.example.org/7');
  await page.getByRole('button', { name: 'me', exact: true }).click();
  expect(await faults(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('writer@example.org sees to it.').waitFor();
  await page.goto('/api-tests?tab=notes');
  await page.getByRole('switch', { name: 'Assigned to me' }).click();
  await page.getByRole('link', { name: 'issues.example.org/7' }).waitFor();
  await context.close();
});

test('The editor of parameters offers what may stand there and underlines what the server would refuse', async () => {
  const { page, context } = await visitor(browser, stage);
  await signIn(page, ADMIN.email, '/parameters');
  await page.getByRole('button', { name: 'New parameter set' }).click();
  const editor = page.locator('.cm-content');
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{"stra');
  await page.locator('.cm-tooltip-autocomplete li', { hasText: 'strategy' }).first().click();
  expect(await editor.innerText()).toContain('"strategy": "c-service"');
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('{"service": "shop", "nonsense": 1}');
  await page.locator('.cm-lintRange-error', { hasText: 'nonsense' }).waitFor();
  expect(await faults(page)).toEqual([]);
  await context.close();
});

test('Who leaves in the middle of a call leaves no error behind', async () => {
  const { page, context } = await visitor(browser, stage);
  await signIn(page, 'hasty@example.org');
  for (const path of ['/runs', `/runs/${run}?tab=log`, '/builds', '/api-tests', `/runs/${run}?tab=changes`]) {
    await page.goto(path, { waitUntil: 'commit' }); // the next address ends what this one has asked
  }
  // Calls of which the server has read the beginning when their caller hangs up.
  const head =
    'POST /orbit.v1.RunService/ListRuns HTTP/1.1\r\nHost: orbit\r\nContent-Type: application/grpc-web+proto\r\nContent-Length: 5\r\n\r\n';
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => {
      const { hostname, port } = new URL(stage.url);
      return new Promise((done) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(head + '\0'.repeat(n % 5));
          setTimeout(() => (n % 2 === 0 ? socket.resetAndDestroy() : socket.end()), 20 + n);
        });
        socket.on('close', done);
        socket.on('error', () => undefined);
        socket.resume();
      });
    }),
  );
  await context.close();
  await until('the server is idle', async () => (await fetch(`${stage.url}/readyz`)).ok);
  expect(stage.complaints()).toEqual([]);
});

gateTests(() => ({ stage, browser, item }));

libraryTests(() => ({ stage, browser, run }));

fleetTests(() => ({ stage, browser }));

careTests(() => ({ stage, browser }));
