import type { Browser } from 'playwright-core';
import { expect, test } from 'vitest';
import { choose, faults, signIn, visitor } from './browser';
import { ADMIN, type Stage } from './stage';

/** The care of hosts and the programs of their agents, on a stage that has begun with an installed agent `lab-1`. */
export function fleetTests(world: () => { stage: Stage; browser: Browser }): void {
  test('An agent looks at its host when asked, and is drained with an end and a reason', async () => {
    const { stage, browser } = world();
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, '/agents');
    await page.getByRole('button', { name: /^Host of lab-1:/ }).click();
    await page.waitForURL(/agent=\d+/);
    await page.getByRole('button', { name: 'Check now' }).click();
    const found = page.getByRole('region', { name: 'What lab-1 found on its host' });
    await found.getByText('Clock', { exact: true }).waitFor();
    await found.getByText(/^looked/).waitFor();
    expect(await faults(page)).toEqual([]);

    const row = page.getByRole('row', { name: /^lab-1/ });
    await page.getByRole('button', { name: 'What to do with lab-1' }).click();
    await page.getByRole('menuitem', { name: 'Drain' }).click();
    const dialog = page.getByRole('dialog');
    await choose(page, 'Drained for', '1 h');
    await dialog.getByText(/^It takes work again by itself at .*\d/).waitFor();
    await dialog.getByRole('textbox', { name: 'Why' }).fill('kernel update');
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await row.getByText('kernel update').waitFor();
    await row.getByText(/^until .*\d:\d\d/).waitFor();

    await page.getByRole('button', { name: 'What to do with lab-1' }).click();
    await page.getByRole('menuitem', { name: 'Resume' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await row.getByText('online').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('An upgrade says who is upgraded when, halts at a failure in words, and is ended', async () => {
    const { stage, browser } = world();
    stage.offerPackage('9.8.7');
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, '/agents?tab=upgrades');
    await page.getByText('another than offered').waitFor();
    await page.getByRole('button', { name: 'Start an upgrade' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('a few first: 1 agent').waitFor();
    await dialog.getByRole('textbox', { name: 'Only agents with these labels' }).fill('pool=elsewhere');
    await dialog.getByText('No agent needs it.').waitFor();
    await dialog.getByRole('textbox', { name: 'Only agents with these labels' }).fill('pool=lab');
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Start an upgrade' }).click();

    const upgrade = page.getByRole('region', { name: /to 9\.8\.7$/ });
    await upgrade.getByText('halted').waitFor();
    await upgrade
      .getByRole('status')
      .getByText(/^lab-1: ./)
      .waitFor();
    await upgrade.getByRole('row', { name: /^lab-1 failed a few first/ }).waitFor();
    expect(await faults(page)).toEqual([]);
    await upgrade.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('dialog').getByText('1 that failed once more').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    await upgrade.getByRole('button', { name: 'End it' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Why' }).fill('a broken package');
    await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
    await upgrade.getByRole('status').getByText('a broken package').waitFor();
    await page.getByRole('row', { name: /to 9\.8\.7 ended/ }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('The parts of the system, a backup and a copy of a parameter set are at hand', async () => {
    const { stage, browser } = world();
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, '/doctor');
    await page
      .getByRole('region', { name: 'Parts of the system' })
      .getByRole('listitem')
      .filter({ hasText: /^worksDatabase/ })
      .waitFor();
    const backup = await page.getByRole('link', { name: 'Take a backup' }).getAttribute('href');
    const taken = await page.request.get(backup ?? '');
    expect((await taken.body()).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b])); // a gzipped file
    await page.goto('/parameters');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('dialog').getByText('secret values included').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('heading', { name: 'default-2' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
}
