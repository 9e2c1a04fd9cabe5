/** The container's fixed names and limits (ETSI EN 319 162-1, ASiC-E with XAdES). */
export const MIMETYPE_NAME = 'mimetype';
export const MIMETYPE = 'application/vnd.etsi.asic-e+zip';
export const MANIFEST_NAME = 'META-INF/manifest.xml';
export const SIGNATURES_NAME = 'META-INF/signatures0.xml';

/** What the writer accepts and the reader expects at most: 20,000 files keep a verification under some 500 MB and 10 s. */
export const MAX_FILES = 20_000;
export const MAX_META_BYTES = 32 * 1024 * 1024;
const MAX_NAME_LENGTH = 200;

/** A file as the signature covers it: its media type, its size in bytes, SHA-256 in lower-case hexadecimal. */
export interface ArchivedFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Why a name cannot be a file's name inside an archive, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name === '' || name.length > MAX_NAME_LENGTH) return `is not 1 to ${MAX_NAME_LENGTH} characters long`;
  if (!/^[A-Za-z0-9._/-]+$/.test(name)) return 'holds other characters than A-Z a-z 0-9 . _ / -';
  if (name.startsWith('/')) return 'is an absolute path';
  const segments = name.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment.includes('..'))) {
    return 'holds an empty segment, "." or ".."';
  }
  if (/^(mimetype|meta-inf)$/i.test(segments[0] ?? '')) return 'is reserved for the container itself';
  return undefined;
}

/** Why a text is no media type (RFC 6838 names, optional parameters), or undefined. */
export function mediaTypeProblem(mediaType: string): string | undefined {
  const token = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
  const parameter = `; ?${token}=${token}`;
  return new RegExp(`^${token}/${token}(${parameter})*$`).test(mediaType) ? undefined : 'is not a media type';
}

/**
 * Names that can lie side by side on every file system: unique without regard to case or Unicode form, and no name
 * that is a file here and a folder there.
 */
export class NameSet {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();

  /** Adds the name and returns undefined, or returns why it cannot stand beside the others. */
  add(name: string): string | undefined {
    const key = name.normalize('NFKC').toLowerCase();
    if (this.#files.has(key)) return 'occurs twice (case and Unicode form aside)';
    const segments = key.split('/');
    const folders = segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
    if (this.#folders.has(key) || folders.some((folder) => this.#files.has(folder)))
      return 'is a file and a folder at once';
    this.#files.add(key);
    for (const folder of folders) this.#folders.add(folder);
    return undefined;
  }
}
