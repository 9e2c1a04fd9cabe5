import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  type Entry,
  fromRandomAccessReaderPromise,
  type LocalFileHeader,
  RandomAccessReader,
  type ZipFile,
} from 'yauzl';
import { GdprError } from '../foundation/errors.js';
import { MAX_FILES } from './layout.js';
import { unavailable } from './output.js';

/** An entry of the ZIP's directory; nothing in it is trustworthy before the archive is verified. */
export interface ArchiveEntry {
  readonly name: string;
  /** Uncompressed size in bytes, as the directory states it; reading fails at any other. */
  readonly bytes: number;
  readonly header: Entry;
}

/** More than the container's own three entries beside the data files. */
const MAX_ENTRIES = MAX_FILES + 16;
const MAX_NAME_BYTES = 1024;
const MAX_EXTRA_BYTES = 1024;

/**
 * Opens a container and reads its directory.
 * @throws GdprError FILE_UNAVAILABLE; VERIFICATION_FAILED when it is not a ZIP or its directory is damaged
 */
export async function openArchive(path: string): Promise<ArchiveReader> {
  const { handle, size } = await openFile(path);
  try {
    await requireEndRecord(handle, size);
    const zip = await fromRandomAccessReaderPromise(new HandleReader(handle), size, {
      autoClose: false,
      decodeStrings: false,
      validateEntrySizes: true,
    });
    return new ArchiveReader(path, size, handle, zip, await directory(zip));
  } catch (error) {
    await handle.close();
    throw contentError(path, error);
  }
}

async function openFile(path: string): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (!stat.isFile()) throw new GdprError('FILE_UNAVAILABLE', `cannot use ${path}: it is not a regular file`);
    return { handle, size: stat.size };
  } catch (error) {
    await handle?.close();
    throw unavailable(path, error);
  }
}

/** yauzl searches backwards for the record, past whatever was appended; here it has to be the last 22 bytes. */
async function requireEndRecord(handle: FileHandle, size: number): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(22), 0, 22, Math.max(0, size - 22));
  if (bytesRead < 22 || buffer.readUInt32LE(0) !== 0x0605_4b50) {
    throw new Error('it does not end as a ZIP ends: it was cut off, something was appended, or it is no ZIP');
  }
}

async function directory(zip: ZipFile): Promise<ArchiveEntry[]> {
  if (zip.entryCount > MAX_ENTRIES) throw new Error('it has too many entries');
  const entries: ArchiveEntry[] = [];
  for await (const header of zip.eachEntry()) {
    if (header.fileNameLength > MAX_NAME_BYTES || header.extraFieldLength > MAX_EXTRA_BYTES) {
      throw new Error("an entry's name or extra field is too long");
    }
    entries.push({ name: header.fileNameRaw.toString('utf8'), bytes: header.uncompressedSize, header });
  }
  return entries;
}

const READ_BYTES = 64 * 1024;

/** Reads through a handle that stays ours to close: yauzl's own reader closes the number of a file that is closed already. */
class HandleReader extends RandomAccessReader {
  constructor(private readonly handle: FileHandle) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.handle.read(buffer, offset, length, position).then(({ bytesRead }) => callback(null, bytesRead), callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }

  async *#range(start: number, end: number): AsyncGenerator<Buffer> {
    for (let position = start; position < end; ) {
      const wanted = Math.min(READ_BYTES, end - position);
      const { buffer, bytesRead } = await this.handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

/** A container open for reading. Every error about its content is VERIFICATION_FAILED, about the disk FILE_UNAVAILABLE. */
export class ArchiveReader {
  constructor(
    readonly path: string,
    /** Size of the file in bytes. */
    readonly size: number,
    private readonly handle: FileHandle,
    private readonly zip: ZipFile,
    /** In the directory's order. */
    readonly entries: readonly ArchiveEntry[],
  ) {}

  /** The entry of that name; of two with one name neither. */
  entry(name: string): ArchiveEntry | undefined {
    const [found, second] = this.entries.filter((entry) => entry.name === name);
    return second === undefined ? found : undefined;
  }

  /** The entry's content in constant memory; ends with an error unless size and CRC-32 are as the directory says. */
  async *stream(entry: ArchiveEntry): AsyncGenerator<Buffer> {
    let crc = 0;
    let stream: Readable | undefined;
    try {
      stream = await this.zip.openReadStreamPromise(entry.header);
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        crc = crc32(chunk, crc);
        yield chunk;
      }
      if (crc !== entry.header.crc32) throw new Error('an entry differs from its CRC-32');
    } catch (error) {
      throw contentError(this.path, error);
    } finally {
      stream?.destroy();
    }
  }

  /** A small entry as a whole. */
  async content(entry: ArchiveEntry, maxBytes: number): Promise<Buffer> {
    if (entry.bytes > maxBytes) throw contentError(this.path, new Error('an entry is too large'));
    const chunks: Buffer[] = [];
    for await (const chunk of this.stream(entry)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async localHeader(entry: ArchiveEntry): Promise<LocalFileHeader> {
    try {
      return await this.zip.readLocalFileHeaderPromise(entry.header);
    } catch (error) {
      throw contentError(this.path, error);
    }
  }

  /** Raw bytes of the file; fewer than asked for at its end. */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    try {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await this.handle.read(buffer, 0, length, position);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw contentError(this.path, error);
    }
  }

  async close(): Promise<void> {
    this.zip.close();
    await this.handle.close();
  }
}

function contentError(path: string, error: unknown): GdprError {
  const known = unavailable(path, error);
  // A system error names its call; zlib's and yauzl's errors, which are about the content, do not.
  if (error instanceof GdprError || (error instanceof Error && 'syscall' in error)) return known;
  return new GdprError(
    'VERIFICATION_FAILED',
    `${path} is not a sound archive: ${error instanceof Error ? error.message : 'unknown'}`,
    {
      cause: error,
    },
  );
}
