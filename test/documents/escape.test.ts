import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archivePath, cssString, escapeHtml, Html, html, isolated, webAddress } from '../../src/documents/escape.js';

const DECODED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

describe('escapeHtml', () => {
  it('leaves nothing that could open a tag or end a quoted attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      }),
    );
  });

  it('loses nothing of a printable text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(escapeHtml(text).replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => DECODED[entity] as string)).toBe(text);
      }),
    );
  });

  it('shows control characters and direction overrides by their numbers', () => {
    expect(escapeHtml('a\u0000b\u001bc\u0085')).toBe('a[U+0000]b[U+001B]c[U+0085]');
    expect(escapeHtml('Anna \u202egnp.exe\u2066')).toBe('Anna [U+202E]gnp.exe[U+2066]');
  });

  it('keeps line breaks, tabs and the marks that right-to-left scripts need', () => {
    expect(escapeHtml('a\r\nb\nc\td \u200fשלום')).toBe('a\nb\nc\td \u200fשלום');
  });
});

describe('html', () => {
  it('escapes what is interpolated, joins lists, passes markup on and leaves undefined out', () => {
    const item = (text: string) => html`<li>${text}</li>`;
    expect(html`<ul title="${'"<&'}">${['a', '<b>'].map(item)}${undefined}${7}</ul>`.markup).toBe(
      '<ul title="&quot;&lt;&amp;"><li>a</li><li>&lt;b&gt;</li>7</ul>',
    );
    expect(html`${new Html('<hr>')}`.markup).toBe('<hr>');
  });
});

describe('isolated', () => {
  it('isolates the direction of a value', () => {
    expect(isolated('<b>').markup).toBe('<bdi>&lt;b&gt;</bdi>');
  });

  it('keeps a short number with a hyphen on one line', () => {
    expect(isolated('R-2024-0017').markup).toBe('<bdi class="whole">R-2024-0017</bdi>');
    expect(isolated('Rīga, LV-1010').markup).toBe('<bdi>Rīga, LV-1010</bdi>');
  });

  it('lets a long address break after its signs, and an escaped sign stays whole', () => {
    expect(isolated('anna.berzina@example.lv').markup).toBe('<bdi class="long">anna.berzina@<wbr>example.lv</bdi>');
    expect(isolated('/a?first=1&second=2&third').markup).toBe(
      '<bdi class="long">/<wbr>a?<wbr>first=<wbr>1&amp;<wbr>second=<wbr>2&amp;<wbr>third</bdi>',
    );
  });
});

describe('cssString', () => {
  it('cannot end its string or the style element', () => {
    const css = cssString('"; } </style><script>\n\\ Ķ😀');
    expect(css).toBe('"\\22 \\3b  \\7d  \\3c \\2f style\\3e \\3c script\\3e \\a \\5c  \\136 \\1f600 "');
  });
});

describe('webAddress', () => {
  it.each([
    ['https://example.lv/a?b', 'https://example.lv/a?b'],
    ['www.dvi.gov.lv', 'https://www.dvi.gov.lv'],
    ['javascript:alert(1)', undefined],
    ['JaVaScript://example.lv/%0aalert(1)', undefined],
    ['data:text/html,x', undefined],
    ['https://a b', undefined],
  ])('%s → %s', (given, wanted) => {
    expect(webAddress(given)).toBe(wanted);
  });
});

describe('archivePath', () => {
  it.each([
    ['data/shop.order.json', 'data/shop.order.json'],
    ['manifest.json', 'manifest.json'],
    ['../secret', undefined],
    ['data/./x', undefined],
    ['/etc/passwd', undefined],
    ['//example.com/x', undefined],
    ['javascript:alert(1)', undefined],
    ['', undefined],
  ])('%s → %s', (given, wanted) => {
    expect(archivePath(given)).toBe(wanted);
  });
});
