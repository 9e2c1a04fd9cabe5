import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reach } from '../../src/datamap/schema.js';
import { collect, nobody, root, type Scratch, scratch, withIdentifiers } from './database.js';
import { mapOf, through } from './maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

const self: Reach = { self: 'customer' };
const people = { owners: { account: [self] }, columns: ['id'] };

describe('through JSON documents', () => {
  it.each(['jsonb', 'json', 'text', 'varchar', 's.document'])('in %s, broken ones left alone', (type) =>
    database.with(
      `CREATE SCHEMA s;
       CREATE DOMAIN s.document AS json;
       CREATE TABLE s.people (id int PRIMARY KEY);
       CREATE TABLE s.events (id int PRIMARY KEY, payload ${type});
       INSERT INTO s.people VALUES (1), (2);
       INSERT INTO s.events VALUES
         (1, '{"customer": {"id": 1, "email": "ANNA@example.org"}}'), (2, '{"customer": {"id": "2"}}'),
         (3, '{"customer": {"id": null}}'), (4, '{"customer": 1}'), (5, '[]'), (6, NULL), (7, '"1"'),
         (8, '{"customer": {"email": "anna@example.org"}}'), (9, '{"x": [{"customer": {"id": 1}}]}');`,
      async (session) => {
        const broken =
          type === 'jsonb'
            ? []
            : [
                ...(type === 'json' || type === 's.document'
                  ? []
                  : ['', 'no JSON', '{"customer": {"id": 1}', '{"customer": {"id": 1}} x']),
                '{"customer": {"id": 1}, "note": "\\u0000"}',
                '{"customer": {"id": 1}, "note": "\\ud800"}',
                '{"customer": {"id": 1}, "n": 1e999999}',
              ];
        for (const [i, text] of broken.entries())
          await session.run(`INSERT INTO s.events VALUES (${i + 20}, $1)`, [text]);
        const model = mapOf({
          tables: {
            's.people': people,
            's.events': {
              owners: {
                actor: [
                  { through: 's.people', on: [{ column: 'payload', path: ['customer', 'id'], to: 'id' }] },
                  { identifier: [{ column: 'payload', path: ['customer', 'email'], is: 'email' }] },
                ],
                tester: [
                  { through: 's.people', on: [{ column: 'payload', path: ['x', '0', 'customer', 'id'], to: 'id' }] },
                ],
              },
              columns: { id: { owner: 'shared' }, payload: {} },
            },
          },
        });
        const anna = withIdentifiers(root('s.people', '1'), { email: ['anna@example.org'] });
        const found = await collect(session, model, [anna, root('s.people', '2')]);
        expect(found.rows('s.events').map(({ person, owners, values }) => `${person} ${owners} ${values.id}`)).toEqual([
          '0 actor 1',
          '0 actor 8',
          '0 tester 9',
          '1 actor 2',
        ]);
      },
    ),
  );
});

describe('by identifiers', () => {
  const ddl = `CREATE SCHEMA s;
    CREATE TABLE s.people (id int PRIMARY KEY);
    CREATE TABLE s.orders (id int PRIMARY KEY, person_id int, email text, phone text);`;

  it('whatever the spelling of an e-mail', () =>
    database.with(
      `${ddl}
       INSERT INTO s.orders (id, email) VALUES (1, 'anna.ozola@example.lv'), (2, ' ANNA.Ozola@Example.LV '),
         (3, 'mailto:anna.ozola@example.lv'), (4, '<anna.ozola@example.lv>'), (5, 'annaozola@example.lv'),
         (6, NULL), (7, ''), (8, 'anna.ozola@example.lv.'), (9, 'ＡＮＮＡ.ozola@example.lv'), (10, 'xanna.ozola@example.lv'),
         (11, 'peteris@ābols.lv'), (12, 'Peteris@xn--bols-psa.lv'), (13, 'anna_ozola@example.lv');
       INSERT INTO s.orders (id, email, person_id) VALUES (14, 'anna.ozola@example.lv', 9);`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': people,
            's.orders': {
              owners: {
                buyer: [
                  { identifier: [{ column: 'email', is: 'email' }], when: [{ column: 'person_id', isNull: true }] },
                ],
              },
              columns: ['id', 'person_id', 'email', 'phone'],
            },
          },
        });
        const found = await collect(session, model, [
          withIdentifiers(nobody, { email: ['anna.ozola@example.lv'] }),
          withIdentifiers(nobody, { email: ['peteris@xn--bols-psa.lv', 'nobody@example.lv'] }),
          nobody,
        ]);
        expect(found.values('s.orders', 'id')).toEqual([['1', '2', '3', '4', '8', '9'], ['11', '12'], []]);
      },
    ));

  it('that must all be the same person’s, with the country’s phone numbers', () =>
    database.with(
      `${ddl}
       INSERT INTO s.orders (id, email, phone) VALUES
         (1, 'a@example.ee', '5123 4567'), (2, 'a@example.ee', '+372 51234567'), (3, 'a@example.ee', '0037251234567'),
         (4, 'a@example.ee', NULL), (5, 'b@example.ee', '51234567'), (6, 'a@example.ee', '51234568'),
         (7, 'A@EXAMPLE.EE', '(372) 5123-4567'), (8, NULL, '51234567'), (9, 'b@example.ee', '55555555');`,
      async (session) => {
        const pair: Reach = {
          // The identifier that links narrows, though it stands second.
          identifier: [
            { column: 'phone', is: 'phone' },
            { column: 'email', is: 'email' },
          ],
        };
        const model = mapOf({
          head: { country: 'EE' },
          tables: {
            's.people': people,
            's.orders': { owners: { buyer: [pair] }, columns: ['id', 'person_id', 'email', 'phone'] },
          },
        });
        const found = await collect(session, model, [
          withIdentifiers(nobody, { email: ['a@example.ee'], phone: ['+37251234567'] }),
          withIdentifiers(nobody, { email: ['b@example.ee'], phone: ['+37255555555'] }),
          withIdentifiers(nobody, { email: ['a@example.ee'] }),
        ]);
        expect(found.values('s.orders', 'id')).toEqual([['1', '2', '3', '7'], ['9'], []]);
      },
    ));

  it('gives a row that two people share to both, and each column to its owner', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TABLE s.people (id int PRIMARY KEY);
       CREATE TABLE s.orders (id int PRIMARY KEY, buyer_id int REFERENCES s.people, recipient_email text,
                              dedication text, staff text, secret text);
       INSERT INTO s.people VALUES (1), (2), (3);
       INSERT INTO s.orders VALUES (1, 1, 'b@example.org', 'for you', 'Ilze', 'k'), (2, 2, 'b@example.org', 'for me', 'Ilze', 'k'),
         (3, 1, NULL, NULL, NULL, NULL), (4, 3, 'x@example.org', 'other', 'Ilze', 'k');`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': people,
            's.orders': {
              owners: {
                buyer: [through('s.people', 'buyer_id')],
                recipient: [{ identifier: [{ column: 'recipient_email', is: 'email' }] }],
              },
              columns: {
                id: { owner: 'shared' },
                buyer_id: {},
                recipient_email: { owner: 'recipient', identifier: 'email' },
                dedication: { owner: 'recipient' },
                staff: { owner: 'other' },
                secret: { secret: { lv: 'Noslēpums', en: 'Secret' } },
              },
            },
          },
        });
        const found = await collect(session, model, [
          root('s.people', '1'),
          withIdentifiers(root('s.people', '2'), { email: ['b@example.org'] }),
          root('s.people', '3'),
        ]);
        const b = 'b@example.org';
        const row = (
          id: string,
          buyer_id: string | null,
          recipient_email: string | null,
          dedication: string | null,
        ) => ({ id, buyer_id, recipient_email, dedication });
        expect(found.rows('s.orders')).toEqual([
          {
            person: 0,
            owners: ['buyer'],
            values: row('1', '1', null, null),
            hidden: ['recipient_email', 'dedication'],
          },
          { person: 0, owners: ['buyer'], values: row('3', '1', null, null), hidden: [] },
          { person: 1, owners: ['recipient'], values: row('1', null, b, 'for you'), hidden: ['buyer_id'] },
          { person: 1, owners: ['buyer', 'recipient'], values: row('2', '2', b, 'for me'), hidden: [] },
          {
            person: 2,
            owners: ['buyer'],
            values: row('4', '3', null, null),
            hidden: ['recipient_email', 'dedication'],
          },
        ]);
      },
    ));

  it('takes rows that are known to be theirs though nothing links them', () =>
    database.with(
      `${ddl}
       CREATE TABLE s.lines (id int PRIMARY KEY, order_id int);
       INSERT INTO s.orders (id) VALUES (1), (2);
       INSERT INTO s.lines VALUES (1, 1), (2, 2);`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': people,
            's.orders': {
              owners: { buyer: [through('s.people', 'person_id')] },
              columns: ['id', 'person_id', 'email', 'phone'],
            },
            's.lines': { owners: { buyer: [through('s.orders', 'order_id')] }, columns: ['id', 'order_id'] },
          },
        });
        const guest = { ...nobody, rows: [{ table: 's.orders', owner: 'buyer', key: ['2'] }] };
        const found = await collect(session, model, [nobody, guest]);
        expect(found.values('s.lines', 'id')).toEqual([[], ['2']]);
        const wrong = { ...nobody, rows: [{ table: 's.orders', owner: 'seller', key: ['2'] }] };
        await session.run('SAVEPOINT before');
        await session.run('TRUNCATE pg_temp.gdpr_rows_0, pg_temp.gdpr_rows_1, pg_temp.gdpr_rows_2');
        await expect(collect(session, model, [wrong])).rejects.toThrow('no owner of s.orders takes the row');
      },
    ));
});
