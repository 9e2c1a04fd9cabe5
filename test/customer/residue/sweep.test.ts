import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../../examples/bookshop/people.js';
import { findCustomer } from '../../../src/customer/find-customer.js';
import { residueCustomer } from '../../../src/customer/residue/residue-customer.js';
import { sweepResidue } from '../../../src/customer/residue/sweep.js';
import { parse } from '../../../src/identity/kinds.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { prove, RUTA, withClient } from './support.js';

const RUTAS = `subject:${'r'.repeat(26)}`;
const ANNAS = `subject:${'a'.repeat(26)}`;
const ORDER = 'RB-2011-004711';

/** What an erasure writes. */
const TABLES = `
CREATE TABLE IF NOT EXISTS gdpr.tombstone (subject text NOT NULL, operation text NOT NULL REFERENCES gdpr.operation,
  erased_at timestamptz NOT NULL DEFAULT clock_timestamp(), ground text NOT NULL, map_digest text NOT NULL,
  certificate text REFERENCES gdpr.operation, PRIMARY KEY (subject, operation));
CREATE TABLE IF NOT EXISTS gdpr.tombstone_identifier (subject text NOT NULL, operation text NOT NULL, kind text NOT NULL,
  hmac text NOT NULL, key_version text NOT NULL, PRIMARY KEY (subject, operation, hmac, key_version),
  FOREIGN KEY (subject, operation) REFERENCES gdpr.tombstone ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS gdpr.kept_row (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text NOT NULL,
  operation text NOT NULL REFERENCES gdpr.operation, table_name text NOT NULL, key text NOT NULL, owner text NOT NULL,
  columns text[] NOT NULL, source text NOT NULL, reason text NOT NULL, until date)`;

describe('a sweep', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  let context: Context;
  let operation: string;
  const sweep = () => sweepResidue(context, () => {});
  const sql = (text: string, values: unknown[] = []) =>
    withClient(workspace.url, (client) => client.query(text, values));

  /** Enters a tombstone with codes of the values, as an erasure does. */
  async function entomb(
    subject: string,
    values: readonly (readonly [kind: 'email' | 'phone' | 'personas-kods' | 'code', raw: string])[],
  ) {
    const { keys } = context;
    await sql('INSERT INTO gdpr.tombstone (subject, operation, ground, map_digest) VALUES ($1, $2, $3, $4)', [
      subject,
      operation,
      '17(1)(b)',
      `sha256:${'0'.repeat(64)}`,
    ]);
    for (const [kind, raw] of values)
      for (const value of parse(kind, raw))
        await sql('INSERT INTO gdpr.tombstone_identifier VALUES ($1, $2, $3, $4, $5)', [
          subject,
          operation,
          kind,
          keys.hmac('subject alias', `${kind}\n${value}`),
          keys.hmacVersion,
        ]);
  }

  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    context = await workspace.context();
    await sql(TABLES);
    operation = (await findCustomer(context, { email: PEOPLE.janis?.email })).operation;
  });
  afterAll(async () => {
    await context.database.close();
    await workspace.remove();
  });

  it('without an erasure has nothing to prove', async () => {
    expect(await sweep()).toMatchObject({ erased: 0, residue: { clean: true, hits: [] } });
  });

  it('is clean while nothing of the erased is left, and reads every row', async () => {
    await entomb(RUTAS, [
      ['email', RUTA.emails[0] ?? ''],
      ['phone', RUTA.phones[0] ?? ''],
      ['personas-kods', RUTA.kods[0] ?? ''],
      ['code', ORDER],
    ]);
    const { erased, residue, searched } = await sweep();
    expect([erased, residue]).toEqual([1, { clean: true, hits: [] }]);
    expect(searched.rows).toBeGreaterThan(1000);
  });

  it('finds what came back, in any spelling, and says whose it is by reference', async () => {
    const texts = [
      'Ruta.Kalnina-Ozola@PAZUDIS.example',
      '/k?e=ruta.kalnina-ozola%40pazudis.example&t=1',
      '{"e": "ruta.kalnina-ozola\\u0040pazudis.example"}',
      'zvanīt 29 12 34 56',
      'zvanīt 0037129123456 vai 67000000',
      '/z?t=%2B371%2029%20123%20456',
      'agrāk 9123456',
      'p.k. 230791-12345.',
      `pasūtījums ${ORDER.toLowerCase()}, samaksāts`,
      'd41d8cd98f00b204e9800998ecf8427e 29123456',
    ];
    const none = [
      'citaruta@pazudis.example',
      '129123456',
      'RB-2011-004712',
      '230791-123456',
      'sha256:a29123456b5b5deb7d47bb33304137289c39147bb438caae607c3e74e9a3740f',
      '/fails/29123456-58cc-4372-a567-0e02b2c3d479?v=2',
      'd41d8cd98f00b20423079112345e427e',
    ];
    await sql('CREATE TABLE shop.import_2 (id integer PRIMARY KEY, raw text, tel bigint)');
    await sql('INSERT INTO shop.import_2 (id, tel) VALUES (100, 37129123456), (101, 371291234567)');
    await sql('INSERT INTO shop.import_2 SELECT n, t FROM unnest($1::text[]) WITH ORDINALITY u (t, n)', [
      [...texts, ...none],
    ]);
    const { residue } = await sweep();
    expect(
      residue.hits
        .map(({ key, class: type, subject, table }) => [Number(key), type, subject, table])
        .sort((a, b) => Number(a[0]) - Number(b[0])),
    ).toEqual([...texts.keys(), 99].map((i) => [i + 1, 'residue', RUTAS, 'shop.import_2']));
    const [outcome] = (
      await sql("SELECT subjects FROM gdpr.audit_entry WHERE kind = 'outcome' ORDER BY sequence DESC LIMIT 1")
    ).rows;
    expect(outcome).toEqual({ subjects: [RUTAS] });
    await sql('DROP TABLE shop.import_2');
  });

  it('leaves what an erasure kept until its day, and no longer', async () => {
    await sql(`UPDATE shop.invoices SET buyer_address = 'p.k. 230791-12345' WHERE id = 1`);
    const keep = (until: string) =>
      sql(
        `INSERT INTO gdpr.kept_row (subject, operation, table_name, key, owner, columns, source, reason, until)
         VALUES ($1, $2, 'shop.invoices', '["1"]', 'buyer', ARRAY['buyer_address'], 'rule', 'source-documents', ${until})`,
        [RUTAS, operation],
      );
    await keep('current_date + 30');
    const { residue } = await sweep();
    expect(residue).toMatchObject({ clean: true, hits: [{ class: 'kept', rule: 'source-documents', key: '1' }] });
    expect((await prove(context, RUTA)).clean).toBe(true);
    await sql('DELETE FROM gdpr.kept_row');
    await keep('current_date');
    expect((await sweep()).residue.clean).toBe(false);
    await sql('DELETE FROM gdpr.kept_row');
    await sql(`UPDATE shop.invoices SET buyer_address = 'Rīga' WHERE id = 1`);
  });

  it('takes who became a customer again for a customer', async () => {
    await entomb(ANNAS, [['email', PEOPLE.anna?.email ?? '']]);
    const { residue, erased } = await sweep();
    expect(erased).toBe(2);
    expect(residue.clean).toBe(true);
    expect(new Set(residue.hits.map((hit) => `${hit.subject} ${hit.class}`))).toEqual(new Set([`${ANNAS} held`]));
  });

  it('takes whose own row was erased for nobody who is a customer', async () => {
    const find = () => residueCustomer(context, { email: PEOPLE.ilze?.email }, () => {});
    expect((await find()).residue.clean).toBe(true);
    await entomb(`subject:${'i'.repeat(26)}`, [['email', PEOPLE.ilze?.email ?? '']]);
    await sql('INSERT INTO gdpr.tombstone_identifier VALUES ($1, $2, $3, $4, $5)', [
      `subject:${'i'.repeat(26)}`,
      operation,
      'row',
      context.keys.hmac('subject alias', `row\nshop.contact_persons ["${PEOPLE.ilze?.contactId}"]`),
      context.keys.hmacVersion,
    ]);
    const { residue, counts } = await find();
    expect([residue.clean, counts.held]).toEqual([false, 0]);
    expect(residue.hits).toContainEqual(
      expect.objectContaining({ table: 'shop.contact_persons', column: 'email', class: 'residue' }),
    );
  });
});
