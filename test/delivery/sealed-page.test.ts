import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDelivery } from '../../src/delivery/open.js';
import { outsideTool } from '../support/tools.js';
import {
  archive,
  CONTROLLER,
  CUTS,
  folder,
  forCustomer,
  NAME,
  names,
  otherPassphrase,
  refusal,
  sha256Of,
  TAMPERINGS,
  takeApart,
  trust,
} from './support.js';

const python3 = outsideTool('python3');
let path: string;
let html: string;
let passphrase: string;
let page: string;

beforeAll(async () => {
  path = await archive(2_500_000);
  ({ html, passphrase } = await forCustomer(path));
  page = await readFile(html, 'latin1');
});

/** Opens a page; what the folder of the result holds afterwards is part of the answer. */
async function open(content: string, typed = passphrase) {
  const where = folder();
  const [file, to] = [join(where, 'page.html'), join(where, 'out.asice')];
  await writeFile(file, content, 'latin1');
  const opening = openDelivery(file, { to, passphrase: async () => typed, trust });
  const left = () => names(where).then((all) => all.filter((name) => name !== 'page.html'));
  return { opening, to, left };
}

describe('the page for the customer, opened without a browser', () => {
  it('gives the archive byte for byte, readable by its owner alone, and checks its signature', async () => {
    const { opening, to, left } = await open(page);
    const opened = await opening;
    expect(opened).toMatchObject({
      path: to,
      sha256: await sha256Of(path),
      bytes: (await stat(path)).size,
      verification: { valid: true },
    });
    expect(await sha256Of(to)).toBe(await sha256Of(path));
    expect((await stat(to)).mode & 0o777).toBe(0o600);
    expect(await left()).toEqual(['out.asice']);
  });

  it('opens however the passphrase is written, and with other line ends', async () => {
    const { opening } = await open(page.replaceAll('\n', '\r\n'), passphrase.replaceAll(' ', '-'));
    expect((await opening).verification?.valid).toBe(true);
  });

  it('has at least four chunks, a new salt each time, and 600,000 iterations or more', async () => {
    const envelope = (text: string) =>
      JSON.parse(/id="envelope"[^>]*>([^<]+)</.exec(text)?.[1] ?? '') as {
        iterations: number;
        salt: string;
        chunks: number;
      };
    const other = await readFile((await forCustomer(await archive(10))).html, 'latin1');
    expect(takeApart(page).chunks.length).toBe(envelope(page).chunks);
    expect(envelope(page).chunks).toBeGreaterThanOrEqual(4);
    expect(envelope(page).iterations).toBeGreaterThanOrEqual(600_000);
    expect(Buffer.from(envelope(page).salt, 'base64').length).toBe(32);
    expect(envelope(page).salt).not.toBe(envelope(other).salt);
  });

  it('says in clear text who sends it, and neither the passphrase nor anything of the archive, its name included', async () => {
    const digits = passphrase.replaceAll(' ', '');
    const clear = `${takeApart(page).before}${takeApart(page).after}`;
    for (const needle of [passphrase, digits, passphrase.replaceAll(' ', '-')]) expect(page).not.toContain(needle);
    for (const needle of [NAME, await sha256Of(path), 'Jūsu personas dati', 'noise.bin'])
      expect(Buffer.from(clear, 'latin1').toString()).not.toContain(needle);
    expect(Buffer.from(clear, 'latin1').toString()).toContain(
      'Biedrība &quot;Grāmatas &amp; draugi&quot; &lt;Rīga&gt;',
    );
    expect(CONTROLLER).toContain('<');
    expect(await names(dirname(path))).toEqual([NAME, 'export-20260301-abcdefghijklmnop.html']);
  });

  it('refuses a wrong passphrase and leaves nothing', async () => {
    const { opening, left } = await open(page, otherPassphrase(passphrase));
    const error = await refusal(opening);
    expect(error).toMatchObject({ code: 'PASSPHRASE_WRONG', exit: 3 });
    expect(`${error.message} ${error.hint}`).not.toContain(passphrase.slice(0, 4));
    expect(await left()).toEqual([]);
  });

  it.each(Object.entries({ ...TAMPERINGS, ...CUTS }))('refuses %s and leaves nothing', async (_name, tamper) => {
    const tampered = tamper(page);
    expect(tampered).not.toBe(page);
    const { opening, left } = await open(tampered);
    expect(await refusal(opening)).toMatchObject({ code: 'VERIFICATION_FAILED', exit: 5 });
    expect(await left()).toEqual([]);
  });

  it.each([
    ['fewer chunks', (text: string) => text.replace(/"chunks":\d+/, '"chunks":2')],
    [
      'another salt',
      (text: string) => text.replace(/"salt":"./, (start) => `${start.slice(0, -1)}${start.endsWith('A') ? 'B' : 'A'}`),
    ],
    ['more iterations', (text: string) => text.replace(/"iterations":\d+/, '"iterations":600001')],
    [
      'another MAC',
      (text: string) =>
        text.replace(/data-mac="./, (start) => `${start.slice(0, -1)}${start.endsWith('A') ? 'B' : 'A'}`),
    ],
    ['a cut MAC', (text: string) => text.replace(/data-mac="[^"]*"/, 'data-mac="AAAA"')],
  ])('takes a header with %s for a wrong passphrase', async (_name, change) => {
    expect(change(page)).not.toBe(page);
    const { opening, left } = await open(change(page));
    expect(await refusal(opening)).toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(await left()).toEqual([]);
  });

  it.each([
    ['an ordinary page', () => '<!doctype html>\n<title>x</title>\n'],
    ['a later version', (text: string) => text.replace('"version":1', '"version":2')],
    ['fewer iterations than are safe', (text: string) => text.replace(/"iterations":\d+/, '"iterations":1000')],
    [
      'iterations that would take hours',
      (text: string) => text.replace(/"iterations":\d+/, '"iterations":99999999999'),
    ],
    ['no JSON', (text: string) => text.replace('{"format"', '{format')],
    ['one endless line', () => `<!doctype html>${'A'.repeat(12_000_000)}`],
  ])('does not ask for a passphrase for %s', async (_name, change) => {
    const where = folder();
    const file = join(where, 'page.html');
    await writeFile(file, change(page), 'latin1');
    const passphraseAsked = () => Promise.reject(new Error('asked'));
    expect(
      await refusal(openDelivery(file, { to: join(where, 'o'), passphrase: passphraseAsked, trust })),
    ).toMatchObject({ code: 'INPUT_INVALID', exit: 2 });
    expect(await names(where)).toEqual(['page.html']);
  });

  // docs/delivery.md, followed by somebody else's libraries: python3 knows PBKDF2 and HMAC, not AES.
  it.skipIf(!python3.available)('has the header MAC that the documentation describes', async () => {
    const program = `
import base64, hashlib, hmac, json, re, sys
page = open(sys.argv[1], encoding="latin-1").read()
mac, header = re.search(r'id="envelope" data-mac="([^"]+)">([^<]+)<', page).groups()
facts = json.loads(header)
root = hashlib.pbkdf2_hmac("sha256", sys.argv[2].encode(), base64.b64decode(facts["salt"]), facts["iterations"], 32)
key = hmac.new(hmac.new(bytes(32), root, "sha256").digest(), b"privatums-delivery/1 header\\x01", "sha256").digest()
print(base64.b64encode(hmac.new(key, header.encode(), "sha256").digest()).decode() == mac)
`;
    const { stdout } = await promisify(execFile)(python3.path, ['-c', program, html, passphrase.replaceAll(' ', '')]);
    expect(stdout.trim()).toBe('True');
  });
});
