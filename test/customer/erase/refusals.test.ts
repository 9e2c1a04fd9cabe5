import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileErase } from '../../../src/customer/erase/compile.js';
import { eraseRows, rehearseErase } from '../../../src/customer/erase/engine.js';
import type { FoundPerson } from '../../../src/customer/people.js';
import type { Session } from '../../../src/database/session.js';
import { readCatalog } from '../../../src/datamap/catalog.js';
import type { ColumnEntry, Reach } from '../../../src/datamap/schema.js';
import { GdprError } from '../../../src/foundation/errors.js';
import { column, type Scratch, scratch } from '../../datamap/database.js';
import { mapOf, type TableSketch, through } from '../../datamap/maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

const self: Reach = { self: 'customer' };
const one: FoundPerson = {
  roots: [{ table: 's.people', key: ['1'] }],
  rows: [],
  identifiers: [],
  shared: [],
  names: [],
  byNameOnly: false,
};
const hash = (value: string) => createHmac('sha256', 'key').update(value).digest();

async function erase(session: Session, tables: Readonly<Record<string, TableSketch>>) {
  const model = mapOf({ tables });
  return eraseRows(
    session,
    { model, catalog: await readCatalog(session), people: [one], at: '2026-01-01T00:00:00Z' },
    hash,
  );
}

async function refusal(work: () => Promise<unknown>): Promise<GdprError> {
  const error: unknown = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof GdprError) return error;
  throw error ?? new Error('it was not refused');
}

describe('words that a column does not take are refused before anything is done, by its name', () => {
  const cases: readonly (readonly [string, string, Partial<ColumnEntry>, RegExp])[] = [
    ['clear of NOT NULL', 'text NOT NULL', { erase: 'clear' }, /is to be cleared, but it is NOT NULL/],
    ['clear of a domain that is NOT NULL', 's.needed', { erase: 'clear' }, /NOT NULL/],
    ['clear against a check', 'text CHECK (v IS NOT NULL)', { erase: 'clear' }, /NULL does not fit/],
    ['a text that is unique', 'text UNIQUE', { erase: { text: 'x' } }, /is unique/],
    ['a text that is too long', 'varchar(3)', { erase: { text: 'long' } }, /too long/],
    ['a text that is no number', 'integer', { erase: { text: 'none' } }, /not of the type/],
    ['a text that is none of an enum', 's.mood', { erase: { text: 'sad' } }, /not of the type/],
    ['a pseudonym of a day', 'date', { erase: 'pseudonym' }, /no pseudonym fits its type, date/],
    ['a pseudonym in eight characters', 'varchar(8) NOT NULL', { erase: 'pseudonym' }, /no pseudonym fits/],
    ['a pseudonym against a check', "text CHECK (v ~ '^LV-')", { erase: 'pseudonym' }, /no pseudonym fits: a check/],
    ['a year of a number', 'integer', { erase: { generalise: 'year' } }, /can be generalised/],
    ['with-row in a row that stays', 'text', { erase: 'with-row' }, /is to go with its row, but the row stays/],
    [
      'a rule without a clock',
      'text',
      { erase: JSON.parse('{"keep":"long","then":"clear"}') },
      /no clock for that rule/,
    ],
    [
      'JSON without words',
      'jsonb',
      { erase: 'leave', json: [{ path: ['a', 'b'], title: { lv: 'a', en: 'a' }, category: 'data' }] },
      /its place a.b has no word/,
    ],
    ['a key', 'int REFERENCES s.other', { erase: { text: '1' } }, /is a key of another table/],
  ];
  it.each(cases)('%s', (_, type, entry, message) =>
    database.with(
      `CREATE SCHEMA s; CREATE DOMAIN s.needed AS text NOT NULL; CREATE TYPE s.mood AS ENUM ('glad');
       CREATE TABLE s.other (id int PRIMARY KEY);
       CREATE TABLE s.people (id int PRIMARY KEY, v ${type});`,
      async (session) => {
        const model = mapOf({
          head: {
            retention: {
              long: {
                title: { lv: 'a', en: 'a' },
                period: 'P9Y',
                from: 'event',
                law: 'law',
                criterion: { lv: 'a', en: 'a' },
              },
            },
          },
          impersonal: { 's.other': ['id'] },
          tables: {
            's.people': {
              owners: { account: [self] },
              erase: 'columns',
              columns: { id: { owner: 'shared', erase: 'leave' }, v: entry },
            },
          },
        });
        const catalog = await readCatalog(session);
        const request = { model, catalog, people: [one], at: '2026-01-01T00:00:00Z' };
        const error = await refusal(() => rehearseErase(session, request));
        expect(error.code).toBe('DRIFT');
        expect(error.exit).toBe(6);
        expect(error.message).toContain('s.people.v: ');
        expect(error.message).toMatch(message);
      },
    ),
  );

  it('another table’s key that points to it', () =>
    database.with(
      `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, code text UNIQUE NOT NULL);
       CREATE TABLE s.cards (id int PRIMARY KEY, code text REFERENCES s.people (code));`,
      async (session) => {
        const columns = { id: { owner: 'shared', erase: 'leave' as const }, code: { erase: 'pseudonym' as const } };
        const model = mapOf({
          tables: {
            's.people': { owners: { account: [self] }, erase: 'columns', columns },
            's.cards': {
              owners: { holder: [through('s.people', 'code', 'code')] },
              columns: { id: { owner: 'shared' }, code: { owner: 'shared' } },
            },
          },
        });
        const catalog = await readCatalog(session);
        const error = await refusal(async () => compileErase(model, catalog));
        expect(error.message).toMatch(/s\.people\.code: .*points to it/);
      },
    ));
});

describe('what the database does besides', () => {
  it('is told apart where a trigger swallows a deletion, and nothing is reported as erased', () =>
    database.with(
      `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY); INSERT INTO s.people VALUES (1), (2);
       CREATE FUNCTION s.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER keep BEFORE DELETE ON s.people FOR EACH ROW EXECUTE FUNCTION s.keep();`,
      async (session) => {
        const error = await refusal(() =>
          erase(session, { 's.people': { owners: { account: [self] }, columns: { id: { owner: 'shared' } } } }),
        );
        expect(error).toMatchObject({ code: 'REFUSED', exit: 3 });
        expect(error.message).toContain('s.people');
      },
    ));

  it('is told apart where a trigger puts the old value back', () =>
    database.with(
      `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, name text); INSERT INTO s.people VALUES (1, 'Anna');
       CREATE FUNCTION s.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := OLD.name; RETURN NEW; END';
       CREATE TRIGGER keep BEFORE UPDATE ON s.people FOR EACH ROW EXECUTE FUNCTION s.keep();`,
      async (session) => {
        const error = await refusal(() =>
          erase(session, {
            's.people': {
              owners: { account: [self] },
              erase: 'columns',
              columns: { id: { owner: 'shared', erase: 'leave' }, name: { erase: 'clear' } },
            },
          }),
        );
        expect(error).toMatchObject({ code: 'REFUSED', exit: 3 });
      },
    ));

  it('refuses what a check over several columns does not take, and names the check', () =>
    database.with(
      `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, first text, last text, CONSTRAINT named CHECK (first IS NOT NULL OR last IS NOT NULL));
       INSERT INTO s.people VALUES (1, 'Anna', NULL);`,
      async (session) => {
        const error = await refusal(() =>
          erase(session, {
            's.people': {
              owners: { account: [self] },
              erase: 'columns',
              columns: { id: { owner: 'shared', erase: 'leave' }, first: { erase: 'clear' }, last: { erase: 'clear' } },
            },
          }),
        );
        expect(error).toMatchObject({ code: 'DRIFT', exit: 6 });
        expect(error.message).toContain('named');
        expect(error.message).not.toContain('Anna');
      },
    ));

  it('lets a trigger of the shop find its tables without their schema', () =>
    database.with(
      `CREATE SCHEMA s; CREATE TABLE public.gone (id int); CREATE TABLE s.people (id int PRIMARY KEY); INSERT INTO s.people VALUES (1);
       CREATE FUNCTION s.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO gone VALUES (OLD.id); RETURN OLD; END';
       CREATE TRIGGER note AFTER DELETE ON s.people FOR EACH ROW EXECUTE FUNCTION s.note();`,
      async (session) => {
        const model = mapOf({
          impersonal: { 'public.gone': ['id'] },
          tables: { 's.people': { owners: { account: [self] }, columns: { id: { owner: 'shared' } } } },
        });
        const catalog = await readCatalog(session);
        await eraseRows(session, { model, catalog, people: [one], at: '2026-01-01T00:00:00Z' }, hash);
        expect(await column(session, 'SELECT id FROM public.gone')).toEqual(['1']);
        expect(await column(session, "SELECT current_setting('search_path')")).toEqual(['pg_catalog']);
      },
    ));

  it('deletes rows that point at each other in a ring, and rows that point at themselves', () =>
    database.with(
      `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, best int NOT NULL, boss int REFERENCES s.people);
       CREATE TABLE s.friends (id int PRIMARY KEY, person int NOT NULL REFERENCES s.people);
       INSERT INTO s.people VALUES (1, 10, 1), (2, 20, 1); INSERT INTO s.friends VALUES (10, 1), (20, 2);
       ALTER TABLE s.people ADD FOREIGN KEY (best) REFERENCES s.friends;`,
      async (session) => {
        const done = await erase(session, {
          's.people': {
            owners: { account: [self] },
            otherKeys: [['best'], ['boss']],
            columns: { id: { owner: 'shared' }, best: { owner: 'shared' }, boss: { owner: 'shared' } },
          },
          's.friends': {
            owners: { account: [through('s.people', 'person')] },
            columns: { id: { owner: 'shared' }, person: { owner: 'shared' } },
          },
        });
        expect(done.tables.map(({ deleted }) => deleted)).toEqual([1, 1]);
        expect(await column(session, 'SELECT boss FROM s.people')).toEqual(['NULL']);
        expect(await column(session, 'SELECT id FROM s.friends')).toEqual(['20']);
      },
    ));
});
