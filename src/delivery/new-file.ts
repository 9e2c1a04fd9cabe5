import { lstat, rm, unlink } from 'node:fs/promises';
import { OutputFile, unavailable } from '../archive/output.js';
import { asFileError, renameDurably } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';

/**
 * A whole new file or none, 0600: `.partial` → fsync → rename → fsync of the folder. The name must be free, at the
 * beginning and at the end; two runs for one name are told apart by the `.partial`.
 */
export class NewFile {
  #published = false;

  private constructor(
    readonly path: string,
    private readonly output: OutputFile,
  ) {}

  /** Whether it stands under its name. */
  get published(): boolean {
    return this.#published;
  }

  /** Where it stands until then. */
  get partial(): string {
    return this.output.path;
  }

  /** @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE */
  static async create(path: string): Promise<NewFile> {
    await refuseTaken(path);
    try {
      return new NewFile(path, await OutputFile.create(partialName(path)));
    } catch (error) {
      if (!(error instanceof GdprError) || error.code !== 'ALREADY_EXISTS') throw error;
      throw new GdprError('ALREADY_EXISTS', error.message, {
        cause: error,
        hint: 'another run is writing it, or one was interrupted: if none is running, delete it',
      });
    }
  }

  /**
   * Writes the whole content and fsyncs it; its SHA-256 (hexadecimal) and size.
   * @throws GdprError FILE_UNAVAILABLE; what the content throws
   */
  async fill(content: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }> {
    await this.output.write(content);
    return this.output.seal();
  }

  /** Puts the filled file under its name. @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE */
  async publish(): Promise<void> {
    await refuseTaken(this.path);
    await renameDurably(this.output.path, this.path);
    this.#published = true;
  }

  /** Takes the file back, published or not. */
  async discard(): Promise<void> {
    await this.output.close().catch(() => {});
    await unlink(this.#published ? this.path : this.output.path).catch(() => {});
  }
}

/** @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE */
export async function refuseTaken(path: string): Promise<void> {
  if (!(await isThere(path))) return;
  throw new GdprError('ALREADY_EXISTS', `${path} exists already`, {
    hint: 'nothing is overwritten: move it away, or choose another name',
  });
}

/** Removes what a killed run left half-written of the file; false when the file itself is there. @throws GdprError FILE_UNAVAILABLE */
export async function clearForAnother(path: string): Promise<boolean> {
  if (await isThere(path)) return false;
  await asFileError(path, () => rm(partialName(path), { force: true }));
  return true;
}

/** @throws GdprError FILE_UNAVAILABLE */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unavailable(path, error);
  }
}

function partialName(path: string): string {
  return `${path}.partial`;
}
