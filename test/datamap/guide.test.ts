import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../src/datamap/catalog.js';
import { findDrift } from '../../src/datamap/drift.js';
import { dataMapJsonSchema } from '../../src/datamap/json-schema.js';
import { parseDataMap } from '../../src/datamap/load.js';
import { collect, root, type Scratch, scratch, withIdentifiers } from './database.js';
import { propertiesOf } from './schema-properties.js';

const guide = await readFile(join(import.meta.dirname, '../../docs/data-map.md'), 'utf8');

/** The one fenced block of a language. */
function block(language: string): string {
  const found = [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))];
  if (found.length !== 1 || found[0]?.[1] === undefined) throw new Error(`${found.length} blocks of ${language}`);
  return found[0][1];
}

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

describe('the example of the guide', () => {
  const model = parseDataMap(block('yaml'), 'datamap.yaml');

  it('describes its shop wholly, and finds what each person has', () =>
    database.with(
      `${block('sql')}
       INSERT INTO shop.customers VALUES (1, 'anna@example.org', 'Anna', '2020-01-01'), (2, 'janis@example.org', NULL, '2021-01-01');
       INSERT INTO shop.orders VALUES (1, 1, NULL, 5, NULL), (2, NULL, 'Anna@Example.org', 6, NULL),
         (3, 2, 'anna@example.org', 7, NULL), (4, NULL, 'other@example.org', 8, NULL);`,
      async (session) => {
        const anna = withIdentifiers(root('shop.customers', '1'), { email: ['anna@example.org'] });
        const janis = withIdentifiers(root('shop.customers', '2'), { email: ['janis@example.org'] });
        const found = await collect(session, model, [anna, janis]);
        expect(found.values('shop.orders', 'id')).toEqual([['1', '2'], ['3']]);
      },
    ));

  it('shows what the check says when the shop changes', () =>
    database.with(
      `${block('sql')}
       ALTER TABLE shop.customers DROP COLUMN name;
       ALTER TABLE shop.books ADD added_by bigint REFERENCES shop.customers;
       ALTER TABLE shop.orders ADD referred_by bigint REFERENCES shop.customers;
       CREATE TABLE shop.gift_cards (id bigint);`,
      async (session) => {
        const drift = findDrift(model, await readCatalog(session));
        const lines = drift.map(
          ({ table, column, message }) => `${[table, column].join('.').replace(/\.$/, '')}: ${message}`,
        );
        expect(`${lines.join('\n')}\n`).toBe(block('text'));
      },
    ));
});

it('the guide names every kind of difference', async () => {
  const source = await readFile(join(import.meta.dirname, '../../src/datamap/drift.ts'), 'utf8');
  const kinds = [...source.matchAll(/^ {4}\| '([a-z-]+)'/gm)].map((match) => match[1]);
  expect(kinds).toHaveLength(10);
  for (const kind of kinds) expect(guide).toContain(`\`${kind}\``);
});

it('the guide explains every word of the format', () => {
  const words = new Set(propertiesOf(dataMapJsonSchema()).map(([path]) => path.split('.').at(-1) ?? ''));
  expect(words.size).toBeGreaterThan(60);
  expect([...words].filter((word) => !new RegExp(`\\b${word}\\b`).test(guide))).toEqual([]);
});
