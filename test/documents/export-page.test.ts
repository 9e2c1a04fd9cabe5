import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Cell,
  type PageTable,
  pageBottom,
  pageTop,
  tableAnchor,
  tableRows,
  tableTop,
} from '../../src/documents/export-page.js';
import { DARK, LIGHT } from '../../src/documents/page-style.js';
import { CUSTOMERS, HOSTILE, MODEL, ORDERS, samplePage, VISIT_ROWS, VISITS } from './sample.js';

const text = (markup: string) => markup.replace(/<[^>]+>/g, '').replaceAll('\u00a0', ' ');

function cell(value: string | null, column: Partial<PageTable['columns'][number]> = {}): string {
  const columns = [{ name: 'c', title: { lv: 'K', en: 'C' }, source: 'provided' as const, ...column }];
  return tableRows({ name: 't', title: { lv: 'T', en: 'T' }, purposes: [], columns }, [[{ value }]]);
}

describe('the page as a stream', () => {
  it('is the same however the rows are cut into batches', () => {
    const whole = tableRows(VISITS, VISIT_ROWS);
    const [first, rest] = [VISIT_ROWS.slice(0, 3), VISIT_ROWS.slice(3)];
    expect(tableRows(VISITS, first) + tableRows(VISITS, rest)).toBe(whole);
    expect(whole.match(/<tr /g)).toHaveLength(VISIT_ROWS.length);
  });

  it('refuses a row of another shape without naming a value', () => {
    expect(() => tableRows(CUSTOMERS, [[{ value: 'Anna' }]])).toThrow('shop.customer: a row of 1 cells for 6 columns');
  });

  it('closes every element that it opens', () => {
    const page = samplePage();
    for (const name of [
      'html',
      'head',
      'body',
      'main',
      'section',
      'nav',
      'div',
      'table',
      'thead',
      'tbody',
      'tr',
      'td',
      'th',
      'ul',
      'ol',
      'li',
      'dl',
      'dd',
      'dt',
      'p',
      'span',
      'bdi',
      'time',
      'pre',
      'a',
    ]) {
      const opened = page.match(new RegExp(`<${name}[ >]`, 'g')) ?? [];
      expect([name, opened.length]).toEqual([name, (page.match(new RegExp(`</${name}>`, 'g')) ?? []).length]);
    }
  });
});

describe('the security policy', () => {
  const page = samplePage();

  it('allows exactly the styles and the script of the page, and no source of anything else', () => {
    const policy = (/Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '').replaceAll('&#39;', "'");
    const digests = (name: string) =>
      [...page.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(
        ([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`,
      );
    expect(policy.split('; ')).toEqual([
      `default-src 'none'`,
      `style-src ${digests('style').join(' ')}`,
      `script-src ${digests('script').join(' ')}`,
      'img-src data:',
      `base-uri 'none'`,
      `form-action 'none'`,
    ]);
    expect(digests('style')).toHaveLength(2);
  });

  it('stands before anything that it governs, in the first kilobyte', () => {
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style'));
    expect(page.indexOf('<meta charset="utf-8">')).toBeLessThan(1024);
  });

  it('cannot be escaped by a hostile operation id or controller', () => {
    const hostile = `x"; } </style><script>alert(1)</script>`;
    const top = pageTop({
      ...MODEL,
      operation: hostile,
      controller: { ...MODEL.controller, name: hostile, website: 'javascript:alert(1)' },
    });
    expect(top.match(/<script/g)).toHaveLength(1);
    expect(top.match(/<\/style>/g)).toHaveLength(2);
    expect(top).not.toContain('href="javascript');
  });
});

describe('what a cell shows', () => {
  it.each(HOSTILE)('%j as text', (value) => {
    expect(cell(value)).not.toMatch(/<(img|svg|script|style|body)/i);
    expect(cell(value).match(/<td/g)).toHaveLength(1);
  });

  it('an empty field, an empty text and a value apart', () => {
    expect(text(cell(null))).toBe('—tukšsempty\n');
    expect(text(cell(''))).toBe('tukšs tekstsempty text\n');
    expect(text(cell('0'))).toBe('0\n');
  });

  it('a code with its meaning, and a code without one as it is', () => {
    const codes = { a: { lv: 'Aktīvs', en: 'Active' } };
    expect(text(cell('a', { codes }))).toBe('AktīvsActive a\n');
    expect(text(cell('toString', { codes }))).toBe('toString\n');
  });

  it('a moment for people with the stored text beside it', () => {
    const markup = cell('2026-03-03 14:05:06.123456+02', { format: 'timestamp' });
    expect(text(markup)).toBe('2026. gada 3. marts3 March 2026, 14:05:06 UTC+2\n');
    expect(markup).toContain(
      '<time datetime="2026-03-03T14:05:06.123+02:00" data-raw="2026-03-03 14:05:06.123456+02">',
    );
  });

  it('a value that is not of its column’s format as it is stored', () => {
    expect(text(cell('0044-03-15 BC', { format: 'date' }))).toBe('0044-03-15 BC\n');
    expect(text(cell('€ 5', { format: 'money' }))).toBe('€ 5\n');
    expect(text(cell('{oops', { format: 'json' }))).toBe('{oops\n');
  });

  it('an endless moment in words', () => {
    expect(text(cell('infinity', { format: 'timestamp' }))).toBe('bez beigu datumano end date infinity\n');
  });

  it('a note instead of a withheld value', () => {
    const notes = (['third-party', 'secret', 'free-text'] as const).map((withheld): Cell[] => [{ withheld }]);
    const table = { ...CUSTOMERS, columns: CUSTOMERS.columns.slice(0, 1) };
    expect(text(tableRows(table, notes)).split('\n')).toEqual([
      'paslēpts: attiecas uz citu personuhidden: concerns another person',
      'paslēpts: drošības datihidden: security data',
      'paslēpts: brīvs teksts, kurā var būt minēti citihidden: free text that may mention others',
      '',
    ]);
  });
});

describe('tables', () => {
  it('gives every table an id of its own', () => {
    const names = [
      'shop.order',
      'shop_order',
      'shop-order',
      'Shop.order',
      '"shop order"',
      'shop.2e.order',
      'ķēde',
      't',
      't-title',
    ];
    const anchors = names.map(tableAnchor);
    expect(new Set(anchors.flatMap((anchor) => [anchor, `${anchor}-title`])).size).toBe(names.length * 2);
    expect(anchors.every((anchor) => /^t-[A-Za-z0-9_.]+$/.test(anchor))).toBe(true);
  });

  it('says where each column comes from and what the table is for', () => {
    const top = text(tableTop(VISITS, 't-visit'));
    expect(top).toContain('NolūksUsed forIzpratne par pircēju vēlmēm');
    expect(top).toContain('We concluded it from other dataValsts, Pilsēta, Interešu joma, Intereses vērtējums');
  });

  it('lets a wide table turn into cards sooner', () => {
    expect([CUSTOMERS, ORDERS, VISITS].map((table) => /class="grid (\w+)"/.exec(tableTop(table, 'x'))?.[1])).toEqual([
      'slim',
      'broad',
      'record',
    ]);
  });
});

describe('Art. 15', () => {
  const top = text(pageTop(MODEL));

  it.each([
    ['(a) purposes and bases', 'Līgums ar Jums'],
    ['(a) articles', 'GDPR Article 6(1)(b)'],
    ['(a) law', 'Grāmatvedības likuma 28. pants'],
    ['(a) interest', 'To offer books that people want to read.'],
    ['(b) categories', 'contact data, orders, payments'],
    ['(c) recipients by name', 'VAS &quot;Latvijas Pasts&quot;'],
    ['(c) country', 'Amerikas Savienotās Valstis'],
    ['(d) dates, Latvian', 'no 2027. gada 12. maija līdz 2031. gada 3. janvārim'],
    ['(d) dates, English', 'from 12 May 2027 to 3 January 2031'],
    ['(d) one date, Latvian', '2027. gada 14. augustā'],
    ['(d) one date, English', 'on 14 August 2027'],
    ['(d) criterion', '1 record: the date is not known yet. The period starts when the order is delivered.'],
    ['(d) period', '1 gads un 6 mēneši'],
    ['(d) kept without a rule', 'While you have an account; you can erase it at any time.'],
    ['(e) objection to marketing', 'This right has no exceptions.'],
    ['(e) portability', '20. pants'],
    ['(f) the authority', 'Elijas iela 17, Rīga, LV-1050'],
    ['(g) sources', 'Radās, Jums izmantojot mūsu pakalpojumus'],
    ['(h) automated decisions', 'No decisions about you are made by a computer alone.'],
    ['15(2) transfers', 'Standard contractual clauses of the European Commission'],
    ['a court', 'You can bring a claim in court'],
    ['the tally', 'Kopā 29 ieraksti 3 datu grupās.'],
    ['the identity check', 'kurā bijāt pieslēgusies ar paroli'],
    ['the moment of the copy', '2026. gada 3. marts, 14:05'],
  ])('%s', (_what, wanted) => {
    expect(top).toContain(wanted);
  });

  it('explains a decision made by a computer', () => {
    const decided = pageTop({
      ...MODEL,
      automatedDecisions: { exist: true, text: { lv: 'Kredīta limits.', en: 'A credit limit.' } },
    });
    expect(text(decided)).toContain('ask for a person to review such a decision');
  });

  it('never says “as long as needed”', () => {
    expect(text(samplePage())).not.toMatch(/as long as (is )?(needed|necessary)|cik ilgi nepieciešams|tik ilgi, cik/i);
  });

  it('shows a table that no rule covers rather than hide it', () => {
    const { keptBecause: _, ...profile } = MODEL.tables[0] as (typeof MODEL.tables)[number];
    expect(text(pageTop({ ...MODEL, tables: [profile] }))).toContain('No date has been calculated for this group yet.');
  });
});

describe('the end of the page', () => {
  const bottom = text(pageBottom(MODEL));

  it.each([
    ['withheld column', 'ParolePasswordJūsu profilsYour profile'],
    ['reason', 'Security data such as a password'],
    ['own words of the reason', 'The book was a gift to somebody else.'],
    ['shared identifier', 'is also used by another person'],
    ['where nothing is held', 'Grāmatu atsauksmes'],
    ['files', 'data/order.csv'],
    ['how to verify', 'gdpr archive verify'],
    ['reference', MODEL.operation],
  ])('%s', (_what, wanted) => {
    expect(bottom.replaceAll(/\s+/g, ' ')).toContain(wanted);
  });
});

describe('a person of whom nothing is held', () => {
  const nobody = {
    ...MODEL,
    purposes: [],
    recipients: [],
    retention: [],
    sources: [],
    withheld: [],
    tables: MODEL.tables.map((table) => ({ ...table, rows: 0 })),
  };
  const page = text(pageTop(nobody) + pageBottom(nobody));

  it('is told so, and where it was looked', () => {
    expect(page).toContain('We found no record about you.');
    for (const { title } of MODEL.tables) expect(page).toContain(title.en);
  });

  it('still learns their rights', () => {
    expect(page).toContain('Datu valsts inspekcija');
  });
});

describe('colours', () => {
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (light + 0.05) / (dark + 0.05);
  };

  it.each([
    ['light', LIGHT],
    ['dark', DARK],
  ])('%s: every text on every ground has WCAG AA contrast', (_name, colours) => {
    for (const ink of [colours.ink, colours.soft, colours.accent]) {
      for (const ground of [colours.ground, colours.card, colours.tint])
        expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
