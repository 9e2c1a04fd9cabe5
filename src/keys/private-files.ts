import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asFileError, fileError, privateFolder, syncFolder } from '../foundation/durable.js';
import { errno, GdprError, isMissing } from '../foundation/errors.js';

const GROUP_OR_OTHERS = 0o077;
/** A key or a certificate chain is a few kilobytes; anything larger is another file. */
const LARGEST_FILE = 1 << 20;

/**
 * Refuses a key folder that anybody but this user may enter, read or change.
 * @throws GdprError KEY_MISSING when there is none, KEY_EXPOSED, FILE_UNAVAILABLE when it is not a folder.
 */
export async function checkPrivateFolder(folder: string): Promise<void> {
  let found: Stats;
  try {
    found = await stat(folder);
  } catch (error) {
    if (isMissing(error)) throw keysMissing(folder);
    throw fileError(folder, error);
  }
  if (!found.isDirectory()) {
    throw new GdprError('FILE_UNAVAILABLE', `cannot use ${folder}: it is not a folder`, { hint: 'check the path' });
  }
  refuseExposed(`the key folder ${folder}`, folder, found, '700');
}

/** The refusal for a key folder that is not there. A key is never made anew where one is expected. */
function keysMissing(folder: string): GdprError {
  return new GdprError('KEY_MISSING', `there are no keys in ${folder}`, {
    hint: 'bring the copy of the keys with `gdpr key import`; only for a new installation make them with `gdpr key init`',
  });
}

/**
 * Reads a file that must belong to this user alone. Rights are read from the open file, so that what was checked
 * is what is read.
 * @param links whether the path may be a symbolic link: yes for a path that the operator names, no inside the key folder
 * @throws GdprError KEY_MISSING, KEY_EXPOSED, FILE_UNAVAILABLE
 */
export async function readPrivateFile(path: string, links: 'follow' | 'refuse' = 'refuse'): Promise<Buffer> {
  const handle = await openForReading(path, links);
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.size > LARGEST_FILE) {
      throw new GdprError('FILE_UNAVAILABLE', `cannot use ${path}: it is not a key file`, { hint: 'check the path' });
    }
    refuseExposed(`the key file ${path}`, path, found, '600');
    return await asFileError(path, () => handle.readFile());
  } finally {
    await handle.close();
  }
}

/**
 * Checks the rights of a key file without reading it; one that is not there is in order, because a machine may hold
 * only the keys that it needs.
 * @throws GdprError KEY_EXPOSED
 */
export async function checkPrivateFile(path: string): Promise<void> {
  try {
    refuseExposed(`the key file ${path}`, path, await stat(path), '600');
  } catch (error) {
    if (!isMissing(error)) throw fileError(path, error);
  }
}

async function openForReading(path: string, links: 'follow' | 'refuse'): Promise<FileHandle> {
  // O_NONBLOCK: a named pipe in the place of a key would otherwise hold the command for ever. Windows has neither flag.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  try {
    return await open(path, links === 'refuse' ? flags | (constants.O_NOFOLLOW ?? 0) : flags);
  } catch (error) {
    if (isMissing(error)) {
      throw new GdprError('KEY_MISSING', `the key file ${path} is missing`, {
        hint: 'bring it back from the copy of the keys or from a backup; it is never made anew',
      });
    }
    if (errno(error) === 'ELOOP') {
      throw new GdprError('KEY_EXPOSED', `the key file ${path} is a symbolic link`, {
        hint: 'put the file itself there and `chmod 600` it',
      });
    }
    throw fileError(path, error);
  }
}

function refuseExposed(what: string, path: string, found: Stats, mode: '600' | '700'): void {
  if (process.platform === 'win32') return;
  if (found.uid !== process.geteuid?.()) {
    throw new GdprError('KEY_EXPOSED', `${what} belongs to another user`, {
      hint: `give it to the user who runs gdpr: chown "$(id -u)" "${path}" && chmod ${mode} "${path}"`,
    });
  }
  if ((found.mode & GROUP_OR_OTHERS) !== 0) {
    const octal = (found.mode & 0o777).toString(8).padStart(4, '0');
    throw new GdprError('KEY_EXPOSED', `${what} is open to other users (mode ${octal})`, {
      hint: `chmod ${mode} "${path}"; if others had access, think of the keys as known to them`,
    });
  }
}

/**
 * Makes a folder (0700) with these files (0600), whole or not at all: temporary sibling folder → every file written
 * and fsynced → fsync of the temporary folder → rename → fsync of the parent. The rename also decides between two
 * processes: it fails when the other one has put its files there.
 * @throws GdprError ALREADY_EXISTS when the folder holds anything, FILE_UNAVAILABLE
 */
export async function writeFolderAtOnce(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  const parent = dirname(folder);
  await asFileError(parent, () => privateFolder(parent));
  const partial = await asFileError(parent, () => mkdtemp(join(parent, `${basename(folder)}.partial-`)));
  try {
    for (const [name, data] of files) {
      const path = join(partial, name);
      await asFileError(path, () => writeNew(path, data));
    }
    await asFileError(partial, () => syncFolder(partial));
    await moveFolder(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  await asFileError(parent, () => syncFolder(parent));
}

async function writeNew(path: string, data: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function moveFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(errno(error) ?? '')) throw alreadyThere(to);
    throw fileError(to, error);
  }
}

/** The refusal for a key folder that already holds something. */
export function alreadyThere(folder: string): GdprError {
  return new GdprError('ALREADY_EXISTS', `${folder} already holds keys`, {
    hint: 'keys are never overwritten; for a second installation use another workspace',
  });
}
