import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileError } from '../foundation/durable.js';
import { errno, GdprError } from '../foundation/errors.js';

/** The GdprError for anything that the file system refused; a GdprError stays what it is. */
export function unavailable(path: string, error: unknown): GdprError {
  const known = fileError(path, error);
  if (known instanceof GdprError) return known;
  const reason = errno(error);
  return new GdprError('FILE_UNAVAILABLE', `cannot use ${path}${reason === undefined ? '' : `: ${reason}`}`, {
    cause: error,
  });
}

/** ZIP headers come in pieces of two and four bytes: gathered, because a write for each took 40 times as long. */
const WRITE_BYTES = 256 * 1024;

/** A new file (0600) that is hashed while it is written. */
export class OutputFile {
  readonly #hash = createHash('sha256');
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #bytes = 0;
  #closed = false;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE */
  static async create(path: string): Promise<OutputFile> {
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
      return new OutputFile(path, await open(path, flags, 0o600));
    } catch (error) {
      if (errno(error) !== 'EEXIST') throw unavailable(path, error);
      throw new GdprError('ALREADY_EXISTS', `${path} exists already`, {
        cause: error,
        hint: 'another run is writing it, or one was interrupted: let it end, or run gdpr recover',
      });
    }
  }

  /** Writes the stream to its end, no faster than the disk takes it. @throws GdprError FILE_UNAVAILABLE */
  async write(stream: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of stream) {
        this.#pending.push(chunk);
        this.#pendingBytes += chunk.length;
        if (this.#pendingBytes >= WRITE_BYTES) await this.#flush();
      }
      await this.#flush();
    } catch (error) {
      throw unavailable(this.path, error);
    }
  }

  /** fsync and close: SHA-256 (hexadecimal) and size of the file. @throws GdprError FILE_UNAVAILABLE */
  async seal(): Promise<{ sha256: string; bytes: number }> {
    try {
      await this.handle.sync();
      await this.close();
    } catch (error) {
      throw unavailable(this.path, error);
    }
    return { sha256: this.#hash.digest('hex'), bytes: this.#bytes };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.handle.close();
  }

  async #flush(): Promise<void> {
    const data = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#hash.update(data);
    this.#bytes += data.length;
    await this.handle.writeFile(data);
  }
}
