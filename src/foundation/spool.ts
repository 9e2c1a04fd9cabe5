import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError } from './durable.js';

/**
 * A queue of text, written once and read once: in memory up to `limit` bytes, past that in a temporary file.
 * The file is encrypted (AES-256-CTR) with a key that lives in this process only, so that a crash leaves
 * nothing readable behind; its name says nothing.
 */
export class Spool {
  #memory: string[] = [];
  #bytes = 0;
  #file:
    | { handle: FileHandle; path: string; key: Buffer; iv: Buffer; cipher: ReturnType<typeof createCipheriv> }
    | undefined;

  constructor(
    private readonly folder: string,
    private readonly limit = 1 << 20,
  ) {}

  async write(text: string): Promise<void> {
    this.#memory.push(text);
    this.#bytes += text.length;
    if (this.#bytes > this.limit) await this.#spill();
  }

  /** Everything written, in order; afterwards the spool is empty and its file gone. */
  async *drain(): AsyncGenerator<string | Buffer> {
    try {
      if (this.#file === undefined) {
        yield* this.#memory;
        return;
      }
      await this.#spill();
      const { path, key, iv } = this.#file;
      yield* createReadStream(path).pipe(createDecipheriv('aes-256-ctr', key, iv)) as AsyncIterable<Buffer>;
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    this.#memory = [];
    this.#bytes = 0;
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    await file.handle.close();
    await unlink(file.path).catch(() => {});
  }

  async #spill(): Promise<void> {
    await asFileError(this.folder, async () => {
      if (this.#file === undefined) {
        const path = join(this.folder, `${randomBytes(12).toString('hex')}.spool`);
        const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
        const key = randomBytes(32);
        const iv = randomBytes(16);
        this.#file = { handle, path, key, iv, cipher: createCipheriv('aes-256-ctr', key, iv) };
      }
      await this.#file.handle.appendFile(this.#file.cipher.update(this.#memory.join(''), 'utf8'));
      this.#memory = [];
      this.#bytes = 0;
    });
  }
}
