import { mkdirSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samplePage } from '../documents/sample.js';
import { outsideTool } from '../support/tools.js';
import { archive, CUTS, folder, forCustomer, NAME, otherPassphrase, sha256Of, TAMPERINGS } from './support.js';

const tool = outsideTool('chromium');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** Set to look at the pages afterwards. */
const SHOTS = process.env.TEST_SCREENSHOTS;

let browser: Browser | undefined;
let path: string;
let html: string;
let passphrase: string;

beforeAll(async () => {
  if (!tool.available) return;
  browser = await chromium.launch({ executablePath: tool.path, args: FLAGS });
  path = await archive(2_500_000);
  ({ html, passphrase } = await forCustomer(path));
});
afterAll(() => browser?.close());

interface Opened {
  readonly page: Page;
  /** Console messages, errors, dialogs, and requests for anything but the page itself. */
  readonly noise: string[];
}

async function open(file = html, options: BrowserContextOptions = {}): Promise<Opened> {
  if (browser === undefined) throw new Error('no browser');
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const noise: string[] = [];
  page.on('console', (message) => noise.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    noise.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const url = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== url) noise.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, noise };
}

/** Opens a changed copy of the page. */
async function openChanged(change: (page: string) => string): Promise<Opened> {
  const file = join(folder(), 'page.html');
  const content = await readFile(html, 'latin1');
  expect(change(content)).not.toBe(content);
  await writeFile(file, change(content), 'latin1');
  return open(file);
}

async function type(page: Page, typed: string): Promise<void> {
  await page.fill('#code', typed);
  await page.keyboard.press('Enter');
}

const opened = (page: Page) => page.waitForSelector('#done', { state: 'visible', timeout: 60_000 });
const told = async (page: Page) => (await page.waitForSelector('#notice p', { timeout: 60_000 })).innerText();

/** Runs in the page; a string, because this project's types know no DOM. */
function ask<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(expression);
}

/** What of the archive the page offers: links with a target, frames, open sections. */
function offered(page: Page): Promise<unknown> {
  return ask(
    page,
    `[document.querySelectorAll('a[download], a[href^="blob:"], iframe').length, document.getElementById('done').hidden, document.getElementById('preview').hidden, document.getElementById('digest').textContent]`,
  );
}
const NOTHING = [0, true, true, ''];

async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

describe.skipIf(!tool.available)('the page for the customer in Chromium', { timeout: 60_000 }, () => {
  it('gives the archive byte for byte under its name, and is quiet: no message, no error, no request', async () => {
    const { page, noise } = await open();
    await type(page, passphrase);
    await opened(page);
    await page.waitForSelector('#frame iframe');
    expect(await ask(page, `document.activeElement.id`)).toBe('done-title');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    expect(download.suggestedFilename()).toBe(NAME);
    expect(await sha256Of((await download.path()) ?? '')).toBe(await sha256Of(path));
    expect(await page.innerText('#name')).toBe(NAME);
    expect(await ask(page, `document.getElementById('digest').textContent`)).toBe(await sha256Of(path));
    expect(await page.inputValue('#code')).toBe('');
    expect(noise).toEqual([]);
    await page.close();
  });

  it('opens however the digits are written', async () => {
    const { page } = await open();
    await type(page, ` ${passphrase.replaceAll(' ', '-')}. `);
    await opened(page);
    await page.close();
  });

  it.each([
    ['lv', 'Kods neder, un nekas netika atvērts.', 'Kodā ir 24 cipari, bet Jūs ievadījāt 4.', 'Arhīvs ir atvērts'],
    [
      'en',
      'The code does not fit, and nothing was opened.',
      'The code has 24 digits; you entered 4.',
      'The archive is open',
    ],
  ])(
    'says in %s what is wrong with a code, offers nothing, and lets one try again',
    async (language, wrong, short, done) => {
      const { page, noise } = await open();
      await page.click(`label[for="lang-${language}"]`);
      await type(page, '1234');
      expect(await told(page)).toBe(short);
      expect(await offered(page)).toEqual(NOTHING);
      await type(page, otherPassphrase(passphrase));
      expect(await told(page)).toContain(wrong);
      expect(await offered(page)).toEqual(NOTHING);
      expect(
        await ask(page, `[document.activeElement.id, document.getElementById('code').getAttribute('aria-invalid')]`),
      ).toEqual(['code', 'true']);
      await shoot(page, `wrong-${language}`);
      await type(page, passphrase);
      await opened(page);
      expect(await page.innerText('#done-title')).toBe(done);
      expect(await page.isVisible('#notice p')).toBe(false);
      expect(noise).toEqual([]);
      await page.close();
    },
  );

  it.each(Object.entries(TAMPERINGS))('offers nothing of a page with %s', async (_name, tamper) => {
    const { page } = await openChanged(tamper);
    await type(page, passphrase);
    expect(await told(page)).toContain('Fails ir bojāts vai mainīts');
    expect(await offered(page)).toEqual(NOTHING);
    expect(await page.isVisible('#form')).toBe(false);
    await page.close();
  });

  it.each(Object.entries(CUTS))('says at once of a page %s that it is not whole', async (name, cut) => {
    const { page } = await openChanged(cut);
    expect(await told(page)).toContain('Fails nav pilnīgs');
    expect([await page.isVisible('#form'), await page.isVisible('#loading')]).toEqual([false, false]);
    expect(await offered(page)).toEqual(NOTHING);
    if (name.includes('middle')) await shoot(page, 'incomplete');
    await page.close();
  });

  it.each([
    [
      'fewer chunks',
      (text: string) =>
        text
          .replace(/"chunks":\d+/, '"chunks":3')
          .replace(/<script type="application\/octet-stream" class="chunk">[^<]*<\/script>\n<i /, '<i '),
    ],
    ['more iterations', (text: string) => text.replace(/"iterations":\d+/, '"iterations":600001')],
  ])('takes a header with %s for a wrong code', async (_name, change) => {
    const { page } = await openChanged(change);
    await type(page, passphrase);
    expect(await told(page)).toContain('Kods neder');
    expect(await offered(page)).toEqual(NOTHING);
    await page.close();
  });

  it('shows the archive’s page in a frame without rights, with its style and its inner links, and no others', async () => {
    const hostile =
      '<script>document.title = "ran"; alert(1)</script><img src="data:,x" onerror="alert(2)"><p><a href="https://example.com/">out</a></p></main>';
    const planted = await forCustomer(await archive(10, samplePage().replace('</main>', hostile)));
    const { page, noise } = await open(planted.html);
    await type(page, planted.passphrase);
    await page.waitForSelector('#frame iframe');
    await page.waitForTimeout(500);
    // What a page of this project never holds is refused, loudly; nothing ran and nothing was fetched.
    expect(noise.filter((line) => !/Content Security Policy|Blocked script execution/.test(line))).toEqual([]);
    expect(await ask(page, `document.querySelector('iframe').getAttribute('sandbox')`)).toBe('');
    const frame = await (await page.waitForSelector('#frame iframe')).contentFrame();
    if (frame === null) throw new Error('the frame is empty');
    expect(await frame.locator('h1').innerText()).toBe('Jūsu personas dati');
    expect(await frame.evaluate(`getComputedStyle(document.querySelector('.bar')).position`)).toBe('sticky');
    const links = await frame.evaluate<string[]>(
      `[...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))`,
    );
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((href) => !href.startsWith('about:srcdoc#'))).toEqual([]);
    const ids = await frame.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map((element) => element.id)`);
    expect(links.filter((href) => !ids.includes(href.slice('about:srcdoc#'.length)))).toEqual([]);
    await frame.locator('a[href="about:srcdoc#rights"]').first().click();
    await page.waitForTimeout(1000);
    expect(frame.url()).toBe('about:srcdoc#rights');
    expect(
      await frame.evaluate<number>(`Math.abs(document.getElementById('rights').getBoundingClientRect().top)`),
    ).toBeLessThan(200);
    await shoot(page, 'frame');
    await page.close();
  });

  it('is without a frame where the archive has no page', async () => {
    const { html: file, passphrase: code } = await forCustomer(
      await archive(10, '<!doctype html>'.padEnd(17 * 1024 * 1024, ' ')),
    );
    const { page, noise } = await open(file);
    await type(page, code);
    await opened(page);
    await page.waitForTimeout(300);
    expect(await ask(page, `document.querySelectorAll('iframe').length`)).toBe(0);
    expect(noise).toEqual([]);
    await page.close();
  });

  it('would not let a script, a style or a request in if one got into it', async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
      const evil = `<script>fetch('${address}')</script><script src="${address}"></script><img src="${address}"><iframe src="${address}"></iframe><p id="planted" style="color: red">x</p></main>`;
      const { page, noise } = await openChanged((text) => text.replace('</main>', evil));
      await page.waitForLoadState('networkidle');
      expect(requests).toBe(0);
      expect(noise.filter((line) => line.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(5);
      expect(await ask(page, `getComputedStyle(document.getElementById('planted')).color`)).not.toBe('rgb(255, 0, 0)');
      await page.close();
    } finally {
      server.close();
    }
  });

  it('opens in the language that was asked for, shows one alone, and keeps the document’s in step', async () => {
    const english = await forCustomer(await archive(10), 'en');
    const { page } = await open(english.html);
    const shown = (language: string) =>
      `[...document.querySelectorAll('main [lang="${language}"]:not(.keep)')].filter((element) => element.getClientRects().length > 0).length`;
    for (const [language, other, title] of [
      ['en', 'lv', 'Encrypted archive'],
      ['lv', 'en', 'Šifrēts arhīvs'],
    ] as const) {
      await page.click(`label[for="lang-${language}"]`);
      expect(await ask(page, '[document.documentElement.lang, document.title]')).toEqual([language, title]);
      expect(await ask<number>(page, shown(language))).toBeGreaterThan(5);
      expect(await ask(page, shown(other))).toBe(0);
    }
    await page.reload();
    expect(await ask(page, 'document.documentElement.lang')).toBe('en');
    await page.close();
  });

  it('says what to do where scripts do not run, or the browser has no cryptography', async () => {
    const quiet = await open(html, { javaScriptEnabled: false });
    expect(await quiet.page.innerText('noscript')).toContain('Saglabājiet to un atveriet');
    expect([await quiet.page.locator('#form').isVisible(), await quiet.page.locator('#loading').isVisible()]).toEqual([
      false,
      false,
    ]);
    await quiet.page.close();
    const { page } = await open();
    await page.addInitScript(`Object.defineProperty(crypto, 'subtle', { value: undefined })`);
    await page.reload();
    expect(await told(page)).toContain('Šis pārlūks failu nevar atvērt');
    expect(await page.isVisible('#form')).toBe(false);
    await page.close();
  });

  it('has one h1, headings in order, unique ids, a label, a described field, and live regions', async () => {
    const { page } = await open();
    await type(page, passphrase);
    await opened(page);
    const levels = await ask<number[]>(
      page,
      `[...document.querySelectorAll('h1, h2, h3')].map((heading) => Number(heading.tagName[1]))`,
    );
    expect(levels).toEqual([1, 2, 2]);
    const ids = await ask<string[]>(page, `[...document.querySelectorAll('[id]')].map((element) => element.id)`);
    expect(ids).toEqual([...new Set(ids)]);
    const named = await ask<string[]>(
      page,
      `[...document.querySelectorAll('[aria-labelledby], [aria-describedby]')].map((element) => element.getAttribute('aria-labelledby') ?? element.getAttribute('aria-describedby'))`,
    );
    expect(named.length).toBeGreaterThanOrEqual(4);
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
    expect(
      await ask(page, `[...document.querySelectorAll('input')].filter((input) => input.labels.length !== 1).length`),
    ).toBe(0);
    expect(
      await ask(
        page,
        `[document.getElementById('notice').getAttribute('role'), document.getElementById('working').getAttribute('role')]`,
      ),
    ).toEqual(['alert', 'status']);
    await page.close();
  });

  it.each([320, 375, 768, 1280])(
    'never scrolls sideways at %i px, in either language, and the code fits its field',
    async (width) => {
      const { page } = await open(html, { viewport: { width, height: 720 } });
      for (const language of ['lv', 'en']) {
        await page.click(`label[for="lang-${language}"]`);
        await type(page, otherPassphrase(passphrase));
        await told(page);
        expect(await ask<number>(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        expect(
          await ask<boolean>(
            page,
            `document.getElementById('code').scrollWidth <= document.getElementById('code').clientWidth`,
          ),
        ).toBe(true);
        await shoot(page, `form-${language}-${width}`);
      }
      await type(page, passphrase);
      await opened(page);
      await page.waitForSelector('#frame iframe');
      expect(await ask<number>(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await shoot(page, `open-${width}`);
      await ask(page, `document.querySelector('.view').scrollIntoView({ behavior: 'instant' })`);
      await page.waitForTimeout(300);
      await shoot(page, `view-${width}`);
      await page.close();
    },
  );

  it('opens 50 MB, telling how far it is', { timeout: 180_000 }, async () => {
    const large = await archive(50_000_000);
    const { html: file, passphrase: code } = await forCustomer(large);
    expect((await stat(large)).size).toBeGreaterThan(50_000_000);
    const { page, noise } = await open(file, { viewport: { width: 375, height: 720 } });
    // What is painted: sampled frame by frame.
    await ask(
      page,
      `(() => { window.seen = []; const look = () => { seen.push(document.getElementById('decrypting').getClientRects().length > 0 ? document.getElementById('bar').value : 0); requestAnimationFrame(look); }; look(); })()`,
    );
    await type(page, code);
    await opened(page);
    const seen = (await ask<number[]>(page, 'seen')).filter((value) => value > 0);
    await shoot(page, 'large-375');
    expect(new Set(seen).size).toBeGreaterThan(1);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    expect(await sha256Of((await download.path()) ?? '')).toBe(await sha256Of(large));
    expect(noise).toEqual([]);
    await page.close();
  });
});
