import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/foundation/canonical-json.js';
import {
  IDENTIFIER_KINDS,
  type IdentifierKind,
  identifiers,
  nameContains,
  nameTokens,
  sqlNameCondition,
  sqlNameText,
  sqlNameWords,
} from '../../src/identity/kinds.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { anyText, PAIRS, type Pair } from './spellings.js';
import { connect, dropSibling, type Evaluator, siblingDatabase } from './sql.js';

const BATCH = 250;
const RUNS = { numRuns: 4, endOnFailure: true };

let database: TestDatabase;
const siblings: string[] = [];
const connections: Evaluator[] = [];

beforeAll(async () => {
  database = await testDatabase();
  // The database's own collation, the C one without any letters but ASCII, and one whose lower('I') is no i.
  siblings.push(
    await siblingDatabase(database.url, 'c', "LC_COLLATE 'C' LC_CTYPE 'C'"),
    await siblingDatabase(database.url, 'tr', "LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'"),
  );
  for (const url of [database.url, ...siblings]) connections.push(await connect(url));
});

afterAll(async () => {
  for (const { client } of connections) await client.end();
  for (const sibling of siblings) await dropSibling(database.url, sibling);
  await database.drop();
});

function violations(kind: IdentifierKind, pairs: readonly Pair[], keys: readonly unknown[]): unknown[] {
  const { same, searchKeys } = identifiers[kind];
  return pairs.flatMap(([raw, stored], i) =>
    same(raw, stored) && !searchKeys(raw).includes(String(keys[i])) ? [{ raw, stored, key: keys[i] }] : [],
  );
}

/** Every assigned kind of character; of the large blocks that Unicode treats alike (Han, Hangul, private use …) a sample. */
function everyCharacter(): string[] {
  const alike: readonly (readonly [number, number])[] = [
    [0x3400, 0xd7ff],
    [0xe000, 0xf8ff],
    [0x10000, 0x1d3ff],
    [0x1d800, 0x1f0ff],
    [0x1f200, 0xe0fff],
  ];
  const characters: string[] = [];
  for (let code = 1; code <= 0xe01ef; code += alike.some(([from, to]) => code >= from && code <= to) ? 499 : 1) {
    if (code < 0xd800 || code > 0xdfff) characters.push(String.fromCodePoint(code));
  }
  return characters;
}

describe('the narrowing law', () => {
  for (const kind of IDENTIFIER_KINDS) {
    it(`${kind}: same(raw, stored) implies that the SQL key of stored is searched for`, async () => {
      let related = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(PAIRS[kind], { minLength: BATCH, maxLength: BATCH }), async (pairs) => {
          related += pairs.filter(([raw, stored]) => identifiers[kind].same(raw, stored)).length;
          for (const connection of connections) {
            const keys = await connection.evaluate(
              identifiers[kind].sqlKey('x'),
              pairs.map(([, stored]) => stored),
            );
            expect(violations(kind, pairs, keys)).toEqual([]);
          }
        }),
        RUNS,
      );
      expect(related).toBeGreaterThan(BATCH);
    });
  }

  it('holds for any character of Unicode inside a value', async () => {
    const templates: Readonly<Record<IdentifierKind, readonly ((char: string) => string)[]>> = {
      email: [(char) => `a${char}b@c.lv`, (char) => `ab@c${char}d.lv`],
      phone: [(char) => `2912${char}3456`, (char) => `${char}29123456`, (char) => `29123456${char}`],
      name: [(char) => `ab${char}ob ec`],
      'personas-kods': [(char) => `010190${char}12345`, (char) => `0101901234${char}`],
      code: [(char) => `a${char}1`],
    };
    const characters = everyCharacter();
    for (const kind of IDENTIFIER_KINDS) {
      for (const template of templates[kind]) {
        const pairs = characters
          .map((char) => template(char))
          .filter((text) => identifiers[kind].parse(text).length > 0)
          .map((text): Pair => [text, text]);
        const keys = await (connections[0] as Evaluator).evaluate(
          identifiers[kind].sqlKey('x'),
          pairs.map(([, stored]) => stored),
        );
        expect(pairs.length).toBeGreaterThan(10);
        expect(violations(kind, pairs, keys)).toEqual([]);
      }
    }
  }, 120_000);

  it('names: the condition is true for every stored name that contains the query', async () => {
    let related = 0;
    const pair = fc.oneof(
      PAIRS.name,
      fc.tuple(PAIRS.name, anyText).map(([[raw, stored], more]): Pair => [raw, `${more} ${stored} ${more}`]),
      PAIRS.name.map(([raw, stored]): Pair => [raw.split(' ')[0] ?? raw, stored]),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { minLength: BATCH, maxLength: BATCH }), async (pairs) => {
        const contained = pairs.filter(([query, full]) => nameContains(full, query));
        related += contained.length;
        for (const connection of connections) {
          // One statement for many queries: the placeholder is read from a second column here.
          const { rows } = await connection.client.query<{ n: string }>(
            `SELECT n FROM jsonb_to_recordset($1::jsonb) AS t (n text, x text, q text[])
             WHERE NOT coalesce(${sqlNameCondition('x', 'q')}, false)`,
            [JSON.stringify(contained.map(([query, full], n) => ({ n: String(n), x: full, q: nameTokens(query) })))],
          );
          expect(rows.map((row) => contained[Number(row.n)])).toEqual([]);
        }
      }),
      RUNS,
    );
    expect(related).toBeGreaterThan(BATCH);
  });
});

describe('the law under other numbering plans', () => {
  it.each([
    ['GB', '+44 20 7946 0958', '(020) 7946 0958'],
    ['GB', '02079460958', '+44 (0)20 7946 0958'],
    ['AR', '+54 9 2954 412345', '02954 15 412345'],
    ['NU', '+683 4002', '4002'],
    ['NU', '4002', '00683 4002'],
    ['US', '(202) 555-0123', '001 202 555 0123'],
    ['IT', '+39 06 12345678', '06 12345678'],
    ['SM', '+378 0549 886377', '886377'],
  ])('%s: %s is found as %s', async (defaultCountry, raw, stored) => {
    expect(identifiers.phone.same(raw, stored, { defaultCountry })).toBe(true);
    const keys = await (connections[0] as Evaluator).evaluate(identifiers.phone.sqlKey('x'), [stored]);
    expect(identifiers.phone.searchKeys(raw, { defaultCountry })).toContain(keys[0]);
  });
});

describe('texts longer than an index takes', () => {
  it.each<[IdentifierKind, string]>([
    ['code', `RB ${'0123456789'.repeat(400)}`],
    ['email', `${'a'.repeat(300)}@pasts.example`],
    ['personas-kods', '010190-12345'],
    ['name', `Anna ${'Bērziņa '.repeat(900)}`],
  ])('%s: are found by short keys', async (kind, raw) => {
    for (const stored of [raw, raw.toLowerCase()]) {
      const [key] = await (connections[0] as Evaluator).evaluate(identifiers[kind].sqlKey('x'), [stored]);
      expect(identifiers[kind].searchKeys(raw)).toContain(key);
      expect(Buffer.byteLength(String(key))).toBeLessThan(2000);
    }
    const words = await (connections[0] as Evaluator).evaluate(`${sqlNameWords('x')}::text`, ['Ж'.repeat(5000)]);
    expect(words).toEqual(['{*}']);
  });
});

describe('narrowing is narrow', () => {
  it.each<[IdentifierKind, string, string[]]>([
    ['email', 'janis@example.lv', ['janis2@example.lv', 'janis@example.com', '']],
    ['phone', '+371 29123456', ['29123457', '', 'nav', '+371 29023456']],
    ['name', 'Jānis Bērziņš', ['Jānis Kalniņš', 'Bērziņš', 'Anna Bērziņa', '', '李明', 'Иван Петров']],
    ['personas-kods', '010190-12345', ['010190-12346', '', 'nav zināms']],
    ['code', '2024-000123', ['2024-000124', '']],
  ])('%s: others do not share the key', async (kind, raw, others) => {
    const keys = await (connections[0] as Evaluator).evaluate(identifiers[kind].sqlKey('x'), others);
    expect(keys.filter((key) => identifiers[kind].searchKeys(raw).includes(String(key)))).toEqual([]);
  });
});

describe('keys in a database', () => {
  it('serve indexes, on a column of any collation', async () => {
    const { client } = connections[0] as Evaluator;
    await client.query(`
      CREATE COLLATION public.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
      CREATE TABLE public.people (n int, name varchar(200) COLLATE public.loose, email text COLLATE public.loose, phone text, order_number bigint)`);
    await client.query(
      `INSERT INTO public.people SELECT n, 'Name' || n || ' Surname' || n % 1000, 'p' || n || '@Example.lv', '+371 2' || lpad(n::text, 7, '0'), n
       FROM generate_series(1, 5000) n`,
    );
    await client.query(`INSERT INTO public.people (n, name, email) VALUES (0, 'Жанна Щукина', 'Žanna@example.lv')`);
    const keys = {
      email: identifiers.email.sqlKey('email'),
      phone: identifiers.phone.sqlKey('phone'),
      order: identifiers.code.sqlKey('order_number'),
    };
    for (const key of Object.values(keys)) await client.query(`CREATE INDEX ON public.people ((${key}))`);
    await client.query(`CREATE INDEX ON public.people USING gin ((${sqlNameWords('name')}))`);
    await client.query('ANALYZE public.people');
    const find = async (condition: string, bound: readonly string[]) => {
      const plan = await client.query(`EXPLAIN SELECT n FROM public.people WHERE ${condition}`, [bound]);
      expect(JSON.stringify(plan.rows)).toMatch(/Index Scan/);
      expect(JSON.stringify(plan.rows)).not.toMatch(/Seq Scan/);
      return (
        await client.query<{ n: number }>(`SELECT n FROM public.people WHERE ${condition} ORDER BY n`, [bound])
      ).rows.map((row) => row.n);
    };
    expect(await find(`${keys.email} = ANY ($1::text[])`, identifiers.email.searchKeys('P77@example.LV'))).toEqual([
      0, 77,
    ]);
    expect(await find(`${keys.phone} = ANY ($1::text[])`, identifiers.phone.searchKeys('0037120000077'))).toEqual([77]);
    expect(await find(`${keys.order} = ANY ($1::text[])`, identifiers.code.searchKeys(' 77 '))).toEqual([77]);
    expect(await find(sqlNameCondition('name', '$1'), nameTokens('surname77 name1077'))).toEqual([1077]);
    expect(await find(sqlNameCondition('name', '$1'), nameTokens('Zanna'))).toEqual([0]);
  });

  it('are NULL for NULL', async () => {
    for (const kind of IDENTIFIER_KINDS) {
      const keys = await (connections[0] as Evaluator).evaluate(identifiers[kind].sqlKey('nullif(x, x)'), ['a']);
      expect(keys).toEqual([null]);
    }
  });

  it('are one ASCII text without placeholder characters, the same on every Node.js', () => {
    const expressions = [...IDENTIFIER_KINDS.map((kind) => identifiers[kind].sqlKey('x')), sqlNameWords('x')];
    for (const expression of expressions) expect(expression).toMatch(/^[\x20-\x3e@-\x7e]*$/);
    for (const expression of expressions) expect(expression).not.toContain(':');
    // An index is used only while the expression stays letter for letter what it was made with.
    expect(sha256(sqlNameText('x'))).toBe('e4a70e983bc7befa7e19f9dbeb29433eb0986daa1bfb05cb2ddb4cb0c7d26f2b');
  });
});
