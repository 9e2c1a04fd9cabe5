import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { lines, prove, RUTA, withClient } from './support.js';

/** Texts that say something of Rūta, with what they say. */
const TEXTS: readonly (readonly [text: string, kinds: readonly string[]])[] = [
  ['Rakstīja ruta.kalnina-ozola@pazudis.example vakar', ['email']],
  ['RUTA.KALNINA-OZOLA@PAZUDIS.EXAMPLE', ['email']],
  ['<a href="mailto:Ruta.Kalnina-Ozola@pazudis.example">raksti</a>', ['email']],
  ['/konts?e=ruta.kalnina-ozola%40pazudis.example&v=1', ['email']],
  ['/iziet?uz=%2Fkonts%3Fe%3Druta.kalnina-ozola%2540pazudis.example', ['email']],
  ['/x?e=%72uta.kalnina-ozola@pazudis.example', ['email']],
  ['{"e":"ruta.kalnina-ozola\\u0040pazudis.example"}', ['email']],
  ['log: "{\\"e\\":\\"ruta.kalnina-ozola@pazudis.example\\"}"', ['email']],
  ['ruta.kalnina-ozola&#64;pazudis.example', ['email']],
  ['=3D ruta.kalnina-ozola=40pazudis.example', ['email']],
  ['zvanīt 29123456', ['phone']],
  ['zvanīt +371 29 123 456 pēc 18', ['phone']],
  ['tel. 0037129123456', ['phone']],
  ['29-12-34-56', ['phone']],
  ['(+371) 29.123.456', ['phone']],
  ['vecais numurs 9123456', ['phone']],
  ['/zvans?t=%2B371%2029%20123%20456', ['phone']],
  ['29\u00a0123\u2009456', ['phone']],
  ['p.k. 230791-12345', ['personas-kods']],
  ['23079112345', ['personas-kods']],
  ['Rūta Kalniņa', ['name']],
  ['RUTA KALNINA', ['name']],
  ['RŪTAI KALNIŅAI nosūtīts', ['name']],
  ['runāju ar Rūtu Kalniņu', ['name']],
  ['Rūtas Kalniņas paka', ['name']],
  ['Kalniņa, Rūta', ['name']],
  ['Ru\u0304ta Kalnin\u0327a', ['name']],
  ['Рута Калниня', ['name']],
  ['для Руты Калнини', ['name']],
  ['/k?v=R%C5%ABta+Kalni%C5%86a', ['name']],
  ['{"v":"R\\u016bta Kalni\\u0146a"}', ['name']],
  ['R&umacr;ta Kalni&ncedil;a', ['name']],
  ['Rūtai Mārai Kalniņai, 29123456', ['name', 'phone']],
  [`d41d8cd98f00b204e9800998ecf8427e 29123456`, ['phone']],
  [`d41d8cd98f00b204e9800998ecf8427e-29123456`, ['phone']],
  ['29123456-0000-0000-0000-000000000000', ['phone']],
];

/** Texts that say nothing of her, though they look like it. */
const OTHERS: readonly string[] = [
  'Kalniņa',
  'Rūta',
  'Rūta no Ogres aizveda grāmatas uz tirgu, un pēc nedēļas Kalniņa tās atdeva',
  'Rūta Kalniņš-Liepa',
  'xruta.kalnina-ozola@pazudis.example',
  'ruta.kalnina-ozola@pazudis.example.com',
  'maija.ruta.kalnina-ozola@pazudis.example',
  'kalnina.ruta@cits.example',
  'rēķins 129123456',
  '291234567',
  'LV80BANK0029123456789',
  '230791-123456',
  'ISBN 9789229123456',
  'sha256:a29123456b5b5deb7d47bb33304137289c39147bb438caae607c3e74e9a3740f',
  '{"etag":"D41D8CD98F00B204E98A29123456B27E"}',
  '/fails/29123456-58cc-4372-a567-0e02b2c3d479?v=2',
  'd41d8cd98f00b20423079112345e427e',
];

describe('residue planted where no map knows it', { timeout: 180_000 }, () => {
  let workspace: TestWorkspace;
  let context: Context;
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    await withClient(workspace.url, async (client) => {
      await client.query('CREATE SCHEMA "Old Stuff"');
      await client.query('CREATE TABLE "Old Stuff".texts (id integer PRIMARY KEY, body text)');
      await client.query('INSERT INTO "Old Stuff".texts SELECT n, t FROM unnest($1::text[]) WITH ORDINALITY u (t, n)', [
        [...TEXTS.map(([text]) => text), ...OTHERS],
      ]);
    });
    context = await workspace.context();
  });
  afterAll(async () => {
    await context.database.close();
    await workspace.remove();
  });

  it('is found in every spelling and encoding, and nowhere else', async () => {
    const { hits, clean } = await prove(context, RUTA);
    const found = new Map<string, string[]>();
    for (const hit of hits) found.set(hit.key, [...(found.get(hit.key) ?? []), hit.kind].sort());
    const seen = [...TEXTS.map(([text]) => text), ...OTHERS].map((text, i) => [text, found.get(String(i + 1)) ?? []]);
    expect(seen).toEqual([
      ...TEXTS.map(([text, kinds]) => [text, [...kinds].sort()]),
      ...OTHERS.map((text) => [text, []]),
    ]);
    expect(new Set(hits.map(({ table, class: type }) => `${table} ${type}`))).toEqual(
      new Set(['Old Stuff.texts residue']),
    );
    expect(clean).toBe(false);
  });

  it('is found in columns of every kind', async () => {
    const email = 'ruta.kalnina-ozola@pazudis.example';
    await withClient(workspace.url, async (client) => {
      await client.query('DROP SCHEMA "Old Stuff" CASCADE');
      await client.query(`CREATE SCHEMA deep;
        CREATE EXTENSION IF NOT EXISTS hstore SCHEMA deep; CREATE EXTENSION IF NOT EXISTS citext SCHEMA deep;
        CREATE DOMAIN deep.words AS varchar(200);
        CREATE TYPE deep.pair AS (a text, b integer);
        CREATE TABLE deep.kinds (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), v varchar(80), c char(60), d deep.words,
          ci deep.citext, h deep.hstore, j json, jb jsonb, x xml, a text[], ja jsonb[], b bytea, p deep.pair, ts tsvector,
          first_name text, last_name text);
        CREATE TABLE deep.log (at date NOT NULL, line text) PARTITION BY RANGE (at);
        CREATE TABLE deep.log_1 PARTITION OF deep.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE deep.log_2 PARTITION OF deep.log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE TABLE deep.base (note text); CREATE TABLE deep.heir () INHERITS (deep.base)`);
      await client.query(
        `INSERT INTO deep.kinds (v, c, d, ci, h, j, jb, x, a, ja, b, p, ts)
         SELECT t, t, t, t, deep.hstore('e', t), json_build_object('who', json_build_array(t)),
           jsonb_build_object('a', jsonb_build_object('b', t)), xmlelement(name e, t), ARRAY['x', t], ARRAY[to_jsonb(t)],
           '\\xff00'::bytea || convert_to(t, 'UTF8') || '\\x00fe'::bytea, ROW(t, 1)::deep.pair, to_tsvector('simple', t)
         FROM (SELECT $1::text AS t) u`,
        [email],
      );
      await client.query("INSERT INTO deep.kinds (first_name, last_name) VALUES ('Rūta', 'KALNIŅA')");
      await client.query("INSERT INTO deep.log VALUES ('2025-05-05', 'x 29 12 34 56'), ('2026-05-05', 'y')");
      await client.query("INSERT INTO deep.heir VALUES ('230791-12345')");
      await client.query('CREATE MATERIALIZED VIEW deep.seen AS SELECT v AS copied FROM deep.kinds');
    });
    expect(lines(await prove(context, RUTA))).toEqual([
      'deep.heir note - personas-kods residue',
      ...['a', 'b', 'c', 'ci', 'd', 'h'].map((column) => `deep.kinds ${column} - email residue`),
      'deep.kinds j who.* email residue',
      'deep.kinds ja - email residue',
      'deep.kinds jb a.b email residue',
      'deep.kinds last_name - name residue',
      ...['p', 'ts', 'v', 'x'].map((column) => `deep.kinds ${column} - email residue`),
      'deep.log line - phone residue',
      'deep.seen copied - email residue',
    ]);
  });

  it('is found in columns of numbers, but not in those that only name rows or count money', async () => {
    await withClient(workspace.url, async (client) => {
      await client.query(`CREATE SCHEMA counted; CREATE DOMAIN counted.whole AS numeric(14);
        CREATE TABLE counted.calls (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, tel bigint, mobile integer,
          old numeric, fax double precision, code counted.whole, several bigint[], price numeric(12, 2));
        CREATE TABLE counted.parts (call bigint REFERENCES counted.calls, n integer);
        INSERT INTO counted.calls VALUES (29123456, 37129123456, 29123456, 9123456.0, 37129123456, 23079112345,
          ARRAY[1, 29123456], 29123456.00), (2, 129123456, 2912345, 91234567, 2912345.6, 230791123450, ARRAY[291234560], 1);
        INSERT INTO counted.parts VALUES (29123456, 2912345)`);
    });
    const counted = await prove(context, RUTA);
    await withClient(workspace.url, (client) => client.query('DROP SCHEMA counted CASCADE'));
    expect(lines(counted, ({ table }) => table.startsWith('counted.'))).toEqual([
      'counted.calls code - personas-kods residue',
      ...['fax', 'mobile', 'old', 'several', 'tel'].map((column) => `counted.calls ${column} - phone residue`),
    ]);
  });

  it('is found in each row of a long table, beside long texts, and not across two rows', async () => {
    const [email] = RUTA.emails;
    await withClient(workspace.url, async (client) => {
      await client.query('CREATE SCHEMA long; CREATE TABLE long.log (id integer PRIMARY KEY, line text)');
      await client.query(
        `INSERT INTO long.log SELECT n, CASE
           WHEN n IN (1, 1234, 40000) THEN 'x ' || $1
           WHEN n = 5000 THEN (SELECT string_agg(md5(i::text), ' ') FROM generate_series(1, 2000) i) || ' Rūtai Kalniņai'
           WHEN n = 6000 THEN E'Rūta\\x1eKalniņa'
           WHEN n % 500 = 7 THEN 'Rūta' WHEN n % 500 = 8 THEN 'Kalniņa' WHEN n % 500 = 9 THEN '2912' WHEN n % 500 = 10 THEN '3456'
           ELSE 'nekas ' || n END
         FROM generate_series(1, 40000) n`,
        [email],
      );
    });
    const { hits, searched } = await prove(context, RUTA);
    await withClient(workspace.url, (client) => client.query('DROP SCHEMA long CASCADE'));
    const long = hits.filter(({ table }) => table === 'long.log');
    expect(long.map(({ key, kind }) => `${key} ${kind}`)).toEqual([
      '1 email',
      '1234 email',
      '5000 name',
      '6000 name',
      '40000 email',
    ]);
    expect(searched.rows).toBeGreaterThan(40_000);
  });

  it('is found in a new column of a mapped table', async () => {
    await withClient(workspace.url, async (client) => {
      await client.query('DROP SCHEMA deep CASCADE');
      await client.query(
        "ALTER TABLE shop.orders ADD COLUMN memo text DEFAULT NULL; UPDATE shop.orders SET memo = 'Rūtai Kalniņai' WHERE id = 1",
      );
    });
    expect(lines(await prove(context, RUTA))).toEqual(['shop.orders memo - name residue']);
  });

  it('is kept under a rule where the cell stays on purpose, and only there', async () => {
    const cells = { table: 'shop.orders', key: ['1'], rule: 'source-documents', until: '2031-12-31' };
    const kept = await prove(context, RUTA, [{ ...cells, columns: ['memo'] }]);
    expect(kept.clean).toBe(true);
    expect(kept.hits).toEqual([
      expect.objectContaining({ class: 'kept', rule: 'source-documents', until: '2031-12-31', key: '1' }),
    ]);
    expect((await prove(context, RUTA, [{ ...cells, columns: ['guest_name'] }])).clean).toBe(false);
    expect((await prove(context, RUTA, [{ ...cells, key: ['2'] }])).clean).toBe(false);
    expect((await prove(context, RUTA, [cells])).clean).toBe(true);
  });

  it('is kept in a column that is generated from a kept one', async () => {
    await withClient(workspace.url, async (client) => {
      await client.query('ALTER TABLE shop.orders ADD COLUMN shown text GENERATED ALWAYS AS (upper(memo)) STORED');
    });
    const cells = { table: 'shop.orders', key: ['1'], columns: ['memo'], rule: 'source-documents' };
    expect(lines(await prove(context, RUTA, [cells]))).toEqual([
      'shop.orders memo - name kept',
      'shop.orders shown - name kept',
    ]);
    expect((await prove(context, RUTA)).counts).toMatchObject({ residue: 2, kept: 0 });
  });

  it('says what was not searched', async () => {
    await withClient(workspace.url, async (client) => {
      await client.query('CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw');
      await client.query("CREATE FOREIGN TABLE shop.far (line text) SERVER files OPTIONS (filename '/dev/null')");
      await client.query('ALTER TABLE shop.notes ADD COLUMN big bytea');
      await client.query(
        `UPDATE shop.notes SET big = convert_to(repeat('x', 67108865), 'UTF8') WHERE id = (SELECT min(id) FROM shop.notes)`,
      );
    });
    const { unsearched, searched } = await prove(context, RUTA);
    expect(unsearched).toEqual([
      { table: 'shop.far', reason: 'foreign-table' },
      { table: 'shop.notes', column: 'big', reason: 'too-large' },
    ]);
    expect(searched.tables).toBeGreaterThan(30);
    expect(searched.rows).toBeGreaterThan(1000);
  });
});
