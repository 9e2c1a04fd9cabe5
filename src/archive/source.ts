import { createHash } from 'node:crypto';
import { GdprError } from '../foundation/errors.js';

/** A file's content: whole, or in pieces that are asked for as the disk takes them. Text is written as UTF-8. */
export type ArchiveSource = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** A source that is hashed and counted while it flows. */
export class MeasuredSource {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(private readonly source: ArchiveSource) {}

  async *chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(this.source)) {
      const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (data.length === 0) continue;
      this.#hash.update(data);
      this.#bytes += data.length;
      yield data;
    }
  }

  /** Size in bytes and SHA-256 (hexadecimal) of what has flowed. */
  result(): { bytes: number; sha256: string } {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

function chunksOf(source: ArchiveSource): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  return typeof source === 'string' || source instanceof Uint8Array ? [source] : source;
}

/** The error for what a source threw: a refusal or a mistake in the code stays what it is, anything else may pass and is tried again. */
export function sourceError(name: string, error: unknown): unknown {
  const mistake = [TypeError, RangeError, ReferenceError, SyntaxError].some((type) => error instanceof type);
  if (error instanceof GdprError || mistake) return error;
  return new GdprError('FILE_UNAVAILABLE', `the source of ${name} failed before its end`, { cause: error });
}
