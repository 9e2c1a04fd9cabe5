import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errno, GdprError } from './errors.js';

/** Makes a rename or a new name in a folder survive a power cut. Windows cannot fsync a folder and does not need it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a folder (and its parents) that only its owner may enter. @throws GdprError FILE_UNAVAILABLE */
export async function privateFolder(folder: string): Promise<void> {
  await asFileError(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
}

/**
 * Writes a whole file or nothing: `.partial` → fsync → rename → fsync of the folder.
 * @param mode of the file, whatever the umask; 0600 is for its owner alone
 * @throws GdprError FILE_UNAVAILABLE when the disk is full or the folder cannot be written.
 */
export async function writeDurably(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const partial = join(dirname(path), `${basename(path)}.partial`);
  await asFileError(path, async () => {
    const handle = await open(partial, 'w', 0o600);
    try {
      if (mode !== 0o600) await handle.chmod(mode);
      await handle.writeFile(data);
      await handle.sync();
    } catch (error) {
      await unlink(partial).catch(() => {});
      throw error;
    } finally {
      await handle.close();
    }
    await renameDurably(partial, path);
  });
}

/** rename → fsync of the folder. The source must already be fsynced. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await asFileError(to, async () => {
    await rename(from, to);
    await syncFolder(dirname(to));
  });
}

/**
 * Appends whole lines and fsyncs before it returns. O_APPEND, so that two processes never overwrite each other.
 * A new file is 0600.
 */
export async function appendDurably(path: string, lines: string): Promise<void> {
  await asFileError(path, async () => {
    let handle: FileHandle;
    let fresh = false;
    try {
      handle = await open(path, constants.O_WRONLY | constants.O_APPEND);
    } catch (error) {
      if (errno(error) !== 'ENOENT') throw error;
      handle = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
      fresh = true;
    }
    try {
      await handle.appendFile(lines);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (fresh) await syncFolder(dirname(path));
  });
}

const FILE_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an input/output error',
  ENOENT: 'no such file or folder',
  EEXIST: 'something else is in its place',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EMFILE: 'too many open files',
  EFBIG: 'the file would grow too large',
};

/** Runs file work; a system error becomes FILE_UNAVAILABLE that names the path and the reason. */
export async function asFileError<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The GdprError for a system error on `path`; any other error is returned as it is. */
export function fileError(path: string, error: unknown): unknown {
  const code = errno(error);
  if (error instanceof GdprError || code === undefined || !(code in FILE_REASONS)) return error;
  return new GdprError('FILE_UNAVAILABLE', `cannot use ${path}: ${FILE_REASONS[code]}`, {
    cause: error,
    hint:
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'free some space and run the command again'
        : 'check the path and its permissions',
  });
}
