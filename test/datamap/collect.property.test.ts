import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reach } from '../../src/datamap/schema.js';
import { collect, root, type Scratch, scratch, withIdentifiers } from './database.js';
import { mapOf, type TableSketch, through } from './maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

/** A key column and where it leads, or the e-mail; numbers are taken modulo what there is. */
interface Link {
  readonly kind: 'key' | 'email';
  readonly table: number;
  readonly owner: number;
  readonly values: readonly (number | null)[];
}

interface Table {
  readonly rows: number;
  /** The first link of an owner leads to an earlier table, so that a person is behind it; the others anywhere. */
  readonly owners: readonly (readonly Link[])[];
}

const MOST_ROWS = 8;
const link: fc.Arbitrary<Link> = fc.record({
  kind: fc.constantFrom('key', 'key', 'key', 'email'),
  table: fc.nat(99),
  owner: fc.nat(99),
  values: fc.array(fc.option(fc.nat(99), { freq: 4 }), { minLength: MOST_ROWS, maxLength: MOST_ROWS }),
});
const table: fc.Arbitrary<Table> = fc.record({
  rows: fc.integer({ min: 1, max: MOST_ROWS }),
  owners: fc.array(fc.array(link, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
});
const shop = fc.record({
  people: fc.integer({ min: 3, max: 5 }),
  tables: fc.array(table, { minLength: 1, maxLength: 5 }),
  asked: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
});

/** One link with its modulo taken: table 0 is the people, whose only owner is themselves. */
interface Resolved {
  readonly from: number;
  readonly owner: number;
  readonly column: string;
  readonly to: { readonly table: number; readonly owner: number } | 'email';
  readonly values: readonly (number | null)[];
}

function resolve(people: number, tables: readonly Table[]): Resolved[] {
  const rowsOf = (index: number) => (index === 0 ? people : (tables[index - 1]?.rows ?? 0));
  return tables.flatMap(({ rows, owners }, i) =>
    owners.flatMap((links, owner) =>
      links.map(({ kind, table, owner: toOwner, values }, n): Resolved => {
        const base = { from: i + 1, owner, column: `c${owner}_${n}` };
        if (kind === 'email') {
          return { ...base, to: 'email', values: values.slice(0, rows).map((value) => value && (value % people) + 1) };
        }
        const target = n === 0 ? table % (i + 1) : table % (tables.length + 1);
        const targetOwners = target === 0 ? 1 : (tables[target - 1]?.owners.length ?? 1);
        return {
          ...base,
          to: { table: target, owner: toOwner % targetOwners },
          values: values.slice(0, rows).map((value) => (value === null ? null : (value % rowsOf(target)) + 1)),
        };
      }),
    ),
  );
}

/** `table.owner.row` of everything that is a person's: the obvious way, one row at a time until nothing is new. */
function rowsOfPerson(person: number, links: readonly Resolved[]): Set<string> {
  const theirs = new Set([`0.0.${person}`]);
  for (let size = 0; size < theirs.size; ) {
    size = theirs.size;
    for (const { from, owner, to, values } of links) {
      values.forEach((value, row) => {
        const isTheirs = to === 'email' ? value === person : theirs.has(`${to.table}.${to.owner}.${value}`);
        if (value !== null && isTheirs) theirs.add(`${from}.${owner}.${row + 1}`);
      });
    }
  }
  return theirs;
}

function ddlOf(people: number, tables: readonly Table[], links: readonly Resolved[]): string {
  const insert = (name: string, columns: readonly Resolved[], rows: number) =>
    Array.from({ length: rows }, (_, i) => {
      const values = columns.map(({ to, values }) => {
        const value = values[i] ?? null;
        return value === null ? 'NULL' : to === 'email' ? `'P${value}@Example.org'` : value;
      });
      return `INSERT INTO ${name} VALUES (${[i + 1, ...values].join(', ')});`;
    }).join('\n');
  const mine = (index: number) => links.filter(({ from }) => from === index);
  return [
    `CREATE SCHEMA s; CREATE TABLE s.t0 (id int PRIMARY KEY); ${insert('s.t0', [], people)}`,
    ...tables.map(({ rows }, i) => {
      const columns = mine(i + 1).map(({ column, to }) => `${column} ${to === 'email' ? 'text' : 'int'}`);
      return `CREATE TABLE s.t${i + 1} (${['id int PRIMARY KEY', ...columns].join(', ')}); ${insert(`s.t${i + 1}`, mine(i + 1), rows)}`;
    }),
    ...links.map(({ from, column, to }) =>
      to === 'email' ? '' : `ALTER TABLE s.t${from} ADD FOREIGN KEY (${column}) REFERENCES s.t${to.table};`,
    ),
  ].join('\n');
}

function sketchOf(index: number, { owners }: Table, links: readonly Resolved[]): TableSketch {
  const mine = links.filter(({ from }) => from === index);
  const reach = ({ column, to }: Resolved): Reach =>
    to === 'email'
      ? { identifier: [{ column, is: 'email' }] }
      : through(`s.t${to.table}`, column, 'id', { owner: `o${to.owner}` });
  return {
    owners: Object.fromEntries(owners.map((_, o) => [`o${o}`, mine.filter(({ owner }) => owner === o).map(reach)])),
    columns: Object.fromEntries(['id', ...mine.map(({ column }) => column)].map((name) => [name, { owner: 'shared' }])),
  };
}

it('collects what one would collect by hand, for one to three people at once', { timeout: 120_000 }, async () => {
  let rows = 0;
  await fc.assert(
    fc.asyncProperty(shop, async ({ people, tables, asked }) => {
      const links = resolve(people, tables);
      const model = mapOf({
        persons: { customer: 's.t0' },
        tables: {
          ...Object.fromEntries(tables.map((each, i) => [`s.t${i + 1}`, sketchOf(i + 1, each, links)]).reverse()),
          's.t0': { owners: { o0: [{ self: 'customer' }] }, columns: ['id'] },
        },
      });
      await database.with(ddlOf(people, tables, links), async (session) => {
        const persons = asked.map((id) => withIdentifiers(root('s.t0', String(id)), { email: [`p${id}@example.org`] }));
        const found = await collect(session, model, persons);
        const collected = asked.map(() => [] as string[]);
        model.tables.forEach(({ name }) => {
          for (const { person, owners, values } of found.rows(name)) {
            for (const owner of owners) collected[person]?.push(`${name.slice(3)}.${owner.slice(1)}.${values.id}`);
          }
        });
        expect(collected.map((list) => list.sort())).toEqual(asked.map((id) => [...rowsOfPerson(id, links)].sort()));
        rows += collected.flat().length;
      });
    }),
    { numRuns: 50 },
  );
  expect(rows).toBeGreaterThan(300);
});
