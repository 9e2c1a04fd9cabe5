import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataMap, parseDataMap } from '../../src/datamap/load.js';
import { GdprError } from '../../src/foundation/errors.js';
import { brokenMaps, fixtures } from './fixtures.js';

const refusal = (load: () => unknown): GdprError => {
  try {
    load();
  } catch (error) {
    if (error instanceof GdprError) return error;
    throw error;
  }
  throw new Error('the map was taken');
};

const valid = await readFile(join(fixtures, 'valid.yaml'), 'utf8');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gdpr-test-map-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function loadBytes(bytes: Uint8Array | string) {
  const path = join(folder, 'datamap.yaml');
  await writeFile(path, bytes);
  return { path, loading: loadDataMap(path) };
}

describe('a faulty map', () => {
  const maps = brokenMaps();

  it('has a fixture for every kind of fault', () => {
    expect(maps.length).toBeGreaterThan(60);
    for (const { file, expected } of maps) expect(expected, file).not.toEqual([]);
  });

  it.each(maps.map((map) => [map.file, map] as const))('%s', (file, { text, expected }) => {
    const error = refusal(() => parseDataMap(text, file));
    expect(error.details).toEqual({ problems: expected.map((line) => `${file}:${line}`) });
    expect(error.code).toBe('MAP_INVALID');
    expect(error.message).toBe(`the data map is not valid:\n${expected.map((line) => `${file}:${line}`).join('\n')}`);
    expect(error.hint).toContain(`mend ${file}`);
  });

  it('shows the first twenty problems and counts the rest', () => {
    const broken = valid.replace(/source: \w+, /g, '').replace('    columns:\n', `    columns:\n${columns(20)}`);
    const error = refusal(() => parseDataMap(broken, 'm.yaml'));
    expect(error.details?.problems).toHaveLength(27);
    expect(error.message.split('\n')).toHaveLength(22);
    expect(error.message.endsWith('\n… and 7 more')).toBe(true);
  });

  it('is told where a problem behind an alias is', () => {
    const text = valid
      .replace('purposes:\n', 'purposes: &p\n')
      .replace('categories:\n  data: { title: *t }', 'categories: *p');
    const error = refusal(() => parseDataMap(text, 'm.yaml'));
    expect(error.details?.problems).toEqual(['m.yaml:11:23: categories.order.basis: unknown key']);
  });
});

function columns(count: number): string {
  const rest = '{ title: *t, category: data, purposes: [order], erase: leave }';
  return Array.from({ length: count }, (_, i) => `      c${i}: ${rest}\n`).join('');
}

describe('a sound map', () => {
  it('is read with its names resolved', async () => {
    const model = await (await loadBytes(valid)).loading;
    expect(model.tables.map(({ name, index }) => [name, index])).toEqual([
      ['shop.customers', 0],
      ['shop.orders', 1],
    ]);
    expect(model.impersonal.map(({ name }) => name)).toEqual(['shop.settings']);
    const orders = model.table('shop.orders');
    expect(orders.owners).toEqual([
      {
        id: 'buyer',
        index: 0,
        reaches: [
          { kind: 'through', table: 'shop.customers', owner: 'account', on: [{ column: 'customer_id', to: 'id' }] },
          {
            kind: 'identifier',
            identifier: [{ column: 'email', is: 'email' }],
            when: [{ column: 'customer_id', isNull: true }],
          },
        ],
      },
    ]);
    expect(orders.columns.map(({ name, owner }) => `${name}:${owner}`)).toEqual([
      'id:shared',
      'customer_id:buyer',
      'email:buyer',
      'phone:buyer',
    ]);
    expect(() => model.table('shop.settings')).toThrow('no personal table shop.settings in the map');
  });

  it('is the same with a byte order mark, with CRLF, and without comments', async () => {
    const { digest } = parseDataMap(valid, 'm.yaml');
    const changed = {
      'byte order mark': `\ufeff${valid}`,
      CRLF: valid.replaceAll('\n', '\r\n'),
      'no comments': valid.replace(/^#.*\n/gm, ''),
    };
    for (const [what, text] of Object.entries(changed)) {
      const model = await (await loadBytes(text)).loading;
      expect(model.digest, what).toBe(digest);
    }
    expect(parseDataMap(valid.replace('P2Y', 'P3Y'), 'm.yaml').digest).not.toBe(digest);
  });

  it('gives CRLF files the same places', () => {
    const broken = valid.replace('links: false', 'links: no');
    const problems = (text: string) => refusal(() => parseDataMap(text, 'm.yaml')).details?.problems;
    expect(problems(broken)).toEqual(['m.yaml:20:36: identifiers.phone.links: must be true or false, not a text']);
    expect(problems(broken.replaceAll('\n', '\r\n'))).toEqual(problems(broken));
  });

  it('may name tables as SQL quotes them, in any spelling', () => {
    const text = valid
      .replace('  shop.settings:', `  '"shop"."set.tings ""x"""':`)
      .replace('through: shop.customers', `through: '"shop".customers'`)
      .replace('  shop.customers:', `  'shop."customers"':`);
    const model = parseDataMap(text, 'm.yaml');
    expect(model.impersonal[0]).toMatchObject({
      schema: 'shop',
      table: 'set.tings "x"',
      name: 'shop."set.tings ""x"""',
    });
    expect(model.tables[0]).toMatchObject({ name: 'shop.customers', written: 'shop."customers"' });
    expect(model.tables[1]?.owners[0]?.reaches[0]).toMatchObject({ table: 'shop.customers', owner: 'account' });
  });
});

describe('a file that cannot be read as a map', () => {
  it.each([
    ['is empty', '', '1:1: (map): must be a mapping, not empty'],
    ['holds comments only', '# nothing\n', '1:1: (map): must be a mapping, not empty'],
    ['is a list', '- a\n', '1:1: (map): must be a mapping, not a list'],
    ['is a text', 'hello\n', '1:1: (map): must be a mapping, not a text'],
  ])('because it %s', async (_, text, problem) => {
    const { path, loading } = await loadBytes(text);
    await expect(loading).rejects.toMatchObject({ code: 'MAP_INVALID', details: { problems: [`${path}:${problem}`] } });
  });

  it('because it is not UTF-8', async () => {
    for (const bytes of [Buffer.from(valid, 'utf16le'), Buffer.from('name: R\xedga\n', 'latin1')]) {
      const { path, loading } = await loadBytes(Buffer.concat([Buffer.from([0xff, 0xfe]), bytes]));
      await expect(loading).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        message: `${path} is not UTF-8`,
        hint: 'save the file as UTF-8 and try again',
      });
    }
  });

  it('because it is not there', async () => {
    await expect(loadDataMap(join(folder, 'none.yaml'))).rejects.toMatchObject({ name: 'GdprError', exit: 7 });
  });

  it('within a moment, whatever its aliases expand to', () => {
    const text = brokenMaps().find(({ file }) => file === 'alias-bomb.yaml')?.text ?? '';
    const started = performance.now();
    refusal(() => parseDataMap(text, 'm.yaml'));
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
