import { crc32, inflateRawSync } from 'node:zlib';

/** An entry as a forger builds it: every field can lie. */
export interface Part {
  name: string;
  content: Buffer;
  /** What stands in the file for the content, as when it is encrypted. */
  data?: Buffer;
  /** The name in the local header, when it differs. */
  localName?: string;
  /** Unix mode with the file type. */
  mode?: number;
  flags?: number;
  extra?: Buffer;
  comment?: string;
  /** Junk between this entry and the next. */
  gap?: Buffer;
  /** CRC-32 in the directory, when it differs. */
  crc?: number;
}

/** The entries of a sound ZIP, by its directory. */
export function unpackZip(zip: Buffer): Part[] {
  const end = zip.length - 22;
  const parts: Part[] = [];
  for (let at = zip.readUInt32LE(end + 16); at < end; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    parts.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      content: zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : Buffer.from(data),
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return parts;
}

/** A ZIP of stored entries; offsets in it count from the first entry, not from what is put before it. */
export function packZip(parts: readonly Part[], comment = ''): Buffer {
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const local = localHeader(part);
    const pieces = [
      local,
      Buffer.from(part.localName ?? part.name),
      part.data ?? part.content,
      part.gap ?? Buffer.alloc(0),
    ];
    directory.push(directoryHeader(part, offset));
    body.push(...pieces);
    offset += pieces.reduce((sum, { length }) => sum + length, 0);
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...body, ...directory, end, Buffer.from(comment)]);
}

function localHeader(part: Part): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, part);
  header.writeUInt16LE(Buffer.byteLength(part.localName ?? part.name), 26);
  return header;
}

function directoryHeader(part: Part, offset: number): Buffer {
  const header = Buffer.alloc(46);
  const extra = part.extra ?? Buffer.alloc(0);
  const comment = Buffer.from(part.comment ?? '');
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE((3 << 8) | 20, 4);
  writeCommon(header, 6, part);
  header.writeUInt32LE(part.crc ?? crc32(part.content), 16);
  header.writeUInt16LE(Buffer.byteLength(part.name), 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt16LE(comment.length, 32);
  header.writeUInt32LE(((part.mode ?? 0o100600) << 16) >>> 0, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, Buffer.from(part.name), extra, comment]);
}

/** Version, flags, method, time, date, CRC-32 and sizes, which both headers hold in this order. */
function writeCommon(header: Buffer, at: number, part: Part): void {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE(part.flags ?? 0, at + 2);
  header.writeUInt32LE(0x5c64_28c3, at + 6);
  header.writeUInt32LE(crc32(part.content), at + 10);
  header.writeUInt32LE((part.data ?? part.content).length, at + 14);
  header.writeUInt32LE(part.content.length, at + 18);
}
