import type { ArchiveWriter } from '../archive/write.js';
import { Spool } from '../foundation/spool.js';

/** Files that are written in one transaction and signed in the next. */
export class Spools implements Pick<ArchiveWriter, 'add'> {
  readonly #files: { readonly name: string; readonly mediaType: string; readonly spool: Spool }[] = [];

  constructor(private readonly folder: string) {}

  async add(
    name: string,
    mediaType: string,
    source: Parameters<ArchiveWriter['add']>[2],
  ): ReturnType<ArchiveWriter['add']> {
    const spool = new Spool(this.folder);
    this.#files.push({ name, mediaType, spool });
    const decoder = new TextDecoder();
    const pieces = typeof source === 'string' || source instanceof Uint8Array ? [source] : source;
    for await (const piece of pieces)
      await spool.write(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }));
    return { name, bytes: 0, sha256: '' };
  }

  async into(archive: ArchiveWriter): Promise<{ readonly name: string; readonly sha256: string }[]> {
    const added: { name: string; sha256: string }[] = [];
    for (const { name, mediaType, spool } of this.#files) {
      const { sha256 } = await archive.add(name, mediaType, spool.drain());
      added.push({ name, sha256 });
    }
    return added;
  }

  async discard(): Promise<void> {
    for (const { spool } of this.#files) await spool.discard();
  }
}
