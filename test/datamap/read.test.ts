import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/datamap/model.js';
import type { PersonalTable } from '../../src/datamap/schema.js';
import { GdprError } from '../../src/foundation/errors.js';
import { collect, root, type Scratch, scratch } from './database.js';
import { mapOf, through } from './maps.js';

const PEOPLE = `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY); INSERT INTO s.people VALUES (1), (2);`;
const people = { owners: { p: [{ self: 'customer' }] }, columns: ['id'] };
const range = (length: number) => Array.from({ length }, (_, i) => i);

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

describe('a table of many columns', () => {
  const narrow = mapOf({
    tables: {
      's.people': people,
      's.wide': {
        owners: { a: [through('s.people', 'pid')], b: [through('s.people', 'qid')] },
        columns: { id: { owner: 'shared' }, pid: { owner: 'a' }, qid: { owner: 'b' } },
      },
    },
  });
  /** The columns are each owner's in turn. */
  const wide = (count: number) => {
    const map = structuredClone(narrow.map);
    const { columns } = map.tables['s.wide'] as PersonalTable;
    for (const i of range(count)) Object.assign(columns, { [`c${i}`]: i % 2 === 0 ? columns.pid : columns.qid });
    return buildModel(map).model;
  };

  it.each([150, 1200])('%i of them and two owners is read, with what is another’s hidden', (count) =>
    database.with(
      `${PEOPLE} CREATE TABLE s.wide (id int PRIMARY KEY, pid int, qid int, ${range(count)
        .map((i) => `c${i} int`)
        .join(', ')});
       INSERT INTO s.wide VALUES (1, 1, 2, ${range(count).join(', ')});
       INSERT INTO s.wide VALUES (2, 1, NULL)`,
      async (session) => {
        const [anna, janis] = [root('s.people', '1'), root('s.people', '2')];
        const rows = (await collect(session, wide(count), [anna, janis])).rows('s.wide');
        const names = (odd: number) => range(count).flatMap((i) => (i % 2 === odd ? [`c${i}`] : []));
        expect(rows.map(({ person, owners, hidden }) => ({ person, owners, hidden }))).toEqual([
          { person: 0, owners: ['a'], hidden: ['qid', ...names(1)] },
          { person: 0, owners: ['a'], hidden: [] },
          { person: 1, owners: ['b'], hidden: ['pid', ...names(0)] },
        ]);
        const values = Object.entries(rows[2]?.values ?? {}).filter(([name]) => name.startsWith('c'));
        expect(values).toHaveLength(count);
        expect(values.filter(([, value], i) => value !== (i % 2 === 1 ? String(i) : null))).toEqual([]);
      },
    ),
  );
});

describe('a table of many owners', () => {
  const many = (count: number) =>
    mapOf({
      tables: {
        's.people': people,
        's.many': {
          owners: Object.fromEntries(range(count).map((i) => [`o${i}`, [through('s.people', `p${i}`)]])),
          columns: {
            id: { owner: 'shared' },
            ...Object.fromEntries(range(count).map((i) => [`p${i}`, { owner: `o${i}` }])),
          },
        },
      },
    });

  it('30 of them gives each owner their own', () =>
    database.with(
      `${PEOPLE} CREATE TABLE s.many (id int PRIMARY KEY, ${range(30)
        .map((i) => `p${i} int`)
        .join(', ')});
       INSERT INTO s.many (id, p0, p28, p29) VALUES (1, 2, 2, 1)`,
      async (session) => {
        const found = await collect(session, many(30), [root('s.people', '1'), root('s.people', '2')]);
        expect(found.rows('s.many').map(({ owners, hidden }) => ({ owners, hidden }))).toEqual([
          { owners: ['o29'], hidden: ['p0', 'p28'] },
          { owners: ['o0', 'o28'], hidden: ['p29'] },
        ]);
      },
    ));

  it('more than 30 is refused, with the table named', () => {
    const refused = (() => {
      try {
        return many(31);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(GdprError);
    expect(refused).toMatchObject({ code: 'MAP_INVALID' });
    expect((refused as GdprError).message).toMatch(/tables\."s\.many"\.owners: a table may have at most 30 owners/);
  });
});
