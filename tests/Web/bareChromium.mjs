// Chromium with nobody attached to its pages but the one who measures. Test tools follow the network of every page, and then Chromium keeps what
// a page has received (up to 100 MB) in that page's own process, which is just what is to be measured.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ARGUMENTS = [
    '--headless',
    '--remote-debugging-pipe',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--enable-precise-memory-info',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-default-apps',
    '--disable-extensions',
    '--disable-sync',
    '--disable-domain-reliability',
    '--no-pings',
    '--mute-audio',
    '--force-color-profile=srgb',
    '--lang=en-US',
    'about:blank',
];

/** A browser of its own with one page, driven over a pipe. */
export class BareChromium {
    #directory = mkdtempSync(join(tmpdir(), 'orbit-chromium-'));
    #process;
    #answers = new Map();
    #listeners = new Set();
    #sent = 0;
    #session;

    static async launch(executable) {
        const browser = new BareChromium();
        browser.#start(executable);
        const { targetInfos } = await browser.send('Target.getTargets');
        const { targetId } = targetInfos.find((one) => one.type === 'page');
        browser.#session = (await browser.send('Target.attachToTarget', { targetId, flatten: true })).sessionId;
        await browser.page('Emulation.setDeviceMetricsOverride', { width: 1280, height: 800, deviceScaleFactor: 1, mobile: false });
        return browser;
    }

    #start(executable) {
        this.#process = spawn(executable, [...ARGUMENTS, `--user-data-dir=${this.#directory}`], {
            stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
        });
        let rest = '';
        this.#process.stdio[4].setEncoding('utf8').on('data', (text) => {
            const parts = (rest + text).split('\0');
            rest = parts.pop();
            for (const part of parts) this.#receive(JSON.parse(part));
        });
    }

    #receive(message) {
        const answer = this.#answers.get(message.id);
        this.#answers.delete(message.id);
        if (!answer) for (const listener of this.#listeners) listener(message);
        else if (message.error) answer.fail(new Error(message.error.message));
        else answer.done(message.result);
    }

    /** A call to the browser, or to a session of it. */
    send(method, params = {}, sessionId = undefined) {
        const id = ++this.#sent;
        return new Promise((done, fail) => {
            this.#answers.set(id, { done, fail });
            this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
        });
    }

    /** A call to the page. */
    page(method, params) {
        return this.send(method, params, this.#session);
    }

    /** Told of every event until the returned function is called. */
    listen(listener) {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    /** The value of an expression in the page. */
    async evaluate(expression) {
        const { result, exceptionDetails } = await this.page('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
        return result.value;
    }

    async goto(url) {
        await this.page('Page.navigate', { url });
    }

    /** Waits until an expression holds in the page. */
    async until(expression, limit = 120_000) {
        const deadline = performance.now() + limit;
        while (performance.now() < deadline) {
            if (await this.evaluate(`Boolean(${expression})`).catch(() => false)) return; // between two documents there is nobody to ask
            await new Promise((next) => setTimeout(next, 50));
        }
        throw new Error(`It did not come to pass that ${expression}`);
    }

    /** A key as a keyboard sends it. */
    async press(key) {
        const text = key.length === 1 ? { text: key } : key === 'Enter' ? { text: '\r' } : {};
        const code = { Backspace: 8, Enter: 13, PageDown: 34, ArrowDown: 40 }[key] ?? key.toUpperCase().charCodeAt(0);
        await this.page('Input.dispatchKeyEvent', { type: 'keyDown', key, windowsVirtualKeyCode: code, ...text });
        await this.page('Input.dispatchKeyEvent', { type: 'keyUp', key, windowsVirtualKeyCode: code });
    }

    async close() {
        const ended = new Promise((done) => this.#process.once('exit', done));
        void this.send('Browser.close').catch(() => undefined);
        const hard = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
        await ended;
        clearTimeout(hard);
        rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
    }
}
