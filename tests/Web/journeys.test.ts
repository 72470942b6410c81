import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openBrowser, signIn, visitor, type Visitor } from './browser';
import { ADMIN, Stage, until, type GatedItem } from './stage';

let stage: Stage;
let browser: Browser;
let dev: Visitor;
let item: GatedItem;
let number = 0;

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.start(), openBrowser()]);
  await stage.startAgent();
});

beforeEach(async () => {
  item = await stage.gatedItem(`gate-${++number}`);
  dev = await visitor(browser, stage);
});

afterEach(async () => {
  item.letAllThrough();
  await dev.context.close();
  await until('nothing runs', async () => (await stage.call<{ runs: unknown[] }>('GET', '/api/v1/active-runs')).runs.length === 0);
});

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

const verdict = (page: Visitor['page'], word: string) => page.locator('h1 + .badge', { hasText: word });

test('A developer triggers with Enter and watches the run to its end', async () => {
  const { page, complaints } = dev;
  await signIn(page, 'dev@example.org');
  await page.getByRole('link', { name: 'Trigger a test' }).first().click();
  await page.getByRole('button', { name: `gate-${number} needs no build` }).click();
  await page
    .getByRole('button', { name: `Test gate-${number}` })
    .and(page.locator('.big-button'))
    .focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/runs\/\d+/);

  await item.reached(0);
  await page.getByRole('button', { name: /^Test .*running$/ }).waitFor();
  item.letThrough(0, 1);
  await page.getByRole('button', { name: 'passed 2' }).waitFor();
  expect(await page.title()).toMatch(/^Testing/);
  item.letAllThrough();
  await verdict(page, 'Passed').waitFor();

  await page.getByRole('button', { name: 'passed 6' }).waitFor();
  expect(await page.title()).toMatch(/^Passed · gate-/);
  expect(await page.locator('#favicon').getAttribute('href')).toMatch(/^data:image\/svg/);
  await page.getByRole('tab', { name: 'Log' }).click();
  await page.locator('.log-line', { hasText: 'after 500' }).waitFor();
  expect(complaints).toEqual([]);
});

test('A refresh in the middle shows what there was and what comes', async () => {
  const { page } = dev;
  const run = await item.trigger();
  await signIn(page, 'dev@example.org', `/runs/${run}`);
  item.letThrough(0, 1, 2);
  await page.getByRole('button', { name: 'passed 3' }).waitFor();

  await page.reload();

  await page.getByRole('button', { name: 'passed 3' }).waitFor();
  item.letAllThrough();
  await verdict(page, 'Passed').waitFor();
  await page.getByRole('button', { name: 'passed 6' }).waitFor();
});

test('A page of which a part could not be fetched comes by itself', async () => {
  const { page } = dev;
  const missed: string[] = [];
  await page.route(/\/assets\/router-[^/]*\.js$/, (route) => {
    missed.push(route.request().url());
    return missed.length === 1 ? route.abort('connectionreset') : route.continue();
  });
  await signIn(page, 'dev@example.org');
  expect(missed.length).toBeGreaterThan(1);
});

test('A server that is killed and comes back leads to the same view, with nothing missed', async () => {
  const { page } = dev;
  const run = await item.trigger();
  await signIn(page, 'dev@example.org', `/runs/${run}`);
  item.letThrough(0);
  await page.getByRole('button', { name: 'passed 1' }).waitFor();

  await stage.killServer();
  await page.getByText('Reconnecting…').waitFor();
  item.letAllThrough(); // while nobody is there to tell
  await stage.startServer();

  await page.getByText('Reconnecting…').waitFor({ state: 'detached', timeout: 45_000 });
  await verdict(page, 'Passed').waitFor({ timeout: 45_000 });
  await page.getByRole('button', { name: 'passed 6' }).waitFor();
});

test('A session that an administrator ends is told, and signing in leads back', async () => {
  const { page } = dev;
  const run = await item.trigger();
  item.letAllThrough();
  await signIn(page, 'dev@example.org', `/runs/${run}?tab=details`);
  await page.getByRole('heading', { name: 'Parameters of this run' }).waitFor();
  const boss = await visitor(browser, stage);
  await signIn(boss.page, 'admin@example.com'); // an address says nothing: without the password nobody sees the sessions
  expect(await boss.page.getByRole('link', { name: 'Sessions' }).count()).toBe(0);

  const sessions = await stage.call<{
    sessions: { id: string; email: string }[];
  }>('GET', '/api/v1/sessions');
  const theirs = sessions.sessions.find((one) => one.email === 'dev@example.org');
  await stage.call('DELETE', `/api/v1/sessions/${theirs?.id}`);

  await page.getByRole('alert').filter({ hasText: 'Your session has ended' }).waitFor();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Parameters of this run' }).waitFor();
  await boss.context.close();
});

test('A dozen tabs share one stream', async () => {
  const { context, page } = dev;
  await signIn(page, 'dev@example.org');
  const tabs = [page];
  while (tabs.length < 12) {
    const tab = await context.newPage();
    await tab.goto('/');
    tabs.push(tab);
  }

  const run = await item.trigger();

  for (const tab of tabs) await tab.locator(`.now-run a[href="/runs/${run}"]`).waitFor();
});

test('A cancel says what it ends, asks, and is seen', async () => {
  const { page } = dev;
  const run = await item.trigger();
  await signIn(page, 'dev@example.org', `/runs/${run}`);
  await item.reached(0);
  await page.getByRole('button', { name: 'Cancel the run' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Tests are killed').waitFor();
  await dialog.getByRole('textbox').fill('wrong build');
  await dialog.getByRole('button', { name: 'Cancel the run' }).click();

  await verdict(page, 'Cancelled').waitFor({ timeout: 40_000 });
  await page.getByText('wrong build').first().waitFor();
});

test('A failed test shows its message, trace and output; the failed ones run again', async () => {
  const { page } = dev;
  item.letFail(2);
  const run = await item.trigger();
  item.letAllThrough();
  await signIn(page, 'dev@example.org', `/runs/${run}`);
  await verdict(page, 'Tests failed').waitFor();

  await page.getByRole('treeitem', { name: /test_gate\[2\]/ }).click();
  await page.getByText('it was told to fail').first().waitFor();
  await page.getByText('captured by test 2').waitFor();
  await page.getByRole('button', { name: 'Rerun failed' }).click();
  await page.getByRole('dialog').getByText('Nothing is deployed').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Rerun failed' }).click();
  await page.getByText('attempt 2').first().waitFor();
  await verdict(page, 'Tests failed').waitFor();
});

test('A log is searched as a whole, and a line has an address', async () => {
  const { page, complaints } = dev;
  const run = await item.trigger();
  item.letAllThrough();
  await until(
    'the run has ended',
    async () => (await stage.call<{ status: string }>('GET', `/api/v1/deploy-test-runs/${run}`)).status === 'COMPLETED',
  );
  await signIn(page, 'dev@example.org', `/runs/${run}?tab=log&step=test&line=250`);
  await page.locator('.log-line.chosen', { hasText: 'before 250' }).waitFor();

  await page.getByRole('textbox', { name: 'Search the whole log' }).fill('AFTER 49');
  await page.keyboard.press('Enter');

  await page.getByText('1 of 11').waitFor(); // 49 and 490 to 499
  await page.locator('.log-line', { hasText: 'after 49' }).first().waitFor();
  await page.getByRole('textbox', { name: 'Search the whole log' }).fill('red words');
  await page.keyboard.press('Enter');
  await page.locator('.log-line .fg1', { hasText: 'red words' }).waitFor();
  const download = await page.request.get(`/api/v1/deploy-test-runs/${run}/logs?step=test`);
  expect((await download.text()).split('\n').filter((line) => /^(before|after) /.test(line))).toHaveLength(1000);
  expect(complaints).toEqual([]);
});

test('Somebody who reads Chinese gets Chinese, and can switch for good', async () => {
  const reader = await visitor(browser, stage, { locale: 'zh-CN' });
  await signIn(reader.page, 'reader@example.org');
  await reader.page.getByRole('heading', { name: '当前', level: 1 }).waitFor();
  expect(await reader.page.locator('html').getAttribute('lang')).toBe('zh-CN');

  await reader.page.getByRole('button', { name: 'English' }).click();
  await reader.page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  await reader.page.reload();
  await reader.page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  await reader.context.close();
});

test('An administrator ends a session from the page', async () => {
  const { page } = dev;
  await signIn(page, 'dev@example.org');
  const boss = await visitor(browser, stage);
  await signIn(boss.page, ADMIN.email, '/sessions');
  const row = boss.page.getByRole('button', {
    name: 'End the session of dev@example.org',
  });
  await row.click();
  await boss.page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'Your session has ended' }).waitFor();
  await boss.context.close();
});
