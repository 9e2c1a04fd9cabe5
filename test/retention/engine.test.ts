import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { ColumnEntry, KeepUntil } from '../../src/datamap/schema.js';
import { planRetention } from '../../src/retention/plan.js';
import type { Context } from '../../src/workspace/open.js';
import { mapOf, type TableSketch, through } from '../datamap/maps.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, run } from './support.js';

const title = { lv: 'Teksts', en: 'Text' };
const rule = (period: string) => ({
  title,
  period,
  from: 'event' as const,
  law: 'law',
  criterion: title,
  confirmedBy: 'Board, 2026-01-15',
});
const shared: Partial<ColumnEntry> = { owner: 'shared', erase: 'leave' };
const place = (path: readonly string[], erase: 'clear' | 'remove') => ({
  path: [...path],
  title,
  category: 'data',
  erase,
});

/** A table of rows that a person's key leads to; `id`, `person_id` and `day` of the row stay while it does. */
function theirs(
  columns: TableSketch['columns'],
  retention: KeepUntil[] | undefined,
  rest: Partial<TableSketch> = {},
): TableSketch {
  return {
    owners: { account: [through('s.people', 'person_id')] },
    columns: { id: shared, person_id: shared, day: shared, ...columns },
    ...(retention && { retention }),
    ...rest,
  };
}
const byDay = (name: string, columns?: string[]): KeepUntil => ({
  rule: name,
  clock: { column: 'day' },
  ...(columns && { columns }),
});
const byOrders: KeepUntil['clock'] = { latest: [{ person: 's.orders', column: 'placed' }, { column: 'day' }] };

const TABLES: Record<string, TableSketch> = {
  's.people': {
    owners: { account: [{ self: 'customer' }] },
    erase: 'columns',
    retention: [{ rule: 'five', clock: byOrders, columns: ['email'] }],
    columns: { id: shared, day: shared, email: { identifier: 'email', erase: 'clear' } },
  },
  's.orders': {
    owners: {
      buyer: [
        through('s.people', 'person_id'),
        { identifier: [{ column: 'guest_email', is: 'email' }], when: [{ column: 'person_id', isNull: true }] },
      ],
    },
    erase: 'columns',
    retention: [{ rule: 'three', clock: { column: 'placed' }, columns: ['guest_email', 'note'] }],
    columns: {
      id: shared,
      person_id: shared,
      placed: shared,
      guest_email: { identifier: 'email', erase: 'clear' },
      note: { erase: 'clear' },
    },
  },
  's.members': theirs({ phone: {}, words: {} }, [
    byDay('one', ['phone']),
    { rule: 'five', clock: byOrders, columns: ['words'] },
  ]),
  's.docs': theirs(
    {
      note: { erase: 'clear' },
      body: { erase: 'leave', json: [place(['a', 'b'], 'remove'), place(['list', '*', 'x'], 'clear')] },
    },
    [byDay('one')],
    { erase: 'columns' },
  ),
  's.gifts': {
    owners: { giver: [through('s.people', 'giver')], receiver: [through('s.people', 'receiver')] },
    retention: [byDay('one', ['giver']), byDay('nine', ['words'])],
    columns: {
      id: shared,
      day: shared,
      giver: { owner: 'shared' },
      receiver: { owner: 'shared', erase: 'leave' },
      words: { owner: 'giver', erase: 'clear' },
    },
  },
  's.nodes': theirs({ parent: shared }, [byDay('one')], { otherKeys: [['parent']] }),
  's.lists': theirs({}, [byDay('one')]),
  's.entries': theirs({ list_id: { erase: 'clear' } }, [byDay('nine')], { erase: 'columns', otherKeys: [['list_id']] }),
  's.marks': theirs({ list_id: { erase: 'clear' } }, undefined, { erase: 'columns', otherKeys: [['list_id']] }),
  's.terms': theirs({ ends: shared }, [{ rule: 'one', clock: { latest: [{ column: 'day' }, { column: 'ends' }] } }]),
};

const MODEL = mapOf({
  head: {
    identifiers: { email: { title, kind: 'email', links: true } },
    retention: { one: rule('P1Y'), three: rule('P3Y'), five: rule('P5Y'), nine: rule('P99Y') },
  },
  tables: TABLES,
});

const OWN = 'id int PRIMARY KEY, person_id int REFERENCES s.people, day date NOT NULL';
const SHOP = `
DROP SCHEMA shop CASCADE;
CREATE SCHEMA s;
CREATE TABLE s.people (id int PRIMARY KEY, day date, email text);
CREATE TABLE s.orders (id int PRIMARY KEY, person_id int REFERENCES s.people, placed date, guest_email text, note text);
CREATE TABLE s.members (${OWN}, phone text, words text);
CREATE TABLE s.docs (${OWN}, note text, body jsonb);
CREATE TABLE s.gifts (id int PRIMARY KEY, day date, giver int REFERENCES s.people, receiver int REFERENCES s.people, words text);
CREATE TABLE s.nodes (${OWN}, parent int REFERENCES s.nodes);
CREATE TABLE s.lists (${OWN});
CREATE TABLE s.entries (${OWN}, list_id int REFERENCES s.lists);
CREATE TABLE s.marks (${OWN}, list_id int REFERENCES s.lists);
CREATE TABLE s.terms (${OWN}, ends date);`;

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  const first = await workspace.context();
  for (const statement of SHOP.split(';\n')) await ask(first, statement);
  await first.database.close();
  await writeFile(join(workspace.root, 'datamap.yaml'), stringify(MODEL.map));
  context = await workspace.context();
  await agree(context);
}, 90_000);
beforeEach(async () => {
  await ask(context, 'TRUNCATE s.people CASCADE');
  await ask(context, "INSERT INTO s.people VALUES (1, '2010-01-01', 'anna@x.example'), (2, '2010-01-01', NULL)");
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

const rows = (sql: string) => ask(context, sql);
/** What the plan says of a rule, and that a run does that and leaves nothing. */
async function planAndRun(id: string) {
  const figures = async () => (await planRetention(context)).rules.find((each) => each.rule === id);
  const before = await figures();
  const ran = await run(context);
  const { eligible, excepted } = (await figures()) ?? {};
  const mine = ran.rules.find((each) => each.rule === id);
  return {
    planned: before?.eligible,
    excepted: before?.excepted,
    taken: (mine?.deleted ?? 0) + (mine?.changed ?? 0),
    locked: ran.locked,
    left: { eligible, excepted },
  };
}

describe('a run on a shop of hard cases', { timeout: 90_000 }, () => {
  it('leaves the last order by which an account counts until the account has run out', async () => {
    await rows(`INSERT INTO s.orders VALUES (1, 1, '2019-01-01', NULL, NULL), (2, NULL, '2023-02-01', 'anna@x.example', 'hers'),
      (3, NULL, '2018-01-01', 'anna@x.example', 'older'), (4, NULL, '2023-02-01', 'bob@x.example', 'a guest')`);
    const contacts = () =>
      rows('SELECT id, guest_email, note FROM s.orders WHERE guest_email IS NOT NULL OR note IS NOT NULL ORDER BY id');
    const hers = { id: 2, guest_email: 'anna@x.example', note: 'hers' };
    expect(await planAndRun('three')).toEqual({
      planned: 2,
      excepted: 1,
      taken: 2,
      locked: 0,
      left: { eligible: 0, excepted: 1 },
    });
    expect(await contacts()).toEqual([hers]);
    await run(context);
    expect(await rows('SELECT email FROM s.people WHERE id = 1')).toEqual([{ email: 'anna@x.example' }]);

    // Both have run out: the account goes by all of its orders, and then their e-mail.
    await rows("UPDATE s.orders SET placed = '2021-02-01' WHERE id = 2");
    expect(await planAndRun('three')).toMatchObject({ planned: 1, excepted: 0, taken: 1 });
    expect(await contacts()).toEqual([]);
    expect(await rows('SELECT email FROM s.people WHERE email IS NOT NULL')).toEqual([]);
  });

  it('finds the one account that has run out behind hundreds whose guest orders have not', async () => {
    await rows(
      "INSERT INTO s.people SELECT n, '2010-01-01', 'p' || n || '@x.example' FROM generate_series(100, 1300) n",
    );
    await rows(
      "INSERT INTO s.orders SELECT n, NULL, '2025-01-01', 'p' || n || '@x.example' FROM generate_series(100, 1299) n",
    );
    expect(await planAndRun('five')).toMatchObject({ planned: 2, taken: 2, locked: 0, left: { eligible: 0 } });
    expect(await rows('SELECT id FROM s.people WHERE email IS NULL ORDER BY id')).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 1300 },
    ]);
  });

  it('takes of a row what has run out though a clock of its person may let it go as a whole', async () => {
    await rows("INSERT INTO s.orders VALUES (1, NULL, '2025-02-01', 'anna@x.example', NULL)");
    await rows(
      "INSERT INTO s.members VALUES (1, 1, '2015-01-01', '+371 20000001', 'hers'), (2, 2, '2015-01-01', '+371 20000002', 'his')",
    );
    await run(context);
    expect(await rows('SELECT id, phone, words FROM s.members')).toEqual([{ id: 1, phone: null, words: 'hers' }]);
    expect((await run(context)).rows).toBe(0);
  });

  it('takes places of documents of any shape once, and a shared key with its row', async () => {
    await rows(`INSERT INTO s.docs VALUES
      (1, 1, '2020-01-01', NULL, '{"a": [{"b": 1}]}'), (2, 1, '2020-01-01', 'note', '{"a": [{"b": 1}]}'),
      (3, 1, '2020-01-01', NULL, '{"a": {"b": 1, "c": 2}, "list": [1, {"x": [null]}, {"x": null}, "x"]}'), (4, 1, '2020-01-01', NULL, '[{"a": {"b": 1}}]')`);
    await rows("INSERT INTO s.gifts VALUES (1, '2020-01-01', 1, 2, 'To him')");
    expect(await planAndRun('one')).toEqual({
      planned: 2,
      excepted: 0,
      taken: 2,
      locked: 0,
      left: { eligible: 0, excepted: 0 },
    });
    expect(await rows('SELECT id, note, body::text AS body FROM s.docs ORDER BY id')).toEqual([
      { id: 1, note: null, body: '{"a": [{"b": 1}]}' },
      { id: 2, note: null, body: '{"a": [{"b": 1}]}' },
      { id: 3, note: null, body: '{"a": {"c": 2}, "list": [1, {"x": null}, {"x": null}, "x"]}' },
      { id: 4, note: null, body: '[{"a": {"b": 1}}]' },
    ]);
    expect(await rows('SELECT giver, words FROM s.gifts')).toEqual([{ giver: 1, words: 'To him' }]);
  });

  it('deletes rows that point to themselves and to each other in a row, and says which a ring keeps', async () => {
    await rows(`INSERT INTO s.nodes VALUES (1, 1, '2020-01-01', 1), (2, 1, '2020-01-01', 1), (3, 1, '2020-01-01', NULL), (4, 1, '2020-01-01', 3),
      (6, 1, '2020-01-01', NULL), (7, 1, '2020-01-01', 4)`);
    await rows('UPDATE s.nodes SET parent = 4 WHERE id = 3');
    expect(await planAndRun('one')).toEqual({
      planned: 4,
      excepted: 2,
      taken: 4,
      locked: 0,
      left: { eligible: 0, excepted: 2 },
    });
    expect(await rows('SELECT id FROM s.nodes ORDER BY id')).toEqual([{ id: 3 }, { id: 4 }]);
  });

  it('cuts no key that a rule still keeps, and counts those that it cuts', async () => {
    await rows("INSERT INTO s.lists SELECT n, 1, '2020-01-01' FROM generate_series(1, 3) n");
    await rows("INSERT INTO s.entries VALUES (1, 1, '2020-01-01', 1), (2, 1, '1900-01-01', 2)");
    await rows("INSERT INTO s.marks VALUES (1, 1, '2020-01-01', 3), (2, 1, '2020-01-01', 1)");
    const { tables } = await planRetention(context);
    expect(tables.find(({ table }) => table === 's.marks')).toMatchObject({ rows: 2, eligible: 1, over: true });
    expect(await planAndRun('one')).toMatchObject({ planned: 2, excepted: 1, taken: 2, left: { eligible: 0 } });
    expect(await rows('SELECT id FROM s.lists')).toEqual([{ id: 1 }]);
    expect(await rows('SELECT id, list_id FROM s.entries ORDER BY id')).toEqual([
      { id: 1, list_id: 1 },
      { id: 2, list_id: null },
    ]);
    expect(await rows('SELECT id, list_id FROM s.marks ORDER BY id')).toEqual([
      { id: 1, list_id: null },
      { id: 2, list_id: 1 },
    ]);
  });

  it('takes nothing whose latest day lies at the end of time', async () => {
    await rows(
      "INSERT INTO s.terms VALUES (1, 1, '2020-01-01', 'infinity'), (2, 1, '2020-01-01', NULL), (3, 1, '2020-01-01', '-infinity')",
    );
    expect(await planAndRun('one')).toMatchObject({ planned: 2, taken: 2 });
    expect(await rows('SELECT id FROM s.terms')).toEqual([{ id: 1 }]);
  });
});
