import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tellable, withholdOverlapping, withholdPartition } from '../../src/marketing/insight-cells.js';

/** The table of exclusive values, all of them people of nobody else. */
function partition(counts: Readonly<Record<string, number>>, minimum = 10) {
  const all = Object.entries(counts);
  const small = all.filter(([, count]) => count < minimum).map(([, count]) => count);
  return withholdPartition(
    all.filter(([, count]) => count >= minimum).map(([value, count]) => ({ value, count, everybody: count })),
    { values: small.length, people: small.reduce((sum, count) => sum + count, 0) },
    all.reduce((sum, [, count]) => sum + count, 0),
    minimum,
  );
}

describe('small figures', () => {
  it.each([
    ['none is small', { lv: 30, ru: 20 }, { lv: 30, ru: 20 }, null],
    [
      'one small value takes the smallest other with it',
      { lv: 30, ru: 20, en: 3 },
      { lv: 30 },
      { values: 2, people: 23 },
    ],
    ['of two values nothing is left', { lv: 30, en: 3 }, {}, { values: 2, people: 33 }],
    [
      'several that are enough people together',
      { lv: 30, ru: 20, en: 6, de: 5 },
      { lv: 30, ru: 20 },
      { values: 2, people: 11 },
    ],
    ['several that are not', { lv: 30, ru: 20, en: 1, de: 1 }, { lv: 30 }, { values: 3, people: 22 }],
    ['a value at the minimum is told', { lv: 10, ru: 10 }, { lv: 10, ru: 10 }, null],
  ])('%s', (_, counts, told, withheld) => {
    const table = partition(counts);
    expect(Object.fromEntries(table?.cells.map(({ value, count }) => [value, count]) ?? [])).toEqual(told);
    expect(table?.withheld).toEqual(withheld);
  });

  it('nothing is told where the one value is everybody’s and others stand beside it', () => {
    expect(withholdPartition([], { values: 1, people: 20 }, 20, 10)).toBeUndefined();
  });

  it.each([
    [9, 9, false],
    [10, 10, true],
    [0, 50, false],
    [45, 50, false],
    [40, 50, true],
    [50, 50, true],
  ])('%i of %i people can be told: %s', (count, everybody, told) => {
    expect(tellable(count, everybody, 10)).toBe(told);
  });

  it('whatever the figures, none below the minimum is told or can be computed from the total', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 5, max: 20 }),
        (sizes, minimum) => {
          const total = sizes.reduce((sum, each) => sum + each, 0);
          fc.pre(total >= minimum);
          const table = partition(Object.fromEntries(sizes.map((count, i) => [`v${i}`, count])), minimum);
          const cells = table?.cells ?? [];
          expect(cells.every(({ count }) => (count ?? 0) >= minimum)).toBe(true);
          const rest = total - cells.reduce((sum, { count }) => sum + (count ?? 0), 0);
          const hidden = sizes.length - cells.length;
          expect(table?.withheld ?? null).toEqual(hidden === 0 ? null : { values: hidden, people: rest });
          if (hidden > 0) expect([hidden >= 2, rest >= minimum]).toEqual([true, true]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('values that overlap are told one by one, unless what remains is small', () => {
    const counted = [
      { value: 'a', count: 30, everybody: 30 },
      { value: 'b', count: 45, everybody: 45 },
      { value: 'c', count: 20, everybody: 23 },
      { value: 'd', count: 0, everybody: 0 },
    ];
    expect(withholdOverlapping(counted, 50, 10).cells).toEqual([
      { value: 'a', count: 30, share: 0.6 },
      { value: 'b', count: null, share: null },
      { value: 'c', count: null, share: null },
      { value: 'd', count: null, share: null },
    ]);
  });
});
