import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareExport } from '../../src/customer/export-customer.js';
import { PORTABLE } from '../../src/customer/portable/kind.js';
import { exportPortable } from '../customer/portable/support.js';
import { type Exported, nobodyToAsk } from '../customer/support/export.js';
import { outsideTool } from '../support/tools.js';
import { pageText, shop } from './shop.js';

const s = shop();
const python = outsideTool('python3');
const ANNA = { email: 'anna.berzina@pasts.example' };
/** In what the shop concluded, and in what it holds on another basis than consent or contract. */
const CONCLUDED = ['Secinājums-8417', 'Paskaidrojums-8417'];
const OTHER_BASIS = ['Atsauksme-8417', 'meklets-8417', '198.51.100.84'];

let all: Exported;
let portable: Exported;

beforeAll(async () => {
  await s.rows("UPDATE shop.customers SET segment = 4, opt_in_ip = '198.51.100.17' WHERE id = 1");
  await s.rows(`UPDATE shop.notes SET body = 'Secinājums-8417' WHERE id = 1`);
  await s.rows(`UPDATE shop.refunds SET explanation = 'Paskaidrojums-8417'
    WHERE payment_id IN (SELECT p.id FROM shop.payments p JOIN shop.orders o ON o.id = p.order_id WHERE o.customer_id = 1)`);
  await s.rows(`UPDATE shop.reviews SET body = 'Atsauksme-8417' WHERE customer_id = 1`);
  await s.rows(`UPDATE shop.page_views SET search_terms = 'meklets-8417' WHERE customer_id = 1`);
  await s.rows(`UPDATE shop.orders SET client_ip = '198.51.100.84' WHERE customer_id = 1`);
  all = await s.export(ANNA);
  portable = await exportPortable(s.context, ANNA);
}, 120_000);

describe('17 a portable copy', () => {
  it('17 holds nothing that the shop concluded, though the copy of everything does', () => {
    const everything = [...all.archive.files.values()].map((content) => content.toString('utf8')).join('\n');
    for (const words of [...CONCLUDED, ...OTHER_BASIS]) expect(everything).toContain(words);
    for (const [name, content] of portable.archive.files) {
      const found = [...CONCLUDED, ...OTHER_BASIS].filter((words) => content.includes(words));
      expect({ name, found }).toEqual({ name, found: [] });
    }
    const [customer] = portable.archive.rows('shop.customers');
    expect(customer).toMatchObject({ email: ANNA.email, opt_in_ip: '198.51.100.17' });
    expect(customer).not.toHaveProperty('segment');
    expect(all.archive.rows('shop.customers')[0]).toHaveProperty('segment', 4);
    expect(pageText(all.archive.text('index.html'))).toContain('Pērk bieži');
    expect(pageText(portable.archive.text('index.html'))).not.toContain('Pērk bieži');
  });

  it('17 tells what is left out: what was concluded, and what is held on another basis', () => {
    const { withheld } = portable.archive.manifest;
    expect(withheld).toContainEqual({ table: 'shop.customers', column: 'segment', reason: 'inferred', rows: 1 });
    expect(withheld).toContainEqual({ table: 'shop.loyalty_cards', column: 'tier', reason: 'inferred', rows: 1 });
    expect(
      withheld.filter(({ table, reason }) => table === 'shop.reviews' && reason === 'basis').length,
    ).toBeGreaterThan(3);
    expect(pageText(portable.archive.text('index.html'))).toContain('Secinājām to no citiem datiem');
  });

  it('17 is no copy of everything under another name: its plan, ground and file are its own', async () => {
    const access = await prepareExport(s.context, ANNA, nobodyToAsk);
    const prepared = await prepareExport(s.context, ANNA, nobodyToAsk, PORTABLE);
    expect(prepared.plan.digest).not.toBe(access.plan.digest);
    expect(portable.archive.manifest.ground).toBe('Art. 20');
    expect(portable.result.archive).toMatch(/\/portable-\d{8}-[a-z2-7]{16}\.asice$/);
    const page = pageText(portable.archive.text('index.html'));
    expect(page).toContain('20. pants');
    expect(page).not.toContain('Kas saņem Jūsu datus');
  });

  it.skipIf(!python.available)('17 is in formats that programs read: JSON, JSON-LD and CSV', () => {
    const checked: string[] = [];
    for (const [name, content] of portable.archive.files) {
      if (!/\.(json|jsonld|csv)$/.test(name)) continue;
      const read = name.endsWith('.csv')
        ? 'rows = list(csv.reader(io.StringIO(text.lstrip("\\ufeff"), newline="")))\nassert len({len(r) for r in rows}) == 1 and len(rows) > 1'
        : 'json.loads(text)';
      const program = `import csv, io, json, sys\ntext = sys.stdin.buffer.read().decode("utf-8")\n${read}`;
      const { status, stderr } = spawnSync(python.path, ['-c', program], { input: content });
      expect({ name, status, stderr: stderr.toString() }).toEqual({ name, status: 0, stderr: '' });
      checked.push(name);
    }
    expect(checked).toContain('portable.jsonld');
    expect(checked.length).toBeGreaterThan(20);
  });
});
