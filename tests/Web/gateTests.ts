import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { expect, test } from 'vitest';
import { choose, faults, signIn, visitor } from './browser';
import { ADMIN, until, type GatedItem, type Stage } from './stage';

/** Batches that decide about a deployed version, and what API tests share. */
export function gateTests(world: () => { stage: Stage; browser: Browser; item: GatedItem }): void {
  test('A gate is given to a test item, and its run says what was decided, why, and by which batch', async () => {
    const { stage, browser, item } = world();
    const spec = { request: { method: 'GET', url: `${stage.url}/healthz` }, assert: [{ status: 418 }] };
    await stage.call('POST', '/api/v1/cases', { name: 'gatekeeper', spec });
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, '/items');
    await page.getByRole('button', { name: 'Edit shop' }).click();
    const gate = page.getByRole('region', { name: 'Gate', exact: true });
    await gate.getByText('No gate: the run alone decides.').waitFor();
    await gate.getByRole('button', { name: 'Add a gate' }).click();
    await choose(page, 'Cases', 'gatekeeper');
    await page.keyboard.press('Escape');
    await gate.getByText('Also when tests of the run failed').click();
    await gate.getByRole('button', { name: 'Save the gate' }).click();
    await gate.getByText(`Made by ${ADMIN.email}`).waitFor();
    expect(await faults(page)).toEqual([]);

    const run = await item.trigger();
    await page.goto(`/runs/${run}`);
    await gate.getByText('to come').waitFor();
    item.letAllThrough();
    await gate.getByText(/^batch \d+: 0 passed, 1 failed/).waitFor();
    await gate.getByText('The deployed version did not pass the API tests.').waitFor();
    expect(await faults(page)).toEqual([]);
    await gate.getByRole('link', { name: /^batch \d+$/ }).click();
    await page.getByRole('link', { name: `gate of run ${run}` }).waitFor();
    await page.goto('/runs');
    await page.getByRole('row', { name: new RegExp(`shop.*Gate failed`) }).waitFor();

    await page.goto('/items');
    await page.getByRole('button', { name: 'Edit shop' }).click();
    await gate.getByRole('button', { name: 'Take the gate off' }).click();
    await page.getByRole('dialog').last().getByRole('button', { name: 'Take the gate off' }).click();
    await gate.getByText('No gate: the run alone decides.').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('A pool shows what is taken and who waits, and takes another size', async () => {
    const { stage, browser } = world();
    const held: ServerResponse[] = [];
    const slow = createServer((_, response) => void held.push(response));
    await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, 'writer@example.org', '/api-tests?tab=pools');
    await page.getByRole('button', { name: 'New pool' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('browser-1');
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    const row = page.getByRole('row', { name: /^browser-1/ });
    await row.getByText('0 of 1 places taken').waitFor();

    const spec = { request: { url }, uses: ['browser-1'], assert: [{ status: 200 }] };
    const { id } = await stage.call<{ id: number }>('POST', '/api/v1/cases', { name: 'clicker', spec });
    await stage.call('POST', '/api/v1/batches', { name: 'first', case_ids: [id] });
    await until('the first asks', () => Promise.resolve(held.length === 1));
    await stage.call('POST', '/api/v1/batches', { name: 'second', case_ids: [id] });
    await page.getByRole('listitem').filter({ hasText: 'second' }).getByText('resource pool: browser-1').waitFor();
    await row.getByText('1 of 1 places taken').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Edit browser-1' }).click();
    await dialog.getByRole('spinbutton', { name: 'Places' }).fill('2');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await row.getByText('2 of 2 places taken').waitFor();
    await until('both ask', () => Promise.resolve(held.length === 2));
    for (const response of held) response.end('ok');
    await row.getByText('0 of 2 places taken').waitFor();
    await page.getByRole('button', { name: 'Delete browser-1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No resource pool yet').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
    slow.close();
  });

  test('A batch of private cases stands in the list for others, and says neither its name nor its rows', async () => {
    const { stage, browser } = world();
    const spec = { request: { method: 'GET', url: `${stage.url}/healthz` } };
    const secret = await stage.call<{ id: number }>('POST', '/api/v1/cases', { name: 'takeover', visibility: 'PRIVATE', spec });
    const batch = await stage.call<{ id: number }>('POST', '/api/v1/batches', { case_ids: [secret.id] });
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, 'writer@example.org', '/api-tests?tab=batches');
    await page.getByRole('link', { name: `Batch ${batch.id}, of cases that are not shared with you` }).click();
    await page.getByRole('heading', { name: `Batch ${batch.id}, of cases` }).waitFor();
    await page
      .getByRole('region', { name: 'Rows' })
      .getByText(/ran cases that writer@example.org may not see/)
      .waitFor();
    expect(await page.content()).not.toContain('takeover');
    expect(await faults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('The rows of a dataset are written out in three formats', async () => {
    const { stage, browser } = world();
    const { page, context } = await visitor(browser, stage);
    await signIn(page, 'writer@example.org', '/api-tests?tab=datasets');
    await page.getByRole('button', { name: 'Export' }).click();
    const texts: string[] = [];
    for (const format of ['CSV', 'JSON', 'JSON lines']) {
      const address = await page.getByRole('link', { name: `Rows as ${format}`, exact: true }).getAttribute('href');
      texts.push(await (await page.request.get(address ?? '')).text());
    }
    expect(texts[0]?.split(/\r?\n/).slice(0, 2)).toEqual(['sku,qty', 'a,1']);
    expect(JSON.parse(texts[1] ?? '')).toHaveLength(2);
    expect(texts[2]?.trim().split('\n')).toHaveLength(2);
    await context.close();
  });

  test('A scenario shows its versions, takes one back, and is duplicated', async () => {
    const { stage, browser } = world();
    await stage.call('POST', '/api/v1/scenarios', { name: 'order', spec: { steps: [{ case: 'health' }] } });
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, 'writer@example.org', '/api-tests?tab=scenarios');
    await page.getByRole('button', { name: 'order' }).click();
    await choose(page, 'Add a case', 'health');
    await page.getByRole('listitem', { name: 'Step 2: health 2: health' }).waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: /^v2 / }).waitFor();
    await page.getByRole('button', { name: /^v1 / }).click();
    await page.getByRole('button', { name: 'Take v1 into the editor' }).click();
    await page.getByRole('listitem', { name: 'Step 2: health 2: health' }).waitFor({ state: 'detached' });
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await page.getByRole('region', { name: 'order (copy)' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('A job follows its newest build as often as wanted, and its selection is forgotten', async () => {
    const { stage, browser } = world();
    await stage.call('PUT', '/api/v1/job-versions', { job_name: 'SHOP_CORE', auto_sync: true });
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, 'dev@example.org', '/builds?job=SHOP_CORE');
    const job = page.getByRole('region', { name: 'SHOP_CORE' });
    await choose(page, 'How often the newest is selected', '10 m');
    const stored = () => stage.call<{ sync_interval_s: number }>('GET', '/api/v1/job-versions/SHOP_CORE');
    await until('the interval is stored', async () => (await stored()).sync_interval_s === 600);
    expect(await faults(page)).toEqual([]);
    await job.getByRole('button', { name: 'Forget the selection of SHOP_CORE' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click();
    await page.getByText('No build of SHOP_CORE is selected for testing.').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
}
