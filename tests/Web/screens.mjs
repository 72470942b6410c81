// Pictures of every page: what a person sees after `deploy/demo`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { seed } from './screensSeed.mjs';

const [server, password, target] = process.argv.slice(2);
mkdirSync(target, { recursive: true });

async function call(method, path, body, token) {
    const answer = await fetch(server + path, {
        method,
        headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
}

const { token } = await call('POST', '/api/v1/auth/login', { email: 'dev@example.com', password });
const admin = (await call('POST', '/api/v1/auth/login', { email: 'pictures@example.com', password })).token;
const items = (await call('GET', '/api/v1/test-items', undefined, token)).test_items;
const shop = items.find((item) => item.name === 'shop');
const builds = (await call('GET', `/api/v1/builds?job_name=${shop.job_name}`, undefined, token)).builds;
await call('PUT', '/api/v1/job-versions', { job_name: shop.job_name, build_id: builds[0].id, auto_sync: true }, token);
const failed = (await call('GET', `/api/v1/deploy-test-runs?test_item_id=${shop.id}`, undefined, token)).runs.find(
    (run) => run.verdict === 'TESTS_FAILED',
);
const sets = (await call('GET', '/api/v1/parameter-sets', undefined, token)).parameter_sets;
const shopAddress = new URL(sets.find((set) => set.name === 'shop').parameters.health.http).origin;
const made = await seed((method, path, body) => call(method, path, body, admin), shopAddress);
const trigger = (build) => call('POST', `/api/v1/test-items/${shop.id}/deploy-test`, { build_info_id: build.id }, token);

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});

async function visitor({ dark = false, locale = 'en-GB', width = 1280, height = 800 } = {}) {
    const context = await browser.newContext({
        baseURL: server,
        locale,
        colorScheme: dark ? 'dark' : 'light',
        viewport: { width, height },
    });
    const page = await context.newPage();
    await page.goto('/');
    await page.locator('input[type=email]').fill('admin@example.com');
    return { context, page };
}

async function enter(page) {
    await page.locator('button.link').click();
    await page.locator('input[type=password]').fill(password);
    await page.keyboard.press('Enter');
    await page.locator('.shell').waitFor();
}

async function picture(page, name, path, settle = 600) {
    if (path) await page.goto(path);
    await page.locator('.page, .signin').first().waitFor();
    await page.waitForTimeout(settle); // fonts, charts
    await page.screenshot({ path: join(target, `${name}.png`) });
}

let { context, page } = await visitor();
await picture(page, 'sign-in');
await enter(page);
await picture(page, 'trigger', `/trigger?item=${shop.id}`);
const live = await trigger(builds[0]);
await trigger(builds[1]);
await page.goto(`/runs/${live.id}`);
await page.locator('.badge', { hasText: 'Testing' }).first().waitFor({ timeout: 60_000 });
await page.locator('.test-row').nth(3).waitFor({ timeout: 60_000 });
await picture(page, 'run-live', undefined, 1500);
await picture(page, 'now', '/', 400);
await picture(page, 'run', `/runs/${failed.id}`);
await page.locator('.test-row .wrong').first().click();
await picture(page, 'run-test', undefined, 900);
await picture(page, 'run-log', `/runs/${failed.id}?tab=log&step=test&line=20`, 1200);
await picture(page, 'run-changes', `/runs/${failed.id}?tab=changes`);
await picture(page, 'run-report', `/runs/${failed.id}?tab=report`, 4000);
await picture(page, 'runs', `/runs?item=${shop.id}`, 1500);
for (const name of [
    'builds',
    'agents',
    'items',
    'settings',
    'sessions',
    'tokens',
    'audit',
    'api-tests',
    'notifications',
    'inventory',
    'doctor',
])
    await picture(page, name, `/${name}`);
await picture(page, 'agents-upgrades', '/agents?tab=upgrades');
await picture(page, 'api-batch', `/api-tests/batches/${made.batch}`, 900);
await picture(page, 'api-case', `/api-tests?tab=cases&item=${made.item}`, 900);
for (const tab of ['scenarios', 'datasets', 'files', 'environments', 'schedules', 'pools', 'access'])
    await picture(page, `api-${tab}`, `/api-tests?tab=${tab}`);
await page.goto(`/runs/${failed.id}?tab=details`);
await page.getByRole('button', { name: 'Show the mail' }).click();
await page.frameLocator('iframe.mail').getByText('shop').first().waitFor();
await picture(page, 'run-mail', undefined, 900);
await context.close();

({ context, page } = await visitor({ dark: true }));
await enter(page);
await picture(page, 'run-dark', `/runs/${failed.id}`);
await context.close();

({ context, page } = await visitor({ locale: 'zh-CN' }));
await enter(page);
await picture(page, 'now-zh', '/');
await picture(page, 'run-zh', `/runs/${failed.id}`);
await picture(page, 'run-log-zh', `/runs/${failed.id}?tab=log&step=test&line=20`, 1200);
await picture(page, 'run-changes-zh', `/runs/${failed.id}?tab=changes`);
await picture(page, 'trigger-zh', `/trigger?item=${shop.id}`);
await picture(page, 'runs-zh', `/runs?item=${shop.id}`, 1500);
await picture(page, 'api-batch-zh', `/api-tests/batches/${made.batch}`, 900);
await context.close();

({ context, page } = await visitor({ width: 390, height: 844 }));
await enter(page);
await picture(page, 'run-phone', `/runs/${failed.id}`);
await picture(page, 'now-phone', '/');
await picture(page, 'run-log-phone', `/runs/${failed.id}?tab=log&step=test&line=20`, 1200);
await picture(page, 'trigger-phone', `/trigger?item=${shop.id}`);
await browser.close();
