import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encryptArchive } from '../../src/delivery/encrypt.js';
import { GdprError } from '../../src/foundation/errors.js';
import { makeSender, type SampleFile, temporaryFolder, writeArchive } from '../archive/support.js';
import { samplePage } from '../documents/sample.js';

export const NAME = 'export-20260301-abcdefghijklmnop.asice';
export const CONTROLLER = 'Biedrība "Grāmatas & draugi" <Rīga>';

const root = temporaryFolder();
export const sender = await makeSender();
export const trust = { signers: [sender.sha256] };

/** A folder of its own. */
export function folder(): string {
  return mkdtempSync(join(root, 'd-'));
}

/** A signed archive in a folder of its own: the customer's page, and `bytes` that do not compress. */
export async function archive(bytes: number, page = samplePage()): Promise<string> {
  const path = join(folder(), NAME);
  const files: SampleFile[] = [
    ['index.html', 'text/html; charset=utf-8', page],
    ['data/noise.bin', 'application/octet-stream', noise(bytes)],
  ];
  await writeArchive(path, sender.signer, files);
  return path;
}

function* noise(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= 1 << 20) yield randomBytes(Math.min(left, 1 << 20));
}

/** Encrypts for the customer: where the page lies, and its passphrase. */
export async function forCustomer(
  path: string,
  language: 'lv' | 'en' = 'lv',
): Promise<{ html: string; passphrase: string }> {
  const made = await encryptArchive(path, {
    recipients: [],
    forCustomer: true,
    language,
    controllerName: CONTROLLER,
    trust,
  });
  const [file] = made.files;
  if (file === undefined || made.passphrase === undefined) throw new Error('no page was made');
  return { html: file.path, passphrase: made.passphrase };
}

/** The same digits but the last, which is another one. */
export function otherPassphrase(passphrase: string): string {
  return passphrase.slice(0, -1) + String((Number(passphrase.at(-1)) + 1) % 10);
}

export async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

export async function names(where: string): Promise<string[]> {
  return (await readdir(where)).sort();
}

/** The code of the refusal that a promise ends in; anything else fails the test. */
export async function refusal(promise: Promise<unknown>): Promise<GdprError> {
  const ended = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (ended instanceof GdprError) return ended;
  throw new Error(`expected a refusal, got ${String(ended)}`);
}

const CHUNK = /<script type="application\/octet-stream" class="chunk">[^<]*<\/script>\n/g;

/** A page taken apart, for tampering with it. */
export function takeApart(page: string): { before: string; chunks: string[]; after: string } {
  const chunks = page.match(CHUNK) ?? [];
  const start = page.indexOf(chunks[0] ?? '');
  return { before: page.slice(0, start), chunks, after: page.slice(start + chunks.join('').length) };
}

/** One character of a chunk's base64 replaced by another. */
function flipped(chunk: string): string {
  const at = chunk.indexOf('>') + 1000;
  return chunk.slice(0, at) + (chunk[at] === 'A' ? 'B' : 'A') + chunk.slice(at + 1);
}

/** Everything that may happen to a page of at least four chunks on its way, by name. */
export const TAMPERINGS: Readonly<Record<string, (page: string) => string>> = {
  'a changed chunk': (page) => rebuilt(page, ([first, second, ...rest]) => [first, flipped(second), ...rest]),
  'a changed first chunk': (page) => page.replace(/(class="chunk">)(.)/, (_, tag, c) => tag + (c === 'A' ? 'B' : 'A')),
  'a changed last chunk': (page) => rebuilt(page, (all) => [...all.slice(0, -1), flipped(all.at(-1) ?? '')]),
  'two chunks in each other’s place': (page) => rebuilt(page, ([a, b, c, ...rest]) => [a, c, b, ...rest]),
  'the last chunk in the place of another': (page) =>
    rebuilt(page, (all) => [...all.slice(0, -2), ...all.slice(-1), ...all.slice(-2, -1)]),
  'a chunk twice instead of the next one': (page) => rebuilt(page, ([a, b, , ...rest]) => [a, b, b, ...rest]),
  'a chunk of base64 that is none': (page) =>
    rebuilt(page, ([a, b, ...rest]) => [a, b.replace(/>[^<]{9}/, '>%%%%%%%%%'), ...rest]),
  'an empty chunk': (page) => rebuilt(page, ([a, b, ...rest]) => [a, b.replace(/>[^<]+</, '><'), ...rest]),
};

/** What was cut off or added, which can be told before a passphrase is asked for. */
export const CUTS: Readonly<Record<string, (page: string) => string>> = {
  'without its last chunk': (page) => rebuilt(page, (all) => all.slice(0, -1)),
  'without a chunk in the middle': (page) => rebuilt(page, ([a, , ...rest]) => [a, ...rest]),
  'with a chunk added': (page) => rebuilt(page, (all) => [...all, all.at(-1) ?? '']),
  'cut off in the middle': (page) => page.slice(0, Math.floor(page.length / 2)),
  'cut off in its last chunk': (page) => page.slice(0, page.lastIndexOf('</script>') - 100),
};

function rebuilt(page: string, change: (chunks: [string, string, string, ...string[]]) => readonly string[]): string {
  const { before, chunks, after } = takeApart(page);
  const [a, b, c, ...rest] = chunks;
  if (a === undefined || b === undefined || c === undefined) throw new Error('the page has too few chunks');
  return before + change([a, b, c, ...rest]).join('') + after;
}
