import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError } from './durable.js';

export type StoredRow = readonly (string | null)[];

const FLUSH_BYTES = 1 << 20;
const READ_BYTES = 1 << 18;
const BLOCK = 16;
const NEWLINE = 0x0a;

/**
 * Rows of text, written one after the other and read again from any place, in a temporary file. The file is encrypted
 * (AES-256-CTR) with a key that lives in this process only, so that a crash leaves nothing readable behind; its name
 * says nothing.
 */
export class RowStore {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #written = 0;
  readonly #key = randomBytes(32);
  readonly #iv = randomBytes(BLOCK);
  readonly #cipher = createCipheriv('aes-256-ctr', this.#key, this.#iv);

  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
  ) {}

  /** @throws GdprError FILE_UNAVAILABLE */
  static async create(folder: string): Promise<RowStore> {
    const path = join(folder, `${randomBytes(12).toString('hex')}.spool`);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    return new RowStore(await asFileError(folder, () => open(path, flags, 0o600)), path);
  }

  /** Where the next row will stand. */
  get position(): number {
    return this.#written + this.#waitingBytes;
  }

  /** @throws GdprError FILE_UNAVAILABLE */
  async append(row: StoredRow): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(row)}\n`);
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#waitingBytes > FLUSH_BYTES) await this.flush();
  }

  /** The rows between two positions, of what was flushed. @throws GdprError FILE_UNAVAILABLE */
  async *rows(start: number, end: number): AsyncGenerator<(string | null)[]> {
    const before = start % BLOCK;
    const decipher = createDecipheriv('aes-256-ctr', this.#key, counterAt(this.#iv, (start - before) / BLOCK));
    let line: Buffer[] = [];
    for (let at = start - before; at < end; ) {
      const encrypted = await this.#read(at, Math.min(READ_BYTES, end - at));
      const clear = decipher.update(encrypted);
      const piece = at < start ? clear.subarray(before) : clear;
      at += encrypted.length;
      let from = 0;
      for (let stop = piece.indexOf(NEWLINE); stop !== -1; stop = piece.indexOf(NEWLINE, from)) {
        line.push(piece.subarray(from, stop));
        from = stop + 1;
        yield JSON.parse(Buffer.concat(line).toString()) as (string | null)[];
        line = [];
      }
      line.push(piece.subarray(from));
    }
  }

  async discard(): Promise<void> {
    await this.handle.close();
    await unlink(this.path).catch(() => {});
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const { bytesRead, buffer } = await asFileError(this.path, () =>
      this.handle.read(Buffer.alloc(length), 0, length, position),
    );
    if (bytesRead === 0) throw new Error('the row store is shorter than it should be');
    return buffer.subarray(0, bytesRead);
  }

  /** Writes what waits; not while another call does. @throws GdprError FILE_UNAVAILABLE */
  async flush(): Promise<void> {
    if (this.#waitingBytes === 0) return;
    const bytes = this.#cipher.update(Buffer.concat(this.#waiting));
    await asFileError(this.path, async () => {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.handle.write(bytes, done, bytes.length - done, this.#written + done)).bytesWritten;
      }
    });
    this.#written += bytes.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** The counter of a block, as CTR mode counts from the initial one. */
function counterAt(iv: Buffer, block: number): Buffer {
  const counter = (BigInt(`0x${iv.toString('hex')}`) + BigInt(block)) % (1n << 128n);
  return Buffer.from(counter.toString(16).padStart(32, '0'), 'hex');
}
