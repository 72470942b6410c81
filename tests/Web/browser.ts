import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { ADMIN, type Stage } from './stage';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium, or the one that CHROMIUM names. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Errors of the page itself, and requests to anybody but the server. */
  complaints: string[];
}

export interface VisitorOptions {
  locale?: string;
  dark?: boolean;
  width?: number;
  height?: number;
}

/** A person with a browser of their own. */
export async function visitor(browser: Browser, stage: Stage, options: VisitorOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: stage.url,
    locale: options.locale ?? 'en-GB',
    colorScheme: options.dark ? 'dark' : 'light',
    // Pages move nothing for those who ask for that: what is seen halfway into a dialog has neither its contrast nor its place.
    reducedMotion: 'reduce',
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
  });
  const complaints: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== stage.url && url.protocol.startsWith('http')) complaints.push(`a request to ${url.origin}`);
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error' && !/ERR_CONNECTION|Failed to load resource|ERR_EMPTY|net::/.test(message.text()))
      complaints.push(message.text());
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return { context, page, complaints };
}

export async function signIn(page: Page, email: string, path = '/'): Promise<void> {
  await page.goto(path);
  await page.getByRole('textbox', { name: /E-mail|邮箱/ }).fill(email);
  if (email === ADMIN.email) {
    await page.getByRole('button', { name: /as administrator|管理员身份/ }).click();
    await page.locator('input[type=password]').fill(ADMIN.password);
  }
  await page.keyboard.press('Enter');
  await page.locator('.shell').waitFor();
}

/** Follows a link to a path, as the router does; what is loaded already stays. */
export async function goOn(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    const from = self.__TSR_ROUTER__.state.resolvedLocation?.href;
    history.pushState(null, '', to);
    self.arrived = () => {
      const { status, resolvedLocation } = self.__TSR_ROUTER__.state;
      return status === 'idle' && resolvedLocation?.href !== from;
    };
  }, path);
  await page.waitForFunction(() => self.arrived());
}

declare global {
  var __TSR_ROUTER__: { state: { status: string; resolvedLocation?: { href: string } } };
  var arrived: () => boolean;
}

/** The reader's system goes light or dark, and the page with it. */
export async function wearing(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
  await page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    // Colours on their way have the contrast of neither theme.
    const under = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(under.map((one) => one.finished));
  });
}

/** Rules about colours. */
export const COLOURS = ['color-contrast', 'link-in-text-block'];

/** What WCAG 2.2 AA finds fault with, a line each; with names of rules, only by these. */
export async function faults(page: Page, rules?: readonly string[]): Promise<string[]> {
  const run = rules ? { type: 'rule', values: rules } : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
  // Not by a script element: the content policy refuses one, as it must.
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axeSource);
  return page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(run)}, resultTypes: ['violations'] })
      .then(({ violations }) => violations.flatMap((one) => one.nodes.map((node) => one.id + ': ' + node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? ''))))`,
  ) as Promise<string[]>;
}

/** Takes a picture for who wants to look; ORBIT_PICTURES names the directory. */
export const look = async (page: Page, name: string) => {
  const directory = process.env.ORBIT_PICTURES;
  if (directory) await page.screenshot({ path: `${directory}/${name}.png` });
};

/** Chooses an option of a select by the words of its label. */
export const choose = async (page: Page, field: string, option: string) => {
  await page.getByRole('combobox', { name: field, exact: true }).click();
  await page.locator('.ant-select-item-option', { hasText: option }).first().click();
};
