import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalName, fileNames, formatTableName, parseTableName } from '../../src/datamap/names.js';

describe("a table's name", () => {
  it.each([
    ['shop.orders', 'shop', 'orders', 'shop.orders'],
    ['"shop"."orders"', 'shop', 'orders', 'shop.orders'],
    ['shop.Import Log 2019', 'shop', 'Import Log 2019', 'shop.Import Log 2019'],
    ['"my.schema".orders', 'my.schema', 'orders', '"my.schema".orders'],
    ['a."say ""x"""', 'a', 'say "x"', 'a."say ""x"""'],
    ['"".a', undefined, undefined, '"".a'],
    ['orders', undefined, undefined, 'orders'],
    ['a.b.c', undefined, undefined, 'a.b.c'],
    ['a.', undefined, undefined, 'a.'],
    ['.a', undefined, undefined, '.a'],
    ['a."b', undefined, undefined, 'a."b'],
    ['a."b"c', undefined, undefined, 'a."b"c'],
    ['a.b"c', undefined, undefined, 'a.b"c'],
    ['', undefined, undefined, ''],
  ])('%j', (written, schema, table, canonical) => {
    expect(parseTableName(written)).toEqual(schema === undefined ? undefined : { schema, table });
    expect(canonicalName(written)).toBe(canonical);
  });

  it('survives being written and read, whatever it holds', () => {
    const part = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'Ž', '.', '"', ' ', '\\', "'", '語') });
    fc.assert(
      fc.property(part, part, (schema, table) => {
        expect(parseTableName(formatTableName({ schema, table }))).toEqual({ schema, table });
      }),
    );
  });
});

describe('file names', () => {
  it('are ASCII in lower case, and each its own', () => {
    const names = [
      'shop.Pasūtījumi',
      'shop.pasutijumi',
      'shop.pasutijumi-2',
      'заказы.строки',
      '顧客.注文',
      'a/../b.c',
      '.x',
    ];
    expect([...fileNames(names)]).toEqual([
      ['shop.Pasūtījumi', 'shop.pasutijumi'],
      ['shop.pasutijumi', 'shop.pasutijumi-2'],
      ['shop.pasutijumi-2', 'shop.pasutijumi-2-2'],
      ['заказы.строки', 'table'],
      ['顧客.注文', 'table-2'],
      ['a/../b.c', 'a_.._b.c'],
      ['.x', 'x'],
    ]);
  });
});
