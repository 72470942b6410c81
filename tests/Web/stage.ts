import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const CONFIGURATION = process.env.CONFIGURATION ?? 'Release';
export const ADMIN = {
  email: 'admin@example.org',
  password: 'a long admin password',
};

const program = (folder: string, name: string) => join(ROOT, 'src', folder, 'bin', CONFIGURATION, 'net10.0', `${name}.dll`);

/** A control plane and an agent as real processes, with a directory of their own. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'orbit-web-'));
  private http = 0;
  private grpc = 0;
  private tls = 0;
  private server: ChildProcess | undefined;
  private agent: ChildProcess | undefined;
  private token = '';
  private ending = false;

  static async start(): Promise<Stage> {
    const stage = new Stage();
    [stage.http, stage.grpc, stage.tls] = await Promise.all([freePort(), freePort(), freePort()]);
    mkdirSync(join(stage.directory, 'suites'));
    await stage.startServer();
    await stage.refresh();
    return stage;
  }

  get url(): string {
    return `http://127.0.0.1:${this.http}`;
  }

  async startServer(): Promise<void> {
    this.server = this.launch('server', program('ControlPlane', 'orbit-control-plane'), [
      `--DataDirectory=${join(this.directory, 'data')}`,
      `--Access:AdminPassword=${ADMIN.password}`,
      `--Kestrel:Endpoints:Http:Url=${this.url}`,
      `--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:${this.grpc}`,
      `--Kestrel:Endpoints:Tls:Url=https://127.0.0.1:${this.tls}`, // with it comes an authority of its own
      '--Agents:HeartbeatInterval=00:00:01',
      '--Agents:LeaseDuration=00:00:06',
      `--Install:Directory=${join(this.directory, 'install')}`,
    ]);
    await until('the server is ready', async () => (await fetch(`${this.url}/readyz`)).ok, 60_000);
  }

  /** What the server itself calls an error; a visitor who leaves early is none. */
  complaints(): string[] {
    return readFileSync(join(this.directory, 'server.log'), 'utf8').match(/^(fail|crit): [^]*?(?=\n\w{4}: |$(?![^]))/gm) ?? [];
  }

  /** As a power cut would. */
  async killServer(): Promise<void> {
    await ended(this.server, 'SIGKILL');
  }

  /** An agent; an installed one lies where the install script would put it and is started again when it ends, so that it can be upgraded. */
  async startAgent(name = 'lab-1', installed = false): Promise<void> {
    const built = program('Agent', 'orbit-agent');
    const place = join(this.directory, 'program', 'orbit-agent.dll');
    if (installed) {
      cpSync(dirname(built), dirname(place), { recursive: true });
      writeFileSync(join(dirname(place), '.archive-sha256'), '0'.repeat(64));
    }
    const { token } = await this.call<{ token: string }>('POST', '/api/v1/agents/join-tokens', { name, labels: { pool: 'lab' } });
    const start = () => {
      this.agent = this.launch('agent', installed ? place : built, options, {
        ORBIT_AGENT_TOKEN: token,
        ...(installed ? { ORBIT_AGENT_KEPT: '1' } : {}),
      });
      if (installed) this.agent.on('exit', () => this.ending || start());
    };
    const options = [
      '--server',
      `http://127.0.0.1:${this.grpc}`,
      '--name',
      name,
      '--data',
      join(this.directory, 'agent'),
      '--allow',
      join(this.directory, 'suites'),
    ];
    start();
    await until('the agent is online', async () =>
      (await this.call<{ agents: { state: string }[] }>('GET', '/api/v1/agents')).agents.some((agent) => agent.state === 'ONLINE'),
    );
  }

  /** Offers agents the agent of this build under another version, which must be as long as the build's. */
  offerWorkingPackage(version: string): void {
    const content = join(this.directory, 'package', 'orbit-agent');
    const built = program('Agent', 'orbit-agent');
    rmSync(content, { recursive: true, force: true });
    cpSync(dirname(built), content, { recursive: true, filter: (path) => !/\.(pdb|xml)$/.test(path) });
    // What an agent says of itself stands in its assembly.
    const assembly = readFileSync(built);
    const said = /\d+\.\d+\.\d+(?=\+[0-9a-f]{8})/.exec(assembly.toString('latin1'))?.[0] ?? '';
    if (said.length !== version.length) throw new Error(`${built} says ${said}; ${version} is not as long.`);
    assembly.write(version, assembly.indexOf(`${said}+`), 'latin1');
    writeFileSync(join(content, 'orbit-agent.dll'), assembly);
    this.offerPackage(version);
  }

  /** Takes a directory of suites away, or puts it back: the host is no longer as the agent's policy has it. */
  hideSuites(hidden: boolean): void {
    const [suites, elsewhere] = [join(this.directory, 'suites'), join(this.directory, 'elsewhere')];
    if (hidden) renameSync(suites, elsewhere);
    else renameSync(elsewhere, suites);
  }

  /** Offers agents a package that has a version and, unless one was put there, no program in it. */
  offerPackage(version: string): void {
    const folder = join(this.directory, 'install', 'agent');
    const content = join(this.directory, 'package');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(content, 'orbit-agent'), { recursive: true });
    writeFileSync(join(content, 'orbit-agent', 'VERSION'), `${version}\n`);
    for (const system of ['linux-x64', 'linux-arm64']) {
      const archive = join(folder, `${system}.tar.gz`);
      execFileSync('tar', ['-czf', archive, '-C', content, 'orbit-agent']);
      writeFileSync(`${archive}.sha256`, createHash('sha256').update(readFileSync(archive)).digest('hex'));
    }
  }

  async stop(): Promise<void> {
    this.ending = true;
    await ended(this.agent, 'SIGTERM');
    await ended(this.server, 'SIGTERM');
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Signs in anew, under an address of its own: one session a person. */
  async refresh(): Promise<void> {
    this.token = await this.signIn('rest@example.org', ADMIN.password);
  }

  /** A call as the administrator. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** A test item whose tests wait until they are let through. */
  async gatedItem(name: string, count = 6): Promise<GatedItem> {
    const directory = join(this.directory, 'suites', name);
    mkdirSync(directory);
    writeFileSync(join(directory, 'test_gate.py'), SUITE.replaceAll('COUNT', String(count)));
    writeFileSync(join(directory, 'run.sh'), COMMAND);
    chmodSync(join(directory, 'run.sh'), 0o755);
    const parameters = {
      test: {
        dir: directory,
        command: ['./run.sh'],
        timeout_s: 300,
        env: { PYTHONDONTWRITEBYTECODE: '1' },
      },
      overridable: ['test.timeout_s'],
    };
    const set = await this.call<{ id: number }>('POST', '/api/v1/parameter-sets', { name, parameters });
    const item = await this.call<{ id: number }>('POST', '/api/v1/test-items', {
      name,
      parameter_set_id: set.id,
      labels: { pool: 'lab' },
    });
    return new GatedItem(this, item.id, directory, count);
  }

  private async signIn(email: string, password: string): Promise<string> {
    const answer = await fetch(`${this.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    return ((await answer.json()) as { token: string }).token;
  }

  private launch(name: string, path: string, args: string[], env: Record<string, string> = {}): ChildProcess {
    if (!existsSync(path)) throw new Error(`${path} is not built.`);
    const log = openSync(join(this.directory, `${name}.log`), 'a');
    const child = spawn('dotnet', [path, ...args], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    child.on('exit', (code, signal) => {
      if (code)
        console.error(`${name} ended with ${code ?? signal}:\n${readFileSync(join(this.directory, `${name}.log`), 'utf8').slice(-2000)}`);
    });
    return child;
  }
}

/** Something to trigger whose tests go on when the test says so. The one named `failing` fails. */
export class GatedItem {
  constructor(
    private readonly stage: Stage,
    readonly id: number,
    private readonly directory: string,
    private readonly count: number,
  ) {}

  async trigger(): Promise<number> {
    for (let n = 0; n < this.count; n++) {
      rmSync(join(this.directory, `go-${n}`), { force: true });
      rmSync(join(this.directory, `reached-${n}`), { force: true });
    }
    return (await this.stage.call<{ id: number }>('POST', `/api/v1/test-items/${this.id}/deploy-test`, {})).id;
  }

  letThrough(...tests: number[]): void {
    for (const n of tests) writeFileSync(join(this.directory, `go-${n}`), '');
  }

  letAllThrough(): void {
    this.letThrough(...Array.from({ length: this.count }, (_, n) => n));
  }

  letFail(test: number): void {
    writeFileSync(join(this.directory, `fail-${test}`), '');
  }

  reached(test: number): Promise<void> {
    return until(`test ${test} runs`, () => Promise.resolve(existsSync(join(this.directory, `reached-${test}`))));
  }
}

const SUITE = `
import os, time, pytest

@pytest.mark.parametrize("n", range(COUNT))
def test_gate(n):
    open("reached-%d" % n, "w").close()
    print("captured by test %d" % n)
    deadline = time.monotonic() + 80
    while not os.path.exists("go-%d" % n):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not os.path.exists("fail-%d" % n), "it was told to fail"
`;

const COMMAND = `#!/bin/sh
line() { i=1; while [ $i -le 500 ]; do echo "$1 $i"; i=$((i + 1)); done; }
line before
printf '\\033[31mred words\\033[0m\\n'
/usr/bin/python3 -m pytest -p no:cacheprovider -q
code=$?
line after
exit $code
`;

/** Waits for a condition; names it when it does not come. */
export async function until(what: string, holds: () => Promise<boolean>, limit = 30_000): Promise<void> {
  const deadline = performance.now() + limit;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      if (await holds()) return;
    } catch (error) {
      cause = error;
    }
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`It did not come to pass that ${what}.`, { cause });
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.on('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}

function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  return new Promise((done) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return done();
    const hard = setTimeout(() => child.kill('SIGKILL'), 15_000);
    child.on('exit', () => {
      clearTimeout(hard);
      done();
    });
    child.kill(signal);
  });
}
