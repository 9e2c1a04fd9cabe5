import { createHash } from 'node:crypto';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asFileError, privateFolder } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { openArchive } from './read.js';
import { type VerifyOptions, verifyArchive } from './verify.js';

export interface Extracted {
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/**
 * Takes the signed files out into a new or empty folder (0700, files 0600). The archive is verified first, and each
 * file's digest is compared again as it is written.
 * @throws GdprError VERIFICATION_FAILED, ALREADY_EXISTS when the folder holds anything, FILE_UNAVAILABLE
 */
export async function extractArchive(path: string, folder: string, trust: VerifyOptions): Promise<Extracted> {
  const { valid, files, checks } = await verifyArchive(path, trust);
  if (!valid) {
    const failed = checks.filter((check) => !check.ok).map((check) => check.title);
    throw new GdprError('VERIFICATION_FAILED', `the archive is not intact: ${failed.join('; ')}`, {
      hint: 'see: gdpr archive verify',
    });
  }
  await privateFolder(folder);
  if ((await asFileError(folder, () => readdir(folder))).length > 0) {
    throw new GdprError('ALREADY_EXISTS', `${folder} is not empty`, { hint: 'name a new folder' });
  }
  const archive = await openArchive(path);
  try {
    const signed = new Map(files.map((file) => [file.name, file]));
    for (const entry of archive.entries) {
      const file = signed.get(entry.name);
      if (file === undefined) continue;
      const target = join(folder, ...entry.name.split('/'));
      await asFileError(target, () => mkdir(dirname(target), { recursive: true, mode: 0o700 }));
      const hash = createHash('sha256');
      await asFileError(target, async () => {
        const handle = await open(target, 'wx', 0o600);
        try {
          for await (const chunk of archive.stream(entry)) {
            hash.update(chunk);
            await handle.writeFile(chunk);
          }
        } finally {
          await handle.close();
        }
      });
      if (hash.digest('hex') !== file.sha256) {
        throw new GdprError('VERIFICATION_FAILED', 'the archive was changed while it was read', {
          hint: 'run the command again on a copy that nobody writes to',
        });
      }
    }
    return { folder, files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })) };
  } finally {
    await archive.close();
  }
}
