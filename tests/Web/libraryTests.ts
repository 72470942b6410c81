import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { expect, test } from 'vitest';
import { faults, signIn, visitor } from './browser';
import { ADMIN, type Stage } from './stage';

/** Folders of cases and who may use them, batches with all that can be asked of them, and the mail of a run. */
export function libraryTests(world: () => { stage: Stage; browser: Browser; run: number }): void {
  test('A case moves to a folder, and only who has a role there sees it', async () => {
    const { stage, browser } = world();
    const spec = { request: { url: `${stage.url}/healthz` }, assert: [{ status: 200 }] };
    const { id } = await stage.call<{ id: number }>('POST', '/api/v1/cases', { name: 'mover', spec });
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, `/api-tests?tab=cases&item=${id}`);
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'To the folder' }).fill('cards/visa');
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'mover cards/visa' }).waitFor();

    await page.goto('/api-tests?tab=access');
    await page.getByText('Every folder is open to everybody').waitFor();
    await page.getByRole('button', { name: 'Give a role' }).click();
    await dialog.getByRole('combobox', { name: 'Folder' }).fill('cards');
    await dialog.getByRole('combobox', { name: 'Person' }).fill('nobody');
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true); // a name is no address
    await dialog.getByRole('combobox', { name: 'Person' }).fill('runner@example.org');
    await dialog.getByText('sees cases and what came of them').waitFor();
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    const row = page.getByRole('row', { name: /^cards runner@example\.org Sees/ });
    await row.waitFor();
    expect(await faults(page)).toEqual([]);

    const other = await visitor(browser, stage);
    await signIn(other.page, 'stranger@example.org', '/api-tests?tab=access');
    await other.page.getByText('runner@example.org').waitFor();
    expect(await other.page.getByRole('button', { name: 'Give a role' }).count()).toBe(0);
    await other.page.goto(`/api-tests?tab=cases&item=${id}`);
    await other.page.getByText('CASE_NOT_FOUND').waitFor();
    await other.context.close();

    await row.getByRole('button', { name: 'Delete cards, runner@example.org' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Every folder is open to everybody').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('A file is stored, downloaded as it was, replaced and deleted', async () => {
    const { stage, browser } = world();
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, 'writer@example.org', '/api-tests?tab=files');
    const dialog = page.getByRole('dialog');
    const large = Buffer.alloc(2_500_000, 'a cat, '); // more than other messages may have
    const store = async (button: string, content: Buffer) => {
      await page.getByRole('button', { name: button }).click();
      await dialog.locator('input[type=file]').setInputFiles({ name: 'cat of the day.txt', mimeType: 'text/plain', buffer: content });
      expect(await faults(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await page.getByText('No file yet').waitFor();
    await store('Store a file', large);
    await page.getByRole('row', { name: /^cat of the day\.txt 2\.5 MB/ }).waitFor();
    expect(await faults(page)).toEqual([]);
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download cat of the day.txt' }).click();
    expect(readFileSync(await (await coming).path()).equals(large)).toBe(true);
    await store('Replace cat of the day.txt', Buffer.from('no cat'));
    await page.getByRole('row', { name: /^cat of the day\.txt 6 B/ }).waitFor();

    await page.getByRole('button', { name: 'Delete cat of the day.txt' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No file yet').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('A batch is asked for by tag, with priority, pace and pauses', async () => {
    const { stage, browser } = world();
    const spec = { request: { url: `${stage.url}/healthz` }, assert: [{ status: 200 }] };
    await stage.call('POST', '/api/v1/cases', { name: 'tagged', tags: ['smoke'], spec });
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, 'writer@example.org', '/api-tests');
    await page.getByRole('button', { name: 'New batch' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'All cases with a tag' }).fill('smoke');
    await dialog.getByText('Priority, pace and agents').click();
    for (const [name, value] of [
      ['Priority', '3'],
      ['Requests a second', '50'],
      ['Rows between two pauses', '10'],
      ['Length of a pause in seconds', '1'],
    ] as const)
      await dialog.getByRole('spinbutton', { name }).fill(value);
    await dialog.getByRole('textbox', { name: 'Only on agents with' }).fill('pool=lab');
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/batches\/\d+/);
    await page.getByText('1 of 1 rows done, 0 failed').waitFor(); // the list of batches is shown until then
    await page.locator('.badge', { hasText: 'Completed' }).waitFor();
    const batch = await stage.call<{ priority: number }>('GET', `/api/v1/batches/${/\d+$/.exec(page.url())?.[0]}`);
    expect(batch.priority).toBe(3);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('The mail about a run is shown as it would be written, in both languages', async () => {
    const { stage, browser, run } = world();
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, 'dev@example.org', `/runs/${run}?tab=details`);
    await page.getByRole('button', { name: 'Show the mail' }).click();
    const dialog = page.getByRole('dialog');
    const frame = dialog.frameLocator('iframe');
    await frame.getByText('shop').first().waitFor();
    expect(await faults(page)).toEqual([]);
    await dialog.getByText('简体中文').click();
    await frame
      .getByText(/[一-鿿]/)
      .first()
      .waitFor();
    await dialog.getByText('Plain text').click();
    await dialog.locator('pre', { hasText: `/runs/${run}` }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
}
