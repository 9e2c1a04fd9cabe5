import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAgreement } from '../../src/disclosure/agreements.js';
import type { ProcessorResult } from '../../src/disclosure/processor.js';
import { gdpr } from '../commands/program.js';
import { jsonOf } from '../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const ORDERS = 100_000;
/** MB of heap: the program with a few batches has room in it; a hundred thousand rows with their people would not. */
const HEAP = 96;

let workspace: TestWorkspace;
let client: pg.Client;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  const context = await workspace.context();
  try {
    const document = join(workspace.root, 'omniva.txt');
    await writeFile(document, 'agreement\n');
    await addAgreement(context, {
      number: 'OMN-2023/114',
      recipient: 'omniva',
      from: '2023-05-01',
      columns: ['tālrunis', 'vārds', 'pakomāts'],
      subprocessors: [],
      document,
    });
  } finally {
    await context.database.close();
  }
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
  await client.query(
    `INSERT INTO shop.orders (id, order_number, guest_email, guest_name, guest_phone, status, placed_at, goods_total)
     SELECT 2000000 + n, 'RB-2026-' || 2000000 + n, 'buyer' || n || '@many.example', 'Pircējs ' || n, '2' || 1000000 + n,
       'packed', '2026-02-01', 10 FROM generate_series(1, $1::integer) n`,
    [ORDERS],
  );
  await client.query(
    `INSERT INTO shop.shipments (id, order_id, carrier, parcel_machine_id, recipient_name, recipient_phone, status)
     SELECT o.id, o.id, 'omniva', 1, CASE WHEN o.id = 2000007 THEN '=cmd|x' ELSE o.guest_name END, '+371' || o.guest_phone, 10
     FROM shop.orders o WHERE o.id > 2000000`,
  );
}, 240_000);
afterAll(async () => {
  await client?.end();
  await workspace.remove();
});

describe('the manifest of a hundred thousand orders', { timeout: 900_000 }, () => {
  it('streams, has the columns of the agreement and no other, and enters everybody in the register', async () => {
    const ran = await gdpr(['disclose', '--processor', 'OMN-2023/114', '--out', 'omniva.csv', '--json'], {
      cwd: workspace.root,
      environment: { ...workspace.environment, NODE_OPTIONS: `--max-old-space-size=${HEAP}` },
    });
    const given = jsonOf<ProcessorResult>(ran, 'disclose');
    const { rows: due } = await client.query<{ phone: string; name: string; code: string }>(
      `SELECT s.recipient_phone AS phone, s.recipient_name AS name, m.code FROM shop.shipments s
       JOIN shop.orders o ON o.id = s.order_id LEFT JOIN shop.parcel_machines m ON m.id = s.parcel_machine_id
       WHERE s.carrier = 'omniva' AND s.status = 10 AND o.status = 'packed' ORDER BY s.id`,
    );
    expect(due.length).toBeGreaterThanOrEqual(ORDERS);
    const csv = parse(await readFile(given.list, 'utf8')) as string[][];
    expect(csv[0]).toEqual(['tālrunis', 'vārds', 'pakomāts']);
    expect(csv.slice(1)).toEqual(
      due.map(({ phone, name, code }) => [phone ?? '', name.startsWith('=') ? `'${name}` : name, code ?? '']),
    );
    expect(given).toMatchObject({ rows: due.length, left: { restricted: 0, erased: 0 } });
    const { rows: entered } = await client.query(
      `SELECT count(*)::integer AS people, sum(s.rows)::integer AS rows, d.records::integer AS records
       FROM gdpr.disclosure d JOIN gdpr.disclosure_subject s ON s.disclosure = d.number WHERE d.number = $1 GROUP BY d.number`,
      [given.disclosure],
    );
    expect(entered).toEqual([{ people: given.people, rows: expect.any(Number), records: due.length }]);
    expect(given.people).toBeGreaterThanOrEqual(ORDERS);
  });
});
