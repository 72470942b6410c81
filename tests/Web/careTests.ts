import type { Browser } from 'playwright-core';
import { expect, test } from 'vitest';
import { faults, look, signIn, visitor } from './browser';
import { ADMIN, type Stage } from './stage';

/** What goes well, and what a host lacks: an upgrade to its end, a new authority, a look at a host that is not as it must be. */
export function careTests(world: () => { stage: Stage; browser: Browser }): void {
  test('A host that lacks what its policy names says so, until it is put right', async () => {
    const { stage, browser } = world();
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, '/agents');
    await page.getByRole('button', { name: /^Host of lab-1:/ }).click();
    stage.hideSuites(true);
    await page.getByRole('button', { name: 'Check now' }).click();
    const found = page.getByRole('region', { name: 'What lab-1 found on its host' });
    await found.getByText('roots that are not there').waitFor();
    await page.getByRole('button', { name: 'Host of lab-1: 1 problem' }).waitFor();
    expect(await faults(page)).toEqual([]);
    await look(page, 'check-failed');
    stage.hideSuites(false);
    await page.getByRole('button', { name: 'Check now' }).click();
    await found.getByText('roots that are not there').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('A new authority is made, and its fingerprint stands in place of the old one', async () => {
    const { stage, browser } = world();
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, '/doctor');
    const panel = page.getByRole('region', { name: 'Backup and authority' });
    const before = await panel.locator('code').innerText();
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    await page.getByRole('button', { name: 'Make a new authority' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Connected agents are told and go on').waitFor();
    await dialog.getByRole('switch', { name: 'A key may have been stolen' }).click();
    expect(await faults(page)).toEqual([]);
    await look(page, 'authority-ask');
    await dialog.getByRole('button', { name: 'Make a new authority' }).click();
    await panel.getByText(before).waitFor({ state: 'detached' });
    expect(await panel.locator('code').innerText()).toMatch(/^[0-9a-f]{64}$/);
    await look(page, 'authority-made');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('An upgrade that succeeds is followed to its end', async () => {
    const { stage, browser } = world();
    stage.offerWorkingPackage('9.9.9');
    const { page, context, complaints } = await visitor(browser, stage);
    await signIn(page, ADMIN.email, '/agents?tab=upgrades');
    await page.getByRole('button', { name: 'Start an upgrade' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('a few first: 1 agent').waitFor();
    await look(page, 'upgrade-ask');
    await dialog.getByRole('button', { name: 'Start an upgrade' }).click();
    await page.getByRole('region', { name: /to 9\.9\.9$/ }).waitFor();
    await look(page, 'upgrade-under-way');
    await page.getByRole('row', { name: /to 9\.9\.9 completed/ }).waitFor({ timeout: 45_000 });
    await page.getByText('as offered').waitFor();
    expect(await faults(page)).toEqual([]);
    await look(page, 'upgrade-done');
    await page.goto('/agents');
    await page.getByRole('row', { name: /^lab-1 .*9\.9\.9/ }).waitFor();
    await look(page, 'upgrade-agents');
    expect(complaints).toEqual([]);
    await context.close();
  });
}
