import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FIXED_ROWS, PEOPLE } from '../../../examples/bookshop/people.js';
import { verifyArchive } from '../../../src/archive/verify.js';
import { prepareErase } from '../../../src/customer/erase/erase-customer.js';
import type { EraseResult, OnEraseStage } from '../../../src/customer/erase/run.js';
import { verifyAuditLog } from '../../../src/operation/log.js';
import type { Context } from '../../../src/workspace/open.js';
import { leaksIn } from '../../commands/needles.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { unzip } from '../support/archive.js';
import { exportPerson, nobodyToAsk } from '../support/export.js';
import { type ChangedCell, changesBetween, rowName, type ShopSnapshot, shopSnapshot } from './snapshot.js';
import { erasePerson, GROUND } from './support.js';

let workspace: TestWorkspace;
let context: Context;
let before: ShopSnapshot;
let after: ShopSnapshot;
let changes: ChangedCell[];
const steps: Parameters<OnEraseStage>[] = [];
let planned: Pick<EraseResult, 'tables' | 'kept'>;
let exported: ReadonlyMap<string, number>;
let result: EraseResult;

const { anna } = PEOPLE;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  const { archive } = await exportPerson(context, { email: anna.email });
  exported = new Map([...archive.tables].map(([, { table, rows }]) => [table, rows.length]));
  before = await shopSnapshot(context);
  planned = (await prepareErase(context, { email: anna.email }, GROUND, nobodyToAsk)).rehearsal;
  expect(changesBetween(before, await shopSnapshot(context))).toEqual([]);
  result = await erasePerson(context, { email: anna.email }, (...step) => steps.push(step));
  after = await shopSnapshot(context);
  changes = changesBetween(before, after);
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

/** The kept cells of each row, as the tool notes them. */
async function keptCells(): Promise<Map<string, Set<string>>> {
  const rows = await context.database.transaction('read committed', (session) =>
    session.query<{ table: string; key: string; columns: string }>(
      'SELECT table_name AS "table", key, array_to_json(columns)::text AS columns FROM gdpr.kept_row',
    ),
  );
  const kept = new Map<string, Set<string>>();
  for (const { table, key, columns } of rows) {
    const name = `${table.replace(/^shop\./, '')} ${(JSON.parse(key) as string[]).join('/')}`;
    kept.set(name, new Set([...(kept.get(name) ?? []), ...(JSON.parse(columns) as string[])]));
  }
  return kept;
}

it('does what the plan said, and says that nothing is left', () => {
  expect(result.tables).toEqual(planned.tables);
  expect(result.kept).toEqual(planned.kept);
  expect(result.residue.clean).toBe(true);
  // Her namesake's rows, and what is kept of hers.
  expect(result.residue.hits.filter((hit) => hit.class === 'residue')).toEqual([]);
  expect(result.tables.reduce((sum, { deleted }) => sum + deleted, 0)).toBeGreaterThan(20);
});

it('leaves every row that does not name her as it was', () => {
  const hers = new Set(FIXED_ROWS.filter(({ of }) => of.includes('anna')).map(({ table, row }) => rowName(table, row)));
  const others = new Set(
    changes.map(({ row }) => row).filter((row) => !hers.has(row) && !row.startsWith('page_views ')),
  );
  expect([...others]).toEqual([]);
  // Rows without a key are gone, not changed.
  const views = changes.filter(({ row }) => row.startsWith('page_views '));
  expect(views.every(({ is, was }) => is === undefined && (was as { customer_id: number }).customer_id === 1)).toBe(
    true,
  );
  expect(views.length).toBeGreaterThan(0);
});

it('changes only her columns of rows that are about somebody else too', () => {
  // The gift to Jānis: his name, phone and address, and her words, which he has read.
  expect(changes.filter(({ row }) => row === 'gift_recipients 2')).toEqual([]);
  expect(changes.filter(({ row }) => row === 'shipments 2')).toEqual([]);
  const payer = changes.filter(({ row, column }) => row === 'payments 3' && column !== 'cardholder_name');
  expect(payer.every(({ column }) => column === 'card_last4')).toBe(true);
});

it('leaves none of her values outside of what is kept', async () => {
  const kept = await keptCells();
  const leaks: string[] = [];
  for (const [name, row] of after) {
    for (const [column, value] of Object.entries(row)) {
      const text = JSON.stringify(value);
      const found = [...anna.needles, ...anna.secrets].filter((needle) => text.includes(needle));
      if (found.length > 0 && kept.get(name)?.has(column) !== true)
        leaks.push(`${name} ${column}: ${found.join(', ')}`);
    }
  }
  expect(leaks).toEqual([]);
});

it('keeps what an open order needs and what the law of accounting demands, and nothing else', async () => {
  const kept = await keptCells();
  expect(after.get('customers 1')?.email).toBe(anna.email);
  expect([...(kept.get('customers 1') ?? [])].sort()).toEqual(['email', 'first_name', 'last_name', 'phone']);
  expect(after.get('customers 1')?.personas_kods).toBeNull();
  expect(after.get('invoices 4')?.buyer_name).toBe(anna.name);
  expect(after.get('invoices 1')?.buyer_name).toBe('Dzēsts');
  expect(after.get('orders 1')?.customer_id).toBeNull();
  const source = result.kept.find(({ table, id }) => table === 'shop.invoices' && id === 'source-documents');
  expect(source?.last).toMatch(/^203\d-01-01$/);
  expect(result.kept.filter(({ id }) => id === 'open-order').map(({ table }) => table)).toContain('shop.shipments');
});

it('reaches the rows that an export reaches', () => {
  const touched = new Map(result.tables.map((each) => [each.table, each]));
  for (const [table, rows] of exported) {
    const { deleted = 0, changed = 0, kept = 0 } = touched.get(table) ?? {};
    expect({ table, reached: Math.max(deleted, deleted + changed, deleted + kept) <= rows }).toEqual({
      table,
      reached: true,
    });
  }
  const gone = changes.filter(({ is }) => is === undefined).length;
  expect(gone).toBe(result.tables.reduce((sum, { deleted }) => sum + deleted, 0));
});

it('leaves totals and accounting documents true', async () => {
  const sums = (snapshot: ShopSnapshot) =>
    ['orders', 'order_lines', 'payments', 'invoices', 'refunds'].map((table) =>
      [...snapshot]
        .filter(([name]) => name.startsWith(`${table} `))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, row]) => [name, row.total, row.line_total, row.amount, row.net, row.vat, row.number, row.book_id]),
    );
  expect(sums(after)).toEqual(sums(before));
});

it('signs a certificate and a letter without anything that was erased', async () => {
  const verification = await verifyArchive(result.certificate, { signers: [context.keys.ids.signing] });
  expect(verification.valid).toBe(true);
  const files = await unzip(result.certificate);
  const text = (name: string) => files.get(name)?.toString('utf8') ?? '';
  const certificate = JSON.parse(text('certificate.json')) as Record<string, unknown>;
  expect(certificate).toMatchObject({ ground: GROUND, operation: result.operation, residue: { clean: true } });
  for (const name of ['certificate.json', 'letter.html']) expect(leaksIn(text(name))).toEqual([]);
  expect(text('letter.html')).toContain('Ko vēl glabājam');
});

it('leaves a tombstone in the database and in the journal, and her values in neither', async () => {
  const journal = await readFile(context.paths.journal, 'utf8');
  const records = journal
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const stones = records.filter(({ type }) => type === 'tombstone');
  expect(stones).toHaveLength(1);
  expect(stones[0]).toMatchObject({ subject: result.subject, operation: result.operation, ground: GROUND });
  expect(leaksIn(journal)).toEqual([]);
  const log = await verifyAuditLog(context);
  expect(log.problems).toEqual([]);
});

it('tells what it is doing, and how far the proof is', () => {
  const stages = steps.map(([stage]) => stage).filter((stage, i, all) => stage !== all[i - 1]);
  expect(stages).toEqual(['erase', 'proof', 'certificate']);
  const searched = steps.flatMap(([, search]) => search ?? []);
  expect(searched.map(({ table }) => table)).toContain('shop.orders');
  expect(searched.at(-1)).toMatchObject({ done: searched[0]?.total, total: searched[0]?.total });
});

it('finds nothing more to do the second time', async () => {
  const again = await erasePerson(context, { id: 'shop.customers:1' });
  expect(again.tables.filter(({ deleted, changed }) => deleted + changed > 0)).toEqual([]);
  expect(changesBetween(after, await shopSnapshot(context))).toEqual([]);
  expect(again.kept.map(({ table, columns, id, rows }) => [table, columns, id, rows])).toEqual(
    result.kept.map(({ table, columns, id, rows }) => [table, columns, id, rows]),
  );
});
