import { crc32 } from 'node:zlib';
import type { Entry, LocalFileHeader } from 'yauzl';
import { Fault, named, printable } from './fault.js';
import { MANIFEST_NAME, MIMETYPE, MIMETYPE_NAME, NameSet, nameProblem, SIGNATURES_NAME } from './layout.js';
import type { ArchiveEntry, ArchiveReader } from './read.js';

const END_BYTES = 22;
const ZIP64_END_BYTES = 56 + 20;
const MAX_UINT32 = 0xffff_ffff;
const DESCRIPTOR_FLAG = 0x0008;
const UTF8_FLAG = 0x0800;
const ZIP64_EXTRA = 0x0001;

/** The file begins with a stored entry `mimetype` without extra field or descriptor (EN 319 162-1 §A.1). */
export async function checkMimetype(archive: ArchiveReader): Promise<void> {
  const content = Buffer.from(MIMETYPE);
  const found = await archive.bytesAt(0, 38 + content.length);
  // Version and date are free; all else of the 38 + 31 bytes is fixed.
  const expected = Buffer.alloc(38);
  found.copy(expected, 4, 4, 6);
  found.copy(expected, 10, 10, 14);
  expected.writeUInt32LE(0x0403_4b50, 0);
  expected.writeUInt32LE(crc32(content), 14);
  expected.writeUInt32LE(content.length, 18);
  expected.writeUInt32LE(content.length, 22);
  expected.writeUInt16LE(MIMETYPE_NAME.length, 26);
  expected.write(MIMETYPE_NAME, 30);
  if (!found.equals(Buffer.concat([expected, content])))
    throw new Fault('the first 69 bytes are not the mimetype record');
  if (archive.entries[0]?.name !== MIMETYPE_NAME) throw new Fault('mimetype is not the first entry of the directory');
}

/** Every byte belongs to an entry, the directory or its end record: nothing before, between or after, no comments. */
export async function checkNothingOutside(archive: ArchiveReader): Promise<void> {
  let position = 0;
  for (const entry of archive.entries) {
    const { header } = entry;
    if (header.relativeOffsetOfLocalHeader !== position)
      throw new Fault('the entries do not follow each other without gap');
    if (header.fileCommentLength > 0) throw new Fault('an entry has a comment');
    const local = await archive.localHeader(entry);
    position = local.fileDataStart + header.compressedSize + (await descriptorBytes(archive, entry, local));
  }
  const headersBytes = archive.entries.reduce(
    (sum, { header }) => sum + 46 + header.fileNameLength + header.extraFieldLength,
    0,
  );
  await checkEnd(archive, position, headersBytes);
}

async function checkEnd(archive: ArchiveReader, directory: number, directoryBytes: number): Promise<void> {
  const rest = archive.size - directory - directoryBytes;
  if (rest !== END_BYTES && rest !== END_BYTES + ZIP64_END_BYTES) {
    throw new Fault('bytes stand between the directory and the end of the file');
  }
  const end = (await archive.bytesAt(archive.size - END_BYTES, END_BYTES)).toString('hex');
  const count = archive.entries.length;
  const zip64 = rest !== END_BYTES;
  const record = Buffer.alloc(END_BYTES);
  record.writeUInt32LE(0x0605_4b50, 0);
  for (const at of [8, 10]) record.writeUInt16LE(zip64 ? 0xffff : count, at);
  record.writeUInt32LE(zip64 ? MAX_UINT32 : directoryBytes, 12);
  record.writeUInt32LE(zip64 ? MAX_UINT32 : directory, 16);
  if (end !== record.toString('hex')) throw new Fault('the end-of-directory record is not exact');
  if (zip64) await checkZip64End(archive, directory, directoryBytes);
}

async function checkZip64End(archive: ArchiveReader, directory: number, directoryBytes: number): Promise<void> {
  const found = await archive.bytesAt(directory + directoryBytes, ZIP64_END_BYTES);
  const record = Buffer.alloc(ZIP64_END_BYTES);
  record.writeUInt32LE(0x0606_4b50, 0);
  record.writeBigUInt64LE(44n, 4);
  found.copy(record, 12, 12, 16);
  for (const at of [24, 32]) record.writeBigUInt64LE(BigInt(archive.entries.length), at);
  record.writeBigUInt64LE(BigInt(directoryBytes), 40);
  record.writeBigUInt64LE(BigInt(directory), 48);
  record.writeUInt32LE(0x0706_4b50, 56);
  record.writeBigUInt64LE(BigInt(directory + directoryBytes), 64);
  record.writeUInt32LE(1, 72);
  if (!found.equals(record)) throw new Fault('the ZIP64 end-of-directory record is not exact');
}

/** Length of the data descriptor behind an entry's data, 0 when it has none. */
async function descriptorBytes(
  archive: ArchiveReader,
  { header }: ArchiveEntry,
  local: LocalFileHeader,
): Promise<number> {
  if ((header.generalPurposeBitFlag & DESCRIPTOR_FLAG) === 0) return 0;
  const long = header.compressedSize > MAX_UINT32 || header.uncompressedSize > MAX_UINT32;
  const expected = Buffer.alloc(long ? 24 : 16);
  expected.writeUInt32LE(0x0807_4b50, 0);
  expected.writeUInt32LE(header.crc32, 4);
  if (long) {
    expected.writeBigUInt64LE(BigInt(header.compressedSize), 8);
    expected.writeBigUInt64LE(BigInt(header.uncompressedSize), 16);
  } else {
    expected.writeUInt32LE(header.compressedSize, 8);
    expected.writeUInt32LE(header.uncompressedSize, 12);
  }
  const found = await archive.bytesAt(local.fileDataStart + header.compressedSize, expected.length);
  if (!found.equals(expected)) throw new Fault("an entry's data descriptor differs from the directory");
  return expected.length;
}

/** Programs that read the local headers and programs that read the directory see the same entries. */
export async function checkHeaders(archive: ArchiveReader): Promise<void> {
  const different: string[] = [];
  for (const entry of archive.entries) {
    const local = await archive.localHeader(entry);
    if (!sameHeader(entry.header, local)) different.push(entry.name);
  }
  if (different.length > 0) throw new Fault(`local header and directory differ: ${named(different)}`);
}

function sameHeader(header: Entry, local: LocalFileHeader): boolean {
  const streamed = (header.generalPurposeBitFlag & DESCRIPTOR_FLAG) !== 0;
  const sizes = [local.crc32, local.compressedSize, local.uncompressedSize];
  const expected = streamed ? [0, 0, 0] : [header.crc32, header.compressedSize, header.uncompressedSize];
  return (
    header.fileNameRaw.equals(local.fileName) &&
    header.generalPurposeBitFlag === local.generalPurposeBitFlag &&
    header.compressionMethod === local.compressionMethod &&
    header.lastModFileTime === local.lastModFileTime &&
    header.lastModFileDate === local.lastModFileDate &&
    sizes.every((size, index) => size === expected[index]) &&
    local.extraFieldLength === 0 &&
    header.extraFields.every(({ id, data }) => id === ZIP64_EXTRA && data.equals(zip64Extra(header)))
  );
}

/** The one extra field allowed, saying what the header says: an Info-ZIP path, say, renames an entry for some programs only. */
function zip64Extra(header: Entry): Buffer {
  const extra = Buffer.alloc(24);
  const { uncompressedSize, compressedSize, relativeOffsetOfLocalHeader } = header;
  [uncompressedSize, compressedSize, relativeOffsetOfLocalHeader].forEach((value, index) => {
    extra.writeBigUInt64LE(BigInt(value), index * 8);
  });
  return extra;
}

/** Names are plain ASCII paths below the archive's folder, unique in every case and Unicode form. */
export function checkNames(archive: ArchiveReader): void {
  const names = new NameSet();
  const faults: string[] = [];
  for (const { name } of archive.entries) {
    const problem = (isContainerName(name) ? undefined : nameProblem(name)) ?? names.add(name);
    if (problem !== undefined) faults.push(`${printable(name)} ${problem}`);
  }
  if (faults.length > 0) throw new Fault(faults.slice(0, 5).join('; '));
}

/** No links, folders or devices; stored or deflated; not encrypted. */
export function checkRegularFiles(archive: ArchiveReader): void {
  const odd = archive.entries.filter(({ name, header }) => {
    const type = (header.externalFileAttributes >>> 16) & 0o170000;
    const isFolder = (header.externalFileAttributes & 0x10) !== 0 || name.endsWith('/');
    const flags = header.generalPurposeBitFlag & ~(DESCRIPTOR_FLAG | UTF8_FLAG);
    return isFolder || ![0, 0o100000].includes(type) || flags !== 0 || ![0, 8].includes(header.compressionMethod);
  });
  if (odd.length > 0) throw new Fault(`not a plain file: ${named(odd.map(({ name }) => name))}`);
}

/** META-INF holds the manifest and one signature file, and nothing besides. */
export function checkMetaInf(archive: ArchiveReader): void {
  const found = archive.entries.map(({ name }) => name).filter(isInMetaInf);
  const foreign = found.filter((name) => !isContainerName(name));
  if (foreign.length > 0) throw new Fault(`META-INF holds what does not belong there: ${named(foreign)}`);
  const missing = [MANIFEST_NAME, SIGNATURES_NAME].filter((name) => !found.includes(name));
  if (missing.length > 0) throw new Fault(`missing: ${named(missing)}`);
}

/** The entries that a signature must cover: all but `mimetype` and META-INF. */
export function dataEntries(archive: ArchiveReader): ArchiveEntry[] {
  return archive.entries.filter(({ name }) => name !== MIMETYPE_NAME && !isInMetaInf(name));
}

function isContainerName(name: string): boolean {
  return name === MIMETYPE_NAME || name === MANIFEST_NAME || name === SIGNATURES_NAME;
}

function isInMetaInf(name: string): boolean {
  return /^meta-inf(\/|$)/i.test(name);
}
