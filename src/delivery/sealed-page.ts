import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { fileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { damaged } from './age.js';
import type { KnownFile } from './blocks.js';
import { CHUNK_CLOSE, CHUNK_OPEN, ENVELOPE_CLOSE, ENVELOPE_OPEN, type PageFacts, pageBottom, pageTop } from './page.js';
import { passphraseDigits } from './passphrase.js';
import {
  CHUNK_BYTES,
  type Header,
  headerText,
  ITERATIONS,
  type Metadata,
  parseHeader,
  parseMetadata,
  SALT_BYTES,
  SealKeys,
} from './sealed-format.js';

/** A line of this length is no chunk. */
const LONGEST_LINE = 4 * CHUNK_BYTES;

/**
 * An archive inside a page that decrypts itself, in constant memory; errors of the content pass unchanged.
 * @param content the archive in blocks of CHUNK_BYTES, the last one shorter
 */
export async function* sealedPage(
  archive: KnownFile,
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
  facts: PageFacts,
): AsyncGenerator<Buffer> {
  const chunks = 1 + Math.ceil(archive.bytes / CHUNK_BYTES);
  const header: Header = { iterations: ITERATIONS, salt: randomBytes(SALT_BYTES), chunks };
  const keys = await SealKeys.derive(passphraseDigits(passphrase), header);
  const text = headerText(header);
  let index = 0;
  const chunk = (plain: Uint8Array): Buffer => {
    const sealed = keys.seal(plain, index, index === chunks - 1);
    index += 1;
    return Buffer.from(`${CHUNK_OPEN}${sealed.toString('base64')}${CHUNK_CLOSE}\n`);
  };
  const metadata: Metadata = {
    name: basename(archive.path),
    bytes: archive.bytes,
    sha256: archive.sha256,
    page: facts.page,
  };
  yield Buffer.from(pageTop(facts));
  yield Buffer.from(`${ENVELOPE_OPEN}${keys.mac(text)}">${text}${ENVELOPE_CLOSE}\n`);
  yield chunk(Buffer.from(JSON.stringify(metadata)));
  for await (const block of content) yield chunk(block);
  yield Buffer.from(pageBottom());
}

/**
 * The archive out of such a page, in constant memory. Only its end shows that nothing is missing, so nothing may be
 * done with what came before.
 * @param passphrase asked for once the file is known to be such a page
 * @throws GdprError INPUT_INVALID for another file, PASSPHRASE_WRONG, VERIFICATION_FAILED, FILE_UNAVAILABLE
 */
export async function* unsealed(path: string, passphrase: () => Promise<string>): AsyncGenerator<Buffer> {
  let header: Header | undefined;
  let keys: SealKeys | undefined;
  let metadata: Metadata | undefined;
  let index = 0;
  let bytes = 0;
  const hash = createHash('sha256');
  for await (const line of lines(path)) {
    if (header === undefined && line.startsWith(ENVELOPE_OPEN) && line.endsWith(ENVELOPE_CLOSE)) {
      const { mac, text } = envelopeOf(line);
      header = parseHeader(text);
      if (header === undefined) throw unknown(path);
      keys = await SealKeys.derive(passphraseDigits(await passphrase()), header);
      if (!keys.opens(text, mac)) throw wrong(path);
      continue;
    }
    if (!line.startsWith(CHUNK_OPEN)) continue;
    if (header === undefined || keys === undefined) throw unknown(path);
    if (!line.endsWith(CHUNK_CLOSE)) throw damaged(path);
    const sealed = Buffer.from(line.slice(CHUNK_OPEN.length, -CHUNK_CLOSE.length), 'base64');
    const plain = keys.open(sealed, index, index === header.chunks - 1);
    if (plain === undefined) throw damaged(path);
    index += 1;
    if (metadata === undefined) {
      metadata = parseMetadata(plain.toString('utf8'));
      if (metadata === undefined) throw damaged(path);
      continue;
    }
    hash.update(plain);
    bytes += plain.length;
    yield plain;
  }
  if (header === undefined) throw unknown(path);
  if (index !== header.chunks || metadata === undefined) throw damaged(path);
  if (metadata.bytes !== bytes || metadata.sha256 !== hash.digest('hex')) throw damaged(path);
}

function envelopeOf(line: string): { mac: string; text: string } {
  const rest = line.slice(ENVELOPE_OPEN.length, -ENVELOPE_CLOSE.length);
  const end = rest.indexOf('">');
  return { mac: rest.slice(0, Math.max(end, 0)), text: rest.slice(end + 2) };
}

/** The lines of a text file, without their ends; of a longer one than any chunk nothing. */
async function* lines(path: string): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  try {
    for await (const block of createReadStream(path, { encoding: 'latin1', highWaterMark: CHUNK_BYTES })) {
      const pieces = (block as string).split('\n');
      const last = pieces.pop() ?? '';
      for (const piece of pieces) {
        if (length <= LONGEST_LINE) yield [...parts, piece].join('').replace(/\r$/, '');
        parts = [];
        length = 0;
      }
      length += last.length;
      if (length <= LONGEST_LINE) parts.push(last);
      else parts = [];
    }
  } catch (error) {
    throw fileError(path, error);
  }
  yield parts.join('');
}

function unknown(path: string): GdprError {
  return new GdprError('INPUT_INVALID', `${path} is not a page that this version of gdpr can open`, {
    hint: 'take the .html file as it came from gdpr archive encrypt --for-customer',
  });
}

function wrong(path: string): GdprError {
  return new GdprError('PASSPHRASE_WRONG', `the passphrase does not open ${path}`, {
    hint: 'compare each of the 24 digits; if they are certainly right, the file was changed: take another copy',
  });
}
