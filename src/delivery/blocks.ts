import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { fileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';

/** The file's bytes in blocks of `size`, the last one shorter. @throws GdprError FILE_UNAVAILABLE */
export async function* fileBlocks(path: string, size: number): AsyncGenerator<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    for (;;) {
      const block = await fullBlock(handle, size);
      if (block.length > 0) yield block;
      if (block.length < size) return;
    }
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await handle?.close();
  }
}

/** A read may give less than was asked for, and yet not be at the end. */
async function fullBlock(handle: FileHandle, size: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(block, filled, size - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return block.subarray(0, filled);
}

/** What was read of a file before; it has to be the same bytes again. */
export interface KnownFile {
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** The blocks of a file that must not change. @throws GdprError FILE_UNAVAILABLE, VERIFICATION_FAILED when it did */
export async function* knownBlocks({ path, bytes, sha256 }: KnownFile, size: number): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let seen = 0;
  for await (const block of fileBlocks(path, size)) {
    hash.update(block);
    seen += block.length;
    if (seen > bytes) throw changed(path);
    yield block;
  }
  if (seen !== bytes || hash.digest('hex') !== sha256) throw changed(path);
}

function changed(path: string): GdprError {
  return new GdprError('VERIFICATION_FAILED', `${path} was changed while it was read`, {
    hint: 'run the command again on a file that nobody writes to',
  });
}
