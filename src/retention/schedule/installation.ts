import { access, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { asFileError } from '../../foundation/durable.js';
import { GdprError, isMissing } from '../../foundation/errors.js';
import { describeKeys } from '../../keys/keys.js';
import type { Workspace } from '../../workspace/open.js';

/** A variable that the timer must set; only its name is known here. */
export interface NeededVariable {
  readonly name: string;
  readonly what: string;
}

/** This installation as a timer must know it; every path is absolute. */
export interface Installation {
  readonly node: string;
  readonly program: string;
  readonly workspace: string;
  readonly operator: string;
  /** Whom the workspace belongs to: a user's name, or its number where this is another user. */
  readonly user: string;
  /** The same as a number; undefined on Windows. */
  readonly uid: number | undefined;
  readonly variables: readonly NeededVariable[];
  /** Whether the keys need a passphrase. */
  readonly passphrase: boolean;
  /** Folders that a run writes to, none inside another. */
  readonly writes: readonly string[];
  /** Whether something that the run needs lies in /tmp or /var/tmp. */
  readonly usesTmp: boolean;
  /** The file that holds the variables, as `NAME='value'` lines, which a shell and systemd read alike. */
  readonly environmentFile: string;
  /** Arguments of the run, beginning with `retention run`. */
  readonly args: readonly string[];
}

const VARIABLES: Readonly<Record<string, string>> = {
  DATABASE_URL: 'the database server',
  PGPASSWORD: 'the password of the database role',
  PGPASSFILE: 'the file with the password of the database role',
  GDPR_SEAL_PASSPHRASE: "the passphrase of the e-seal's file",
};

/** How psql, too, takes the password; only where it is given here is it needed there. */
const PASSWORDS = ['PGPASSWORD', 'PGPASSFILE'];

/** Reads what a timer of this workspace needs; neither the database nor a key is opened. @throws GdprError as locating does, KEY_MISSING */
export async function readInstallation(
  workspace: Workspace,
  program: {
    readonly root: string;
    readonly maxDuration: string;
    readonly metrics: string | undefined;
    readonly environmentFile: string;
  },
): Promise<Installation> {
  const { config, paths, operator, surroundings } = workspace;
  const { environment } = surroundings;
  const { passphrase } = await describeKeys(paths.keys);
  const url = typeof config.database === 'object' ? config.database.url : undefined;
  const fromHere = config.database !== 'embedded' && url === undefined;
  const needed = new Set([
    ...(fromHere ? ['DATABASE_URL'] : []),
    ...(config.seal === undefined ? [] : ['GDPR_SEAL_PASSPHRASE']),
    ...(config.database === 'embedded' ? [] : PASSWORDS.filter((name) => (environment[name] ?? '') !== '')),
  ]);
  const metrics = program.metrics === undefined ? undefined : resolve(surroundings.folder, program.metrics);
  const written = [
    paths.state,
    paths.archives,
    dirname(paths.journal),
    ...(metrics === undefined ? [] : [dirname(metrics)]),
  ];
  const writes = outermost(await Promise.all(written.map(existing)));
  const own = { node: process.execPath, program: join(program.root, 'bin', 'run.js'), workspace: paths.root };
  const args = ['retention', 'run', '--workspace', paths.root, '--max-duration', program.maxDuration];
  if (metrics !== undefined) args.push('--metrics', metrics);
  const { uid } = await asFileError(paths.root, () => stat(paths.root));
  const known = process.getuid?.();
  const socket = decodeURIComponent(url ?? environment.DATABASE_URL ?? '');
  const installation = {
    ...own,
    operator,
    user: known === undefined || known === uid ? userInfo().username : String(uid),
    uid: known === undefined ? undefined : uid,
    variables: [...needed].map((name) => ({ name, what: VARIABLES[name] ?? '' })),
    passphrase,
    writes,
    environmentFile: resolve(surroundings.folder, program.environmentFile),
    usesTmp: [...Object.values(own), ...writes].some(inTmp) || /[/=]\/?(var\/)?tmp(\/|&|$)/.test(socket),
    args,
  };
  for (const text of [...Object.values(own), ...writes, ...args, installation.environmentFile]) {
    if (/\p{Cc}/u.test(text))
      throw new GdprError('USAGE', 'a path of this installation holds control characters, which no timer can name', {
        hint: 'move the workspace to a folder with an ordinary name',
      });
  }
  return installation;
}

function inTmp(path: string): boolean {
  return /^\/(var\/)?tmp(\/|$)/.test(path);
}

/** A unit may name only what is there: the nearest folder at or above the path. */
async function existing(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const found = await access(at).then(
      () => true,
      (error: unknown) => {
        if (isMissing(error)) return false;
        throw error;
      },
    );
    if (found || at === dirname(at)) return at;
  }
}

function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)]
    .filter(
      (path, _, all) =>
        !all.some((other) => other !== path && path.startsWith(other.endsWith(sep) ? other : other + sep)),
    )
    .sort();
}
