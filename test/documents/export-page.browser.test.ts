import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageBottom, pageTop, tableBottom, tableRows, tableTop } from '../../src/documents/export-page.js';
import { outsideTool } from '../support/tools.js';
import { CUSTOMERS, HOSTILE, MODEL, samplePage } from './sample.js';

const tool = outsideTool('chromium');
const pdftotext = outsideTool('pdftotext');
const SECTIONS = [
  'why',
  'who',
  'how-long',
  'whence',
  'automated',
  'transfers',
  'rights',
  'contact',
  'data',
  'withheld',
  'nothing',
  'files',
  'verify',
];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

let folder: string;
let browser: Browser | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'privatums-page-'));
  if (tool.available) browser = await chromium.launch({ executablePath: tool.path, args: FLAGS });
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** Console messages, errors, dialogs, and requests for anything but the page itself. */
  readonly noise: string[];
}

async function open(markup = samplePage(), options: BrowserContextOptions = {}): Promise<Opened> {
  if (browser === undefined) throw new Error('no browser');
  const path = join(folder, 'index.html');
  writeFileSync(path, markup);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const noise: string[] = [];
  page.on('console', (message) => noise.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    noise.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const url = pathToFileURL(path).href;
  page.on('request', (request) => {
    if (request.url() !== url) noise.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, noise };
}

/** Runs in the page; a string, because this project's types know no DOM. */
function ask<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(expression);
}

const shown = (language: string) =>
  `[...document.querySelectorAll('body [lang="${language}"]:not(.keep)')].filter((element) => element.getClientRects().length > 0).length`;

describe.skipIf(!tool.available)('the page in Chromium', () => {
  it('is quiet: no message, no error, no dialog, no request', async () => {
    const { page, noise } = await open();
    await page.click('label[for="lang-en"]');
    await page.click('label[for="lang-lv"]');
    await page.waitForLoadState('networkidle');
    expect(noise).toEqual([]);
    expect(await ask(page, 'document.compatMode')).toBe('CSS1Compat');
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
      const planted = `<script>alert(1)</script><script src="${address}"></script><img src="${address}"><link rel="stylesheet" href="${address}"><p id="planted" style="color: red">x</p></main>`;
      const { page, noise } = await open(samplePage().replace('</main>', planted));
      await page.waitForLoadState('networkidle');
      expect(requests).toBe(0);
      expect(noise.filter((line) => line.startsWith('dialog'))).toEqual([]);
      expect(noise.filter((line) => line.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(5);
      expect(await ask(page, `getComputedStyle(document.getElementById('planted')).color`)).not.toBe('rgb(255, 0, 0)');
      await page.close();
    } finally {
      server.close();
    }
  });

  it('shows hostile values as text and makes no element of them', async () => {
    const { page } = await open();
    expect(await ask(page, `document.querySelectorAll('img, svg, iframe, object, embed, form, link').length`)).toBe(0);
    expect(await ask(page, `[document.scripts.length, document.querySelectorAll('style').length]`)).toEqual([1, 2]);
    const attributes = `[...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith('on') || name === 'style')`;
    expect(await ask(page, attributes)).toEqual([]);
    const values = await ask<string[]>(
      page,
      `[...document.querySelectorAll('td bdi')].map((element) => element.textContent)`,
    );
    for (const value of HOSTILE) {
      const visible = value
        .replace('\u202e', '[U+202E]')
        .replace('\u2066', '[U+2066]')
        .replace('\u0007', '[U+0007]')
        .replace('\u0000', '[U+0000]');
      expect(values.filter((text) => text === visible)).toHaveLength(3);
    }
    await page.close();
  });

  it('switches between whole languages, and the document’s language and title with them', async () => {
    const { page } = await open();
    for (const [language, other, title] of [
      ['lv', 'en', 'Jūsu personas dati'],
      ['en', 'lv', 'Your personal data'],
    ] as const) {
      await page.click(`label[for="lang-${language}"]`);
      expect(await ask(page, '[document.documentElement.lang, document.title]')).toEqual([language, title]);
      expect(await ask<number>(page, shown(language))).toBeGreaterThan(200);
      expect(await ask(page, shown(other))).toBe(0);
    }
    expect(await ask(page, `getComputedStyle(document.querySelector('td'), '::before').content`)).toBe('none');
    await page.reload();
    expect(await ask(page, 'document.documentElement.lang')).toBe('lv');
    await page.close();
  });

  it('opens in the customer’s language and switches by keyboard, keeping the place', async () => {
    const { page } = await open(samplePage({ ...MODEL, language: 'en' }));
    expect(await ask(page, '[document.documentElement.lang, document.title]')).toEqual(['en', 'Your personal data']);
    await ask(page, `window.scrollTo({ top: 3000, behavior: 'instant' })`);
    await page.focus('#lang-en');
    await page.keyboard.press('ArrowLeft');
    expect(await ask(page, 'document.documentElement.lang')).toBe('lv');
    expect(await ask<number>(page, 'window.scrollY')).toBeGreaterThan(1000);
    await page.close();
  });

  it('switches without any script', async () => {
    const { page } = await open(samplePage(), { javaScriptEnabled: false });
    const [latvian, english] = [page.locator('h1 [lang="lv"]'), page.locator('h1 [lang="en"]')];
    expect([await latvian.isVisible(), await english.isVisible()]).toEqual([true, false]);
    await page.locator('label[for="lang-en"]').click();
    expect([await latvian.isVisible(), await english.isVisible()]).toEqual([false, true]);
    await page.close();
  });

  it('has landmarks, one h1, headings in order, named regions, scoped headers, unique ids and live links', async () => {
    const { page } = await open();
    const count = (selector: string) =>
      ask<number>(page, `document.querySelectorAll(${JSON.stringify(selector)}).length`);
    expect([
      await count('h1'),
      await count('main'),
      await count('body > header'),
      await count('body > footer'),
    ]).toEqual([1, 1, 1, 1]);
    expect(await count('th:not([scope="col"])')).toBe(0);
    expect(await count('th[scope="col"]')).toBeGreaterThan(20);
    const levels = await ask<number[]>(
      page,
      `[...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.tagName[1]))`,
    );
    expect(levels.filter((level, index) => level - (levels[index - 1] ?? 0) > 1)).toEqual([]);
    const ids = await ask<string[]>(page, `[...document.querySelectorAll('[id]')].map((element) => element.id)`);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).toEqual(expect.arrayContaining(SECTIONS));
    const targets = await ask<string[]>(
      page,
      `[...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute('href').slice(1))`,
    );
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
    const named = `[...document.querySelectorAll('section, nav, table')].filter((element) => !document.getElementById(element.getAttribute('aria-labelledby'))?.textContent.trim()).length`;
    expect(await ask(page, named)).toBe(0);
    const unlabelled = `[...document.querySelectorAll('input')].filter((input) => input.labels.length !== 1).length`;
    expect(await ask(page, unlabelled)).toBe(0);
    const ragged = `[...document.querySelectorAll('table')].filter((table) => [...table.rows].some((row) => row.cells.length !== table.rows[0].cells.length)).length`;
    expect(await ask(page, ragged)).toBe(0);
    await page.close();
  });

  it('offers the skip link first and shows where the focus is', async () => {
    const { page } = await open();
    await page.keyboard.press('Tab');
    expect(await ask(page, 'document.activeElement.className')).toBe('skip');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await ask(page, 'getComputedStyle(document.documentElement).scrollBehavior')).toBe('auto');
    await page.keyboard.press('Enter');
    expect(await ask(page, 'document.activeElement.id')).toBe('content');
    await page.focus('#lang-lv');
    await page.keyboard.press('ArrowRight');
    expect(await ask(page, `getComputedStyle(document.querySelector('label[for="lang-en"]')).outlineStyle`)).toBe(
      'solid',
    );
    await page.close();
  });

  it.each([320, 360, 768, 1280])('never scrolls sideways at %i px, in either language', async (width) => {
    const { page } = await open(samplePage(), { viewport: { width, height: 800 } });
    for (const language of ['lv', 'en']) {
      await page.click(`label[for="lang-${language}"]`);
      expect(await ask<number>(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
    await page.close();
  });

  it('turns tables into labelled cards on a phone', async () => {
    const { page } = await open(samplePage(), { viewport: { width: 360, height: 800 } });
    const label = `getComputedStyle(document.querySelector('#t-shop\\\\.2e\\\\.order tbody td'), '::before').content`;
    expect(await ask(page, label)).toBe('"Pasūtījuma numurs"');
    await page.click('label[for="lang-en"]');
    expect(await ask(page, label)).toBe('"Order number"');
    const overflowing = `[...document.querySelectorAll('.sheet')].filter((sheet) => sheet.scrollWidth > sheet.clientWidth).length`;
    expect(await ask(page, overflowing)).toBe(0);
    await page.close();
  });

  it('keeps rows whole and headers repeated on paper', async () => {
    const { page } = await open();
    await page.emulateMedia({ media: 'print' });
    const style = (selector: string, property: string) =>
      ask(page, `getComputedStyle(document.querySelector('${selector}')).${property}`);
    expect(await style('tbody tr', 'breakInside')).toBe('avoid');
    expect(await style('.slim thead', 'display')).toBe('table-header-group');
    expect(await style('.bar', 'display')).toBe('none');
    await page.close();
  });
});

describe.skipIf(!tool.available || !pdftotext.available)('the page on paper', () => {
  async function paper(markup: string, language: string): Promise<string[]> {
    const { page } = await open(markup);
    await page.click(`label[for="lang-${language}"]`);
    const path = join(folder, 'page.pdf');
    await page.pdf({ path, preferCSSPageSize: true });
    await page.close();
    return execFileSync(pdftotext.path, ['-layout', path, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
  }

  it.each([
    [
      'lv',
      [
        'Kāpēc mums ir šie dati',
        'Kas saņem Jūsu datus',
        'Cik ilgi mēs tos glabājam',
        'Jūsu tiesības',
        'Kas šeit nav parādīts un kāpēc',
        'Drošības dati',
        'Kur par Jums nekā nav',
        'Kā pārbaudīt',
      ],
    ],
    [
      'en',
      [
        'Why we hold these data',
        'Who receives your data',
        'How long we keep them',
        'Your rights',
        'What is not shown here, and why',
        'Security data',
        'Where we hold nothing about you',
        'How to check',
      ],
    ],
  ] as const)('holds every section in %s, and the operation on every sheet', async (language, wanted) => {
    const sheets = await paper(samplePage(), language);
    const whole = sheets.join('\n').replace(/\s+/g, ' ');
    for (const heading of wanted) expect(whole).toContain(heading);
    sheets.forEach((sheet, index) => {
      expect(sheet).toContain(MODEL.operation);
      expect(sheet).toContain(`${index + 1} / ${sheets.length}`);
    });
  });

  it('repeats the header of a long table on every sheet of it', async () => {
    const row = (index: number) =>
      ['1', `Klients ${index}`, 'a@b.lv', null, 't', '2026-03-03'].map((value) => ({ value }));
    const rows = Array.from({ length: 150 }, (_, index) => row(index));
    const markup =
      pageTop(MODEL) +
      tableTop(CUSTOMERS, 'x') +
      tableRows(CUSTOMERS, rows) +
      tableBottom(CUSTOMERS, 150) +
      pageBottom(MODEL);
    const sheets = (await paper(markup, 'lv')).filter((sheet) => /Klients \d/.test(sheet));
    expect(sheets.length).toBeGreaterThan(2);
    for (const sheet of sheets) expect(sheet).toContain('Vārds, uzvārds');
  });
});
