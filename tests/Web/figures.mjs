// Measures the pages in Debian's Chromium; tests/Benchmarks starts what they show and compares with the limits.
//   node figures.mjs load URL TIMES            the Now page, nothing cached: bytes on the wire, milliseconds until it can be used
//   node figures.mjs busy URL RUN SECONDS      a run that goes on: milliseconds from a key to the next picture, memory of the renderer
//   node figures.mjs pixel URL RUN COUNT FILE  milliseconds from an event on the host to the picture; FILE says when each test ended
// Prints one JSON object.
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { BareChromium } from './bareChromium.mjs';

const [what, server, ...rest] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser =
    what === 'busy'
        ? await BareChromium.launch(executablePath)
        : await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
try {
    const measures = { load, busy, pixel };
    console.log(JSON.stringify(await measures[what](...rest)));
} finally {
    await browser.close();
}

async function open(state) {
    const context = await browser.newContext({
        baseURL: server,
        viewport: { width: 1280, height: 800 },
        ...(state ? { storageState: state } : {}),
    });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    return { context, page };
}

async function signedIn() {
    const { context, page } = await open();
    await page.goto('/');
    await page.locator('input[type=email]').fill('page@example.org');
    await page.keyboard.press('Enter');
    await page.locator('.shell').waitFor();
    return { context, page };
}

/** Each time a new profile. It can be used when its lists are there and the page's thread has ended the last task over 50 ms. */
async function load(times) {
    const first = await signedIn();
    const state = await first.context.storageState();
    await first.context.close();
    const bytes = [];
    const interactive = [];
    for (let n = 0; n < Number(times); n++) {
        const { context, page } = await open(state);
        const wire = await context.newCDPSession(page);
        await wire.send('Network.enable');
        await wire.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
        let received = 0;
        wire.on('Network.loadingFinished', ({ encodedDataLength }) => (received += encodedDataLength));
        await page.addInitScript(() => {
            window.longTasks = [];
            new PerformanceObserver((list) =>
                window.longTasks.push(...list.getEntries().map((one) => one.startTime + one.duration)),
            ).observe({
                type: 'longtask',
                buffered: true,
            });
            const look = () => {
                const shown =
                    document.querySelector('.page h1') &&
                    document.querySelector('.page .panel') &&
                    !/Loading…/.test(document.body.innerText);
                if (shown) requestAnimationFrame(() => setTimeout(() => (window.shownAt = performance.now())));
                else setTimeout(look, 10);
            };
            document.addEventListener('DOMContentLoaded', look);
        });
        await page.goto('/');
        await page.waitForFunction(() => window.shownAt > 0);
        await page.waitForTimeout(1500); // what comes after it is shown, the shared worker included
        interactive.push(await page.evaluate(() => Math.max(window.shownAt, ...window.longTasks)));
        // The worker's own file is fetched outside of the page.
        const script = await page.evaluate(
            () => performance.getEntriesByType('resource').find((one) => /worker/.test(one.name))?.name ?? '',
        );
        const worker =
            script === '' ? 0 : Number((await fetch(script, { headers: { 'accept-encoding': 'br' } })).headers.get('content-length'));
        bytes.push(received + worker);
        await context.close();
    }
    return { bytes: Math.max(...bytes), interactive };
}

/** Types into the filter of the tests and into the search of the log, moves through the rows, and goes back and forth between both. */
async function busy(run, seconds) {
    const empty = (await memory()).resident;
    await browser.goto(server);
    await browser.until("document.querySelector('input[type=email]')");
    await browser.evaluate("document.querySelector('input[type=email]').focus()");
    await browser.page('Input.insertText', { text: 'page@example.org' });
    await browser.press('Enter');
    await browser.until("document.querySelector('.shell')");
    await browser.goto(`${server}/runs/${run}?tab=tests`);
    await browser.until("document.querySelector('.test-row')");
    await browser.page('Performance.enable');
    await browser.evaluate(`(() => {
        window.latencies = new Map();
        new PerformanceObserver((list) => {
            for (const one of list.getEntries())
                if (one.interactionId)
                    window.latencies.set(one.interactionId, Math.max(window.latencies.get(one.interactionId) ?? 0, one.duration));
        }).observe({ type: 'event', durationThreshold: 16 });
    })()`);
    const profile = process.env.ORBIT_PAGE_PROFILE;
    if (profile) {
        await browser.page('Profiler.enable');
        await browser.page('Profiler.start');
    }
    const latencies = { tests: [], log: [] };
    const heaps = [];
    const residents = [];
    const owns = [];
    const rounds = [];
    let logLines = 0;
    const began = performance.now();
    const until = began + Number(seconds) * 1000;
    for (let round = 0; performance.now() < until; round++) {
        const tab = round % 2 === 0 ? 'tests' : 'log';
        const box = `document.querySelector('input[aria-label="${tab === 'tests' ? 'Filter by name' : 'Search the whole log'}"]')`;
        await browser.evaluate(`document.getElementById('tab-${tab}').click()`);
        await browser.until(box);
        await pause(1500);
        await browser.evaluate('window.latencies.clear()');
        let keys = 0;
        const press = async (key) => {
            await browser.press(key);
            keys++;
            await pause(110); // somebody who types fast
        };
        await browser.evaluate(`${box}.focus()`);
        for (const key of 'test_pay_17') await press(key);
        for (let n = 0; n < 11; n++) await press('Backspace');
        if (tab === 'tests') {
            await browser.evaluate("document.querySelector('[role=tree]').focus()");
            for (let n = 0; n < 10; n++) await press(n % 2 === 0 ? 'PageDown' : 'ArrowDown');
        } else {
            const last = await browser.evaluate("[...document.querySelectorAll('.log-number')].at(-1)?.textContent ?? ''");
            logLines = Math.max(logLines, Number(last.replace(/\D/g, '')));
        }
        await pause(300);
        const slow = await browser.evaluate('[...window.latencies.values()]');
        // An interaction that took less than 16 ms is not reported: it stands as that.
        const took = [...slow, ...Array(Math.max(0, keys - slow.length)).fill(16)];
        latencies[tab].push(...took);
        const { metrics } = await browser.page('Performance.getMetrics');
        heaps.push(metrics.find((one) => one.name === 'JSHeapUsedSize').value);
        const { resident, own } = await memory();
        residents.push(resident);
        owns.push(own);
        rounds.push({ minute: Math.floor((performance.now() - began) / 60_000) + 1, keys: took, resident, own, heap: heaps.at(-1) });
    }
    if (profile) writeFileSync(profile, JSON.stringify((await browser.page('Profiler.stop')).profile));
    if (process.env.ORBIT_PAGE_MEMORY) writeFileSync(process.env.ORBIT_PAGE_MEMORY, JSON.stringify(await allocated(), undefined, 1));
    return { ...latencies, heaps, residents, owns, rounds, empty, logLines };
}

function pause(milliseconds) {
    return new Promise((next) => setTimeout(next, milliseconds));
}

/** What each part of every process has allocated, in bytes, as Chromium counts it. */
async function allocated() {
    const events = [];
    let complete = () => undefined;
    const stop = browser.listen(({ method, params }) => {
        if (method === 'Tracing.dataCollected') events.push(...params.value);
        if (method === 'Tracing.tracingComplete') complete();
    });
    const completed = new Promise((done) => (complete = done));
    await browser.send('Tracing.start', {
        traceConfig: { includedCategories: ['disabled-by-default-memory-infra'], memoryDumpConfig: { triggers: [] } },
    });
    await browser.send('Tracing.requestMemoryDump', { levelOfDetail: 'detailed' });
    await browser.send('Tracing.end');
    await completed;
    stop();
    const processes = {};
    for (const { pid, args } of events) {
        const sizes = (processes[pid] ??= {});
        for (const [name, { attrs = {} }] of Object.entries(args?.dumps?.allocators ?? {})) {
            const bytes = parseInt(attrs.size?.value ?? '0', 16);
            if (bytes >= 1e6 && name.split('/').length <= 4) sizes[name] = bytes;
        }
    }
    return processes;
}

/** Memory of the largest renderer, which is the page's, for there is one page: resident bytes, and those of them that are no file's. */
async function memory() {
    const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
    const sizes = processInfo
        .filter((one) => one.type === 'renderer')
        .map((one) => {
            const status = readFileSync(`/proc/${one.id}/status`, 'utf8');
            const bytes = (field) => 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
            return { resident: bytes('VmRSS'), own: bytes('RssAnon') + bytes('RssShmem') };
        });
    return sizes.sort((a, b) => b.resident - a.resident)[0];
}

/** The first half of the tests is watched by the number of passed ones, the other half by the lines that they print. */
async function pixel(run, count, file) {
    const { context, page } = await signedIn();
    const half = Math.floor(Number(count) / 2);
    await page.goto(`/runs/${run}?tab=tests`);
    await page.locator('.test-row').first().waitFor();
    await page.evaluate(() => {
        window.passed = {};
        const look = () => {
            const number = Number(document.querySelector('.chip.passed b')?.textContent ?? 0);
            if (number > 0 && !window.passed[number]) {
                window.passed[number] = -1;
                requestAnimationFrame(() => setTimeout(() => (window.passed[number] = Date.now())));
            }
        };
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.waitForFunction((most) => Object.keys(window.passed).some((number) => Number(number) >= most), half);
    const passed = await page.evaluate(() => window.passed);
    await page.getByRole('tab', { name: /^Log/ }).click();
    await page.locator('.log-line', { hasText: /pixel/ }).first().waitFor();
    await page.evaluate(() => {
        window.opened = Date.now(); // what was printed before is no event of now
        window.lines = {};
        const look = () => {
            for (const line of document.querySelectorAll('.log-line')) {
                const found = /pixel (\d+) (\d+)/.exec(line.textContent);
                if (!found || window.lines[found[1]]) continue;
                window.lines[found[1]] = [-1, -1];
                requestAnimationFrame(() => setTimeout(() => (window.lines[found[1]] = [Number(found[2]), Date.now()])));
            }
        };
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.waitForFunction((most) => most in window.lines && window.lines[most][0] > 0, Number(count) - 1);
    const { lines, opened } = await page.evaluate(() => ({ lines: window.lines, opened: window.opened }));
    await context.close();
    const ended = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    const results = [];
    const first = Math.min(...Object.keys(passed).map(Number)); // what was over when the page was opened
    const others = 2; // tests before those that are watched
    for (let n = first + 1; n <= half; n++) {
        // A picture that shows several results at once is the picture of each of them.
        const at = Object.entries(passed).find(([number]) => Number(number) >= n)?.[1];
        if (at > 0) results.push(at - ended[n - 1 - others]);
    }
    return {
        results,
        lines: Object.entries(lines)
            .filter(([, [at, seen]]) => seen > 0 && at > opened)
            .map(([, [at, seen]]) => seen - at),
    };
}
