import { access, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ZipArchive } from 'archiver';
import { renameDurably } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import {
  type ArchivedFile,
  MANIFEST_NAME,
  MAX_FILES,
  MIMETYPE,
  MIMETYPE_NAME,
  mediaTypeProblem,
  NameSet,
  nameProblem,
  SIGNATURES_NAME,
} from './layout.js';
import { manifestXml } from './manifest.js';
import { OutputFile, unavailable } from './output.js';
import type { Signer } from './signer.js';
import { type ArchiveSource, MeasuredSource, sourceError } from './source.js';
import { requestTimestamp } from './timestamp.js';
import { signatureXml } from './xades.js';

export type { ArchiveSource } from './source.js';

export interface ArchiveOptions {
  /** Where the archive will stand once published; until then it is `<path>.partial`. */
  readonly path: string;
  readonly signer: Signer;
  /** An RFC 3161 timestamp authority; with it the signature is B-T. */
  readonly timestamp?: { readonly url: string };
  /** Stands in the signature and as the date of every entry, so that the same input gives the same bytes. */
  readonly signingTime: Date;
}

export interface AddedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface FinishedArchive {
  /** The signed container, fsynced, not yet under its name. */
  readonly partial: string;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly files: readonly ArchivedFile[];
}

export interface ArchiveWriter {
  /**
   * Streams one file into the container; calls take their turn. A file above a megabyte is packed for speed, which
   * makes it some 12 to 19 % larger in half the time; one of a few kilobytes stands as it is.
   * @throws RangeError for a name or media type that cannot stand in a container
   * @throws GdprError FILE_UNAVAILABLE when the disk or the source fails; a source's GdprError passes unchanged
   */
  add(name: string, mediaType: string, source: ArchiveSource): Promise<AddedFile>;
  /**
   * Signs, writes the rest of the container and fsyncs it as `.partial`, without renaming.
   * @throws RangeError when no file was added
   * @throws GdprError FILE_UNAVAILABLE; SERVICE_UNAVAILABLE when the timestamp authority gives no timestamp
   */
  finish(): Promise<FinishedArchive>;
  /** rename → fsync of the folder, after `finish`. @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE */
  publish(): Promise<void>;
  /** Removes the `.partial`; nothing to do once published. */
  abort(): Promise<void>;
}

/**
 * Opens `<path>.partial` (0600) for an ASiC-E container.
 * @throws RangeError for a signing time that a ZIP cannot hold (before 1980 or after 2107)
 * @throws GdprError ALREADY_EXISTS when the archive or its `.partial` is there, FILE_UNAVAILABLE
 */
export async function createArchive(options: ArchiveOptions): Promise<ArchiveWriter> {
  const year = options.signingTime.getUTCFullYear();
  if (!(year >= 1980 && year <= 2107)) throw new RangeError('the signing time is not a date between 1980 and 2107');
  await refuseExisting(options.path);
  const writer = new ContainerWriter(options, await OutputFile.create(partialOf(options.path)));
  try {
    await writer.begin();
    return writer;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** The name under which an archive stands until it is published. */
export function partialOf(path: string): string {
  return `${path}.partial`;
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw unavailable(path, error);
  }
  throw new GdprError('ALREADY_EXISTS', `${path} exists already`, {
    hint: 'choose another name; archives are never overwritten',
  });
}

/** Below, packing gains nothing that a disk would notice. */
const SMALL_BYTES = 4096;
/** From here on speed counts for more than size. */
const LARGE_BYTES = 1024 * 1024;

interface Content {
  readonly content: Readable | Buffer;
  /** As it is, without packing. */
  readonly store: boolean;
}

type State = 'open' | 'finished' | 'published' | 'aborted';

class ContainerWriter implements ArchiveWriter {
  readonly #options: ArchiveOptions;
  readonly #output: OutputFile;
  // archiver has no compression level per entry, but reads this object anew for each: see the test of large files.
  readonly #zlib = { level: 6 };
  readonly #zip: ZipArchive;
  readonly #written: Promise<void>;
  /** Why the container ended, and who waits for an entry when it does: one, so that no entry is held once it is written. */
  #ended: { readonly error: unknown } | undefined;
  #onEnd: ((error: unknown) => void) | undefined;
  readonly #names = new NameSet();
  readonly #files: ArchivedFile[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #state: State = 'open';
  #failure: { error: unknown } | undefined;

  constructor(options: ArchiveOptions, output: OutputFile) {
    this.#options = options;
    this.#output = output;
    this.#zip = new ZipArchive({ zlib: this.#zlib });
    this.#zip.on('error', () => {});
    this.#written = output.write(this.#zip);
    const end = (error: unknown) => {
      this.#ended = { error };
      this.#onEnd?.(error);
    };
    this.#written.then(() => end(new Error(`the archive is ${this.#state}`)), end);
  }

  async begin(): Promise<void> {
    await this.#entry(MIMETYPE_NAME, () => ({ content: Buffer.from(MIMETYPE), store: true }));
  }

  async add(name: string, mediaType: string, source: ArchiveSource): Promise<AddedFile> {
    this.#expectOpen();
    const typeProblem = mediaTypeProblem(mediaType);
    if (typeProblem !== undefined) throw new RangeError(`the media type of a file in an archive ${typeProblem}`);
    const problem = nameProblem(name) ?? this.#names.add(name);
    if (problem !== undefined) throw new RangeError(`the name of a file in an archive ${problem}`);
    return await this.#inTurn(async () => {
      if (this.#files.length === MAX_FILES) throw new RangeError(`an archive holds at most ${MAX_FILES} files`);
      const file = await this.#measuredEntry(name, source);
      this.#files.push({ ...file, mediaType });
      return file;
    });
  }

  async finish(): Promise<FinishedArchive> {
    this.#expectOpen();
    return await this.#inTurn(async () => {
      if (this.#files.length === 0) throw new RangeError('an archive needs at least one file to sign');
      const { path, signer, signingTime, timestamp } = this.#options;
      const signature = await signatureXml({
        files: this.#files,
        signer,
        signingTime,
        ...(timestamp === undefined ? {} : { timestamp: (value: Buffer) => requestTimestamp(timestamp.url, value) }),
      });
      await this.#measuredEntry(MANIFEST_NAME, manifestXml(this.#files));
      await this.#measuredEntry(SIGNATURES_NAME, signature);
      this.#zip.finalize().catch(() => {});
      await this.#written;
      const sealed = await this.#output.seal();
      this.#state = 'finished';
      return { partial: this.#output.path, path, ...sealed, files: [...this.#files] };
    });
  }

  async publish(): Promise<void> {
    if (this.#state !== 'finished') throw new Error(`an archive that is ${this.#state} cannot be published`);
    await refuseExisting(this.#options.path);
    await renameDurably(this.#output.path, this.#options.path);
    this.#state = 'published';
  }

  async abort(): Promise<void> {
    if (this.#state === 'published' || this.#state === 'aborted') return;
    this.#state = 'aborted';
    this.#zip.destroy();
    await this.#written.catch(() => {});
    await this.#turn.catch(() => {});
    try {
      await this.#output.close();
      await rm(this.#output.path, { force: true });
    } catch (error) {
      throw unavailable(this.#output.path, error);
    }
  }

  #expectOpen(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#state !== 'open') throw new Error(`the archive is ${this.#state}`);
  }

  /** One piece of work after the other. The first failure is the archive's: half an entry cannot be taken back. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn
      .catch(() => {})
      .then(async () => {
        this.#expectOpen();
        return await work();
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
        throw error;
      });
    this.#turn = turn;
    return await turn;
  }

  async #measuredEntry(name: string, source: ArchiveSource): Promise<AddedFile> {
    const measured = new MeasuredSource(source);
    const pieces = measured.chunks();
    const open = async () => {
      const { begin, whole } = await upTo(LARGE_BYTES, pieces);
      if (whole) {
        const content = Buffer.concat(begin);
        this.#zlib.level = 6;
        return { content, store: content.length < SMALL_BYTES };
      }
      this.#zlib.level = 1;
      return { content: Readable.from(following(begin, pieces), { objectMode: false }), store: false };
    };
    try {
      await this.#entry(name, open);
    } catch (error) {
      pieces.return(undefined).catch(() => {});
      throw error;
    }
    return { name, ...measured.result() };
  }

  /** Ends when the entry is in the ZIP, or as soon as its source, the ZIP or the disk fails. */
  async #entry(name: string, open: () => Promise<Content> | Content): Promise<void> {
    let stream: Readable | undefined;
    let settle = (): void => {};
    const ended = new Promise<never>((_, reject) => {
      if (this.#ended !== undefined) reject(this.#ended.error);
      this.#onEnd = reject;
    });
    const append = async () => {
      const { content, store } = await open();
      if (content instanceof Readable) stream = content;
      const done = new Promise<void>((resolve, reject) => {
        settle = resolve;
        this.#zip.once('entry', resolve);
        // archiver pipes its sources, and a pipe swallows errors.
        stream?.once('error', reject);
      });
      this.#zip.append(content, { name, store, date: this.#options.signingTime, mode: 0o600 });
      await done;
    };
    try {
      const appended = append().catch((error: unknown) => {
        throw sourceError(name, error);
      });
      await Promise.race([appended, ended]);
    } catch (error) {
      this.#zip.destroy();
      stream?.destroy();
      throw this.#state === 'aborted' ? new Error('the archive is aborted', { cause: error }) : error;
    } finally {
      this.#zip.off('entry', settle);
      this.#onEnd = undefined;
      ended.catch(() => {});
    }
  }
}

/** The first pieces, until they are `bytes` or more, or the `whole` of what there is. */
async function upTo(
  bytes: number,
  pieces: AsyncIterator<Uint8Array>,
): Promise<{ begin: Uint8Array[]; whole: boolean }> {
  const begin: Uint8Array[] = [];
  for (let gathered = 0; gathered < bytes; ) {
    const { value, done } = await pieces.next();
    if (done === true) return { begin, whole: true };
    begin.push(value);
    gathered += value.length;
  }
  return { begin, whole: false };
}

async function* following(begin: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* begin;
  yield* rest;
}
