import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { stringify } from 'yaml';
import { type GivenCell, giveCell } from '../../src/customer/cells.js';
import type { Traits } from '../../src/customer/traits.js';
import { connectServer } from '../../src/database/connect.js';
import { buildModel } from '../../src/datamap/model.js';
import { type ColumnEntry, dataMapSchema, type JsonNode, type PersonalTable } from '../../src/datamap/schema.js';
import { createWorkspace } from '../../src/workspace/create.js';
import { makeKeys } from '../../src/workspace/keys.js';
import { migrateWorkspace } from '../../src/workspace/migrate-workspace.js';
import { openContext } from '../../src/workspace/open.js';
import { mapOf, through } from '../datamap/maps.js';
import { testDatabase } from '../support/postgres.js';
import { plainEnvironment } from '../support/run-process.js';
import type { ReadArchive } from './support/archive.js';
import { exportPerson } from './support/export.js';

const text = { lv: 'Teksts', en: 'Text' };
const THIRD_PARTY = { withheld: 'third-party' };
const FREE_TEXT = { withheld: 'free-text' };
const SECRET = { withheld: 'secret' };
const NONE = '…';

const place = (path: string, rest: Partial<JsonNode> = {}): JsonNode => ({
  path: path.split('.'),
  title: text,
  category: 'data',
  ...rest,
});

const identifiers = {
  email: { title: text, kind: 'email' as const, links: true },
  phone: { title: text, kind: 'phone' as const, links: false },
  name: { title: text, kind: 'name' as const, links: false },
};

const people = {
  owners: { p: [{ self: 'customer' }] },
  columns: { id: {}, name: { identifier: 'name' }, email: { identifier: 'email' } },
};

const ANNA: Traits = new Map([
  ['name', ['Anna Bērziņa', 'Анна Берзиня']],
  ['email', ['anna@x.example']],
  ['phone', ['+371 21234567']],
]);

/** A table with a document that is `a`'s as far as it does not say otherwise. */
const EVENTS = mapOf({
  head: { identifiers },
  tables: {
    's.people': people,
    's.ev': {
      owners: { a: [through('s.people', 'pid')], b: [through('s.people', 'qid')] },
      columns: { pid: {}, qid: { owner: 'b' }, doc: {} },
    },
  },
});

interface Given {
  readonly cell: GivenCell;
  /** What the cell holds, read as JSON. */
  readonly value: unknown;
  readonly withheld: readonly string[];
}

/** What Anna, who is `a`, gets of the document. */
function give(entry: Partial<ColumnEntry>, value: unknown, stored = JSON.stringify(value)): Given {
  const map = structuredClone(EVENTS.map);
  const described = map.tables['s.ev'] as PersonalTable;
  Object.assign(described.columns.doc ?? {}, entry);
  const { model } = buildModel(dataMapSchema.parse(map));
  const table = model.table('s.ev');
  const column = table.columns.find(({ name }) => name === 'doc');
  if (column === undefined) throw new Error('no column doc');
  const withheld: string[] = [];
  const giver = {
    table,
    traits: ANNA,
    known: ['shop@x.example'],
    spelling: { defaultCountry: 'LV' },
    onJsonWithheld: (_: unknown, at: string, reason: string) => withheld.push(`${at}: ${reason}`),
  };
  const cell = giveCell(giver, column, 1, false, stored);
  const document = 'value' in cell ? cell.value : JSON.stringify(cell);
  return { cell, withheld, value: entry.json === undefined ? document : JSON.parse(document ?? 'null') };
}

const inJson = (value: unknown, ...json: JsonNode[]) => give({ json }, value);

describe('a described place of a JSON document', () => {
  it('is given whole only where it is a single value', () => {
    const values = ['Anna', 12.5, true, false, null, '', {}, []];
    for (const value of values) {
      expect(inJson({ who: value }, place('who'))).toMatchObject({ value: { who: value }, withheld: [] });
    }
  });

  it('does not give what stands below it and is not described', () => {
    const { value, withheld } = inJson({ who: { name: 'Jānis', deep: { kods: '010160-12345' } } }, place('who'));
    expect(value).toEqual({ who: FREE_TEXT });
    expect(withheld).toEqual(['who: free-text']);
    expect(inJson({ tags: ['a', { b: 'c' }] }, place('tags')).value).toEqual({ tags: FREE_TEXT });
  });

  it('leaves what stands below it to the places described there, in whatever order the map has them', () => {
    const places = [
      place('who'),
      place('who.name'),
      place('who.token', { secret: text }),
      place('who.other', { owner: 'b' }),
      place('who.third', { owner: 'other' }),
      place('who.items.*.book'),
    ];
    const who = {
      name: 'Anna',
      token: 't0k',
      other: 'Jānis',
      third: 'Zane',
      new: 'x',
      items: [{ book: 7, by: 'Ilze' }],
    };
    const expected = {
      name: 'Anna',
      token: SECRET,
      other: THIRD_PARTY,
      third: THIRD_PARTY,
      items: [{ book: 7, [NONE]: FREE_TEXT }],
      [NONE]: FREE_TEXT,
    };
    for (const json of [places, places.toReversed()]) {
      const { value, withheld } = inJson({ who }, ...json);
      expect(value).toEqual({ who: expected });
      expect(withheld.toSorted()).toEqual(
        [
          'who.other: third-party',
          'who.third: third-party',
          'who.token: secret',
          `${NONE}: free-text`,
          `${NONE}: free-text`,
        ].toSorted(),
      );
    }
  });

  it('withholds all that stands below a secret or another’s place', () => {
    const below = [place('who.name', { owner: 'shared' }), place('who.id')];
    const who = { who: { name: 'Jānis', id: 1 } };
    expect(inJson(who, ...below, place('who', { secret: text }))).toMatchObject({
      value: { who: SECRET },
      withheld: ['who: secret'],
    });
    expect(inJson(who, ...below, place('who', { owner: 'b' })).value).toEqual({ who: THIRD_PARTY });
    expect(inJson(who, place('who', { owner: 'other' }), ...below).value).toEqual({ who: THIRD_PARTY });
  });

  it('is withheld where it is described twice and one of the two withholds it', () => {
    expect(inJson({ who: 'x' }, place('who'), place('who', { secret: text })).value).toEqual({ who: SECRET });
    expect(inJson({ who: 'x' }, place('who'), place('who', { owner: 'b' })).value).toEqual({ who: THIRD_PARTY });
  });

  it('“*” stands for the elements of a list, not for the members of an object', () => {
    expect(inJson({ to: [{ at: 1 }, { at: 2 }] }, place('to.*.at')).value).toEqual({ to: [{ at: 1 }, { at: 2 }] });
    const { value, cell } = inJson({ to: { 'janis@x.example': { at: 1 }, '*': { at: 2 } } }, place('to.*.at'));
    expect(value).toEqual({ to: FREE_TEXT });
    expect(JSON.stringify(cell)).not.toContain('janis');
  });
});

describe('a member that no place describes', () => {
  it('is withheld with its name, and counted', () => {
    const { value, withheld, cell } = inJson(
      { note: 'hers', 'janis@x.example': 1, 'Jānis Kalns': null, __proto: {} },
      place('note'),
    );
    expect(value).toEqual({ note: 'hers', [NONE]: FREE_TEXT });
    expect(withheld).toEqual(Array(3).fill(`${NONE}: free-text`));
    expect(JSON.stringify(cell)).not.toMatch(/janis|Jānis/i);
  });

  it('does not take the place of a described one that is called alike', () => {
    const { value } = inJson({ [NONE]: 'hers', other: 'x' }, place(NONE));
    expect(value).toEqual({ [NONE]: 'hers', [NONE + NONE]: FREE_TEXT });
  });

  it('may be called as what every object has', () => {
    const { cell } = give(
      { json: [place('note')] },
      undefined,
      '{"__proto__":{"x":"Jānis"},"note":"hers","toString":1}',
    );
    expect(cell).toEqual({ value: JSON.stringify({ note: 'hers', [NONE]: FREE_TEXT }) });
  });

  it('is withheld where a list or a single value stands instead of the object described', () => {
    expect(inJson(['x', 1], place('note')).value).toEqual(FREE_TEXT);
    expect(inJson('x', place('note')).value).toEqual(FREE_TEXT);
    expect(inJson({ who: 'Jānis', items: 'x' }, place('who.id'), place('items.*.book')).value).toEqual({
      who: FREE_TEXT,
      items: FREE_TEXT,
    });
    expect(inJson(null, place('note')).cell).toEqual({ value: 'null' });
  });
});

describe('a text in a JSON document', () => {
  const foreign = ['call janis@x.example', '+371 26123456', 'kods 010160-12345', '2612-34-56'];

  it('is withheld where it mentions another person', () => {
    for (const note of foreign) {
      expect(inJson({ note, rest: 1 }, place('note'), place('rest'))).toMatchObject({
        value: { note: FREE_TEXT, rest: 1 },
        withheld: ['note: free-text'],
      });
      expect(inJson({ items: [{ note }] }, place('items.*.note'))).toMatchObject({
        value: { items: [{ note: FREE_TEXT }] },
        withheld: ['items.*.note: free-text'],
      });
    }
  });

  it('is given where it mentions the person or the controller only', () => {
    const note = 'anna@x.example, 21234567; shop@x.example';
    expect(inJson({ note }, place('note')).value).toEqual({ note });
  });

  it('is given where the map says that an identifier stands there, unless it is free text besides', () => {
    const phone = '+371 26123456';
    expect(inJson({ phone }, place('phone', { identifier: 'phone' })).value).toEqual({ phone });
    const both = place('phone', { identifier: 'phone', freeText: true });
    expect(inJson({ phone }, both).value).toEqual({ phone: FREE_TEXT });
  });

  it('is looked into though it is a number, where the map says free text', () => {
    expect(inJson({ note: 26123456 }, place('note')).value).toEqual({ note: 26123456 });
    expect(inJson({ note: 26123456 }, place('note', { freeText: true })).value).toEqual({ note: FREE_TEXT });
    expect(give({ json: [place('note')], freeText: true }, { note: 26123456 }).value).toEqual({ note: FREE_TEXT });
  });

  it('that names someone is given where it is the person’s own name', () => {
    const by = place('by', { namesSomeone: true });
    for (const own of ['Anna Bērziņa', 'BERZINA ANNA', 'Anna']) {
      expect(inJson({ by: own }, by)).toMatchObject({ value: { by: own }, withheld: [] });
    }
    for (const other of ['Jānis Bērziņš', 'Anna Bērziņa un Jānis Bērziņš', 'Anna Liepiņa']) {
      expect(inJson({ by: other }, by)).toMatchObject({ value: { by: THIRD_PARTY }, withheld: ['by: third-party'] });
    }
    expect(inJson({ by: null }, by).value).toEqual({ by: null });
  });
});

describe('a column that names someone', () => {
  const given = (name: string) => give({ namesSomeone: true }, undefined, name).cell;

  it('is given where all its words are in one name of the person', () => {
    for (const name of ['Anna Bērziņa', 'Bērziņa, Anna', 'ANNA BERZINA', 'Анна']) {
      expect(given(name)).toEqual({ value: name });
    }
  });

  it('is withheld where it holds the person’s name and somebody else’s', () => {
    const cells = ['Anna Bērziņa un Jānis Bērziņš', 'Bērziņa Anna / Kalns', 'Anna Bērziņa (mātei)', 'Zane'];
    for (const name of cells) expect(given(name), name).toEqual(THIRD_PARTY);
  });
});

/** Types whose values a program likes to round or to reformat, with what PostgreSQL prints of them; an interval in ISO 8601. */
const RARE: readonly (readonly [column: string, type: string, literal: string, printed: string])[] = [
  ['money', 'money', `'12.30'`, '$12.30'],
  ['texts', 'text[]', `'{"a,b",NULL,"c\\"d"}'`, '{"a,b",NULL,"c\\"d"}'],
  ['numbers', 'bigint[]', `'{{9007199254740993,NULL},{-1,0}}'`, '{{9007199254740993,NULL},{-1,0}}'],
  ['xml', 'xml', `'<a b="1">ā &amp; b</a>'`, '<a b="1">ā &amp; b</a>'],
  ['bytes', 'bytea', `'\\x00ff'`, '\\x00ff'],
  ['never', 'date', `'infinity'`, 'infinity'],
  ['ides', 'date', `'0044-03-15 BC'`, '0044-03-15 BC'],
  ['always', 'timestamp', `'-infinity'`, '-infinity'],
  ['ever', 'timestamptz', `'infinity'`, 'infinity'],
  ['span', 'interval', `'1 year 2 mons -3 days 00:00:00.000001'`, 'P1Y2M-3DT0.000001S'],
  ['nothing', 'numeric', `'NaN'`, 'NaN'],
  ['endless', 'numeric', `'-Infinity'`, '-Infinity'],
  ['exact', 'numeric', `'12345678901234567890.12345678901234567890'`, '12345678901234567890.12345678901234567890'],
  ['real', 'float8', `'-0'`, '-0'],
  ['third', 'float8', '1/3.0::float8', '0.3333333333333333'],
  ['noon', 'timetz', `'12:00:00.000001+02'`, '12:00:00.000001+02'],
  ['spot', 'point', `'(1,2)'`, '(1,2)'],
  ['bits', 'bit(3)', `B'101'`, '101'],
  ['range', 'tstzrange', `'[2020-01-01 00:00:00.000001+02,)'`, '["2020-01-01 00:00:00.000001+02",)'],
];

/** A workspace of its own over a shop that `ddl` makes, and what it exports of one person. */
async function exportOf(sketch: Parameters<typeof mapOf>[0], ddl: string, email: string): Promise<ReadArchive> {
  const { url, drop } = await testDatabase();
  const root = await mkdtemp(join(tmpdir(), `${inject('testServer').prefix}json_`));
  try {
    const database = await connectServer({ url, timeZone: 'Europe/Riga' });
    await database.transaction('read committed', (session) => session.run(ddl));
    await database.close();
    await createWorkspace(root, 'server', stringify(mapOf(sketch).map));
    const environment = { ...plainEnvironment(), GDPR_OPERATOR: 'tester', DATABASE_URL: url };
    const passphrase = async () => undefined;
    const surroundings = { folder: root, environment, passphrase, signal: new AbortController().signal };
    await migrateWorkspace(surroundings);
    await makeKeys(surroundings, {});
    const context = await openContext(surroundings);
    try {
      return (await exportPerson(context, { email })).archive;
    } finally {
      await context.database.close();
    }
  } finally {
    await drop();
    await rm(root, { recursive: true, force: true });
  }
}

describe('an export', () => {
  let archive: ReadArchive;
  beforeAll(async () => {
    const doc = [
      place('who'),
      place('who.name', { namesSomeone: true }),
      place('who.token', { secret: text }),
      place('who.other', { owner: 'b' }),
      place('note'),
    ];
    const rare = Object.fromEntries(RARE.map(([name]) => [name, {}]));
    const owners = { a: [through('s.people', 'pid')] };
    archive = await exportOf(
      {
        head: { identifiers },
        tables: {
          's.people': people,
          's.ev': {
            owners: { ...owners, b: [through('s.people', 'qid')] },
            columns: { id: { owner: 'shared' }, pid: {}, qid: { owner: 'b' }, doc: { json: doc }, raw: { json: doc } },
          },
          's.rare': { owners, columns: { id: {}, pid: {}, ...rare } },
        },
      },
      `CREATE SCHEMA s;
       CREATE TABLE s.people (id int PRIMARY KEY, name text, email text);
       INSERT INTO s.people VALUES (1, 'Anna Bērziņa', 'anna@x.example'), (2, 'Jānis Kalns', 'janis@x.example');
       CREATE TABLE s.ev (id int PRIMARY KEY, pid int, qid int, doc jsonb, raw text);
       INSERT INTO s.ev SELECT 1, 1, 2, doc::jsonb, doc FROM (VALUES (
         '{"who":{"name":"Anna","token":"T0KEN","other":"of Janis","zane":"Zane"},"note":"ask janis@x.example"}')) v (doc);
       CREATE TABLE s.rare (id int PRIMARY KEY, pid int, ${RARE.map(([name, type]) => `"${name}" ${type}`).join(', ')});
       INSERT INTO s.rare VALUES (1, 1, ${RARE.map(([, , literal]) => literal).join(', ')})`,
      'anna@x.example',
    );
  });

  it('holds what is described of a document and hers, and lists the rest', () => {
    const who = { name: 'Anna', token: SECRET, other: THIRD_PARTY, [NONE]: FREE_TEXT };
    const [row] = archive.rows('s.ev');
    expect(row).toMatchObject({ doc: { who, note: FREE_TEXT } });
    expect(JSON.parse(String(row?.raw))).toEqual({ who, note: FREE_TEXT });
    for (const [name, content] of archive.files) {
      expect(content.toString('utf8'), name).not.toMatch(/T0KEN|of Janis|Zane|zane|janis@/);
    }
    const listed = archive.manifest.withheld.filter(({ column }) => column.startsWith('doc.'));
    expect(Object.fromEntries(listed.map(({ column, reason }) => [column, reason]))).toEqual({
      'doc.who.token': 'secret',
      'doc.who.other': 'third-party',
      [`doc.${NONE}`]: 'free-text',
      'doc.note': 'free-text',
    });
  });

  it('keeps values of rare types as PostgreSQL prints them', () => {
    const printed = Object.fromEntries(RARE.map(([name, , , value]) => [name, value]));
    expect(archive.rows('s.rare')).toEqual([{ id: 1, pid: 1, ...printed }]);
    const page = archive.text('index.html').replaceAll('<wbr>', '');
    for (const shown of ['$12.30', '{{9007199254740993,NULL},{-1,0}}', '12345678901234567890.12345678901234567890']) {
      expect(page).toContain(shown);
    }
  });
});
