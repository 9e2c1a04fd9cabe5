import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { letter } from '../../../src/documents/letters/letter.js';
import { outsideTool } from '../../support/tools.js';
import { HOSTILE } from '../sample.js';
import { ALL, CONTROLLER, LANGUAGES, longest, SUPERVISOR, sample } from './sample.js';

const tool = outsideTool('chromium');
const pdftotext = outsideTool('pdftotext');
const MM = 72 / 25.4;
/** What a letter may print on, in PostScript points: its side margins; above and below what any printer reaches. */
const PAPER = { left: 25 * MM, right: 595 - 20 * MM, top: 5 * MM, bottom: 842 - 5 * MM };

let folder: string;
let browser: Browser | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'privatums-letter-'));
  if (tool.available) {
    browser = await chromium.launch({ executablePath: tool.path, args: ['--no-sandbox', '--disable-gpu'] });
  }
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Console messages, errors, and requests for anything but the letter itself, since it was opened. */
let noise: string[] = [];
let tab: Page | undefined;

/** Opens the letter in the one tab: a tab of its own for each took three times as long. */
async function open(markup: string, width = 360): Promise<Page> {
  if (browser === undefined) throw new Error('no browser');
  const path = join(folder, 'letter.html');
  const url = pathToFileURL(path).href;
  if (tab === undefined) {
    tab = await browser.newPage();
    tab.on('console', (message) => noise.push(`console: ${message.text()}`));
    tab.on('pageerror', (error) => noise.push(`error: ${error.message}`));
    tab.on('request', (request) => {
      if (request.url() !== url) noise.push(`request: ${request.url()}`);
    });
  }
  writeFileSync(path, markup);
  noise = [];
  await tab.emulateMedia({ media: null });
  await tab.setViewportSize({ width, height: 740 });
  await tab.goto(url);
  return tab;
}

/** Runs in the page; a string, because this project's types know no DOM. */
function ask<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(expression);
}

/** Elements whose content is cut off or sticks out of the window. */
const CUT = `[...document.querySelectorAll('body *')].filter((element) => {
  const { left, right } = element.getBoundingClientRect();
  return left < 0 || right > innerWidth + 0.5 || (getComputedStyle(element).display !== 'inline' && element.scrollWidth > element.clientWidth + 1);
}).map((element) => element.outerHTML.slice(0, 80))`;

function hostileLetters(value: string): string[] {
  const { refusal, access } = sample('lv');
  const common = {
    controller: { ...CONTROLLER, name: value, address: value, phone: value, email: value, officer: value },
    supervisor: { ...SUPERVISOR, name: { lv: value, en: value }, website: value },
    addressee: { name: value, address: value },
    signatory: { name: value, role: value },
    request: { ...refusal.request, number: value },
  };
  const reasons = [{ ground: 'other-law' as const, facts: value, what: value, law: value }];
  return [
    letter('refusal', { ...refusal, ...common, granted: value, reasons }),
    letter('access', { ...access, ...common, enclosure: { ...access.enclosure, file: value } }),
  ];
}

describe.skipIf(!tool.available)('a letter in Chromium', () => {
  it.each(ALL)('%s in %s is quiet and fits a telephone without scrolling sideways', async (kind, language) => {
    for (const model of [sample(language)[kind], longest(language)[kind]]) {
      const page = await open(letter(kind, model));
      expect(await ask(page, '[document.documentElement.scrollWidth, innerWidth]')).toEqual([360, 360]);
      expect(await ask(page, CUT)).toEqual([]);
      expect(noise).toEqual([]);
      expect(await ask(page, `getComputedStyle(document.querySelector('.head')).borderBottomStyle`)).toBe('solid');
      expect(await ask(page, `document.querySelectorAll('h1, main, body header, body footer').length`)).toBe(4);
    }
  });

  it('breaks hostile values rather than let them stick out, on a telephone and on paper', async () => {
    for (const value of HOSTILE) {
      for (const markup of hostileLetters(value)) {
        const page = await open(markup);
        expect(await ask(page, 'document.documentElement.scrollWidth')).toBe(360);
        expect(await ask(page, CUT)).toEqual([]);
        await page.setViewportSize({ width: 624, height: 900 });
        await page.emulateMedia({ media: 'print' });
        expect(await ask(page, CUT)).toEqual([]);
        expect(await ask(page, `document.querySelectorAll('script, img, svg, iframe, object').length`)).toBe(0);
        expect(noise).toEqual([]);
      }
    }
  });
});

describe.skipIf(!tool.available || !pdftotext.available)('a letter on paper', () => {
  async function print(markup: string): Promise<{ path: string; shown: string }> {
    const page = await open(markup, 1024);
    const path = join(folder, 'letter.pdf');
    await page.pdf({ path, preferCSSPageSize: true });
    const shown = await ask<string>(page, `document.querySelector('.sheet').innerText`);
    return { path, shown };
  }

  const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
  const extract = (path: string, ...options: string[]) =>
    execFileSync(pdftotext.path, [...options, path, '-'], { encoding: 'utf8' });

  it.each(ALL)('%s in %s takes a page or two, with every word whole, inside the margins', async (kind, language) => {
    for (const model of [sample(language)[kind], longest(language)[kind]]) {
      const { path, shown } = await print(letter(kind, model));
      const sheets = extract(path, '-layout').split('\f').slice(0, -1);
      expect([1, 2]).toContain(sheets.length);
      sheets.forEach((sheet, index) => {
        expect(sheet).toContain(model.request?.number ?? 'no number');
        expect(sheet.trimEnd()).toMatch(new RegExp(`${index + 1} ?/ ?${sheets.length}$`));
      });
      const closing = { lv: 'Ar cieņu', en: 'Yours sincerely,' }[language];
      const last = sheets.at(-1) ?? '';
      for (const wanted of [closing, 'Pēteris Bērziņš', { lv: 'Atsauces', en: 'References' }[language]]) {
        expect(last).toContain(wanted);
      }
      const printed = words(extract(path, '-raw')).join('');
      expect(words(shown).filter((word) => !printed.includes(word))).toEqual([]);
      const boxes = [
        ...extract(path, '-bbox').matchAll(/<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.]+)" yMax="([\d.]+)"/g),
      ];
      expect(boxes.length).toBeGreaterThan(100);
      const outside = boxes.filter(([, left, top, right, bottom]) => {
        return (
          Number(left) < PAPER.left - 1 ||
          Number(right) > PAPER.right + 2 ||
          Number(top) < PAPER.top ||
          Number(bottom) > PAPER.bottom
        );
      });
      expect(outside.map(([box]) => box)).toEqual([]);
    }
  });

  it.each(LANGUAGES)(
    'about an erasure, a restriction, an objection or a correction keeps its blocks whole, in %s',
    async (language) => {
      const { erasure, restriction, lifting, objection, rectification } = sample(language);
      const kept = Array.from({ length: 6 }, () => erasure.kept).flat();
      const labels = { lv: ['Dati', 'Pamats', 'Cik ilgi'], en: ['Data', 'Ground', 'How long'] }[language];
      const last = {
        lv: ['Ar cieņu', 'Pēteris Bērziņš', 'Atsauces'],
        en: ['Yours sincerely,', 'Pēteris Bērziņš', 'References'],
      };
      for (const markup of [
        letter('erasure', { ...erasure, request: undefined, reference: '20260309-abcdefghijklmnop', kept }),
        letter('restriction', restriction),
        letter('lifting', lifting),
        letter('objection', objection),
        letter('rectification', rectification),
      ]) {
        const { path } = await print(markup);
        const sheets = extract(path, '-layout').split('\f').slice(0, -1);
        expect(sheets.length).toBeLessThan(4);
        for (const text of last[language]) expect(sheets.at(-1)).toContain(text);
        for (const sheet of sheets) {
          const [first, ...others] = labels.map(
            (label) => sheet.match(new RegExp(`^ *${label} {2,}`, 'gm'))?.length ?? 0,
          );
          for (const count of others) expect(count).toBe(first);
        }
      }
    },
  );

  it.each(LANGUAGES)('leaves room to write where the name is not known, in %s', async (language) => {
    const { addressee, signatory, ...model } = sample(language).refusal;
    const { path } = await print(letter('refusal', model));
    const sheets = extract(path, '-layout').split('\f').slice(0, -1);
    expect([1, 2]).toContain(sheets.length);
    const labels = {
      lv: ['vārds, uzvārds', 'adrese', 'amats', 'paraksts'],
      en: ['name', 'address', 'position', 'signature'],
    };
    for (const label of labels[language]) expect(sheets.join('\n')).toContain(label);
  });
});
