import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEAD_TYPES, mayStandUnder, PART_TYPES, shapeOf, valueAt } from '../../src/datamap/schema-org.js';

interface Known {
  readonly properties: Readonly<
    Record<string, { readonly on: readonly string[]; readonly expects: readonly string[] }>
  >;
}
const KNOWN = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/schema-org.json'), 'utf8')) as Known;
const shape = (type: Parameters<typeof shapeOf>[0], ...paths: string[]) => {
  const found = shapeOf(
    type,
    paths.map((path) => path.split('.')),
  );
  if ('problem' in found) throw new Error(found.problem);
  return found;
};

describe('a shape', () => {
  it('nests values under the types that schema.org expects', () => {
    const offer = shape('Order', 'acceptedOffer.price', 'acceptedOffer.eligibleQuantity.value', 'orderDate');
    expect(offer.values).toEqual(new Map([['orderDate', 'moment']]));
    expect(offer.nodes.get('acceptedOffer')).toMatchObject({ type: 'Offer' });
    expect(valueAt(offer, ['acceptedOffer', 'eligibleQuantity', 'value'])).toBe('number');
  });

  it('takes of several types the first that has every property', () => {
    expect(shape('Offer', 'itemOffered.name', 'itemOffered.sku').nodes.get('itemOffered')?.type).toBe('Product');
    expect(shape('Offer', 'itemOffered.name', 'itemOffered.isbn').nodes.get('itemOffered')?.type).toBe('Book');
    expect(
      shapeOf('Offer', [
        ['itemOffered', 'isbn'],
        ['itemOffered', 'sku'],
      ]),
    ).toHaveProperty('problem');
  });

  it('takes no name of JavaScript for a property', () => {
    for (const name of ['constructor', 'toString', '__proto__'])
      expect(shapeOf('Person', [[name]])).toHaveProperty('problem');
  });
});

describe('the vocabulary', () => {
  it('agrees with what was copied from the pages of schema.org', () => {
    const types = new Set(Object.values(KNOWN.properties).flatMap(({ on }) => on));
    types.delete('Thing');
    expect(types.size).toBeGreaterThan(8);
    for (const [property, { on, expects }] of Object.entries(KNOWN.properties)) {
      for (const type of on.includes('Thing') ? types : on) {
        const found = shapeOf(type as 'Person', [[property]]);
        const nodes = expects.filter((name) => types.has(name));
        const known =
          !('problem' in found) || nodes.some((node) => mayStandUnder(type as 'Person', property, node as 'Offer'));
        // Not every place that schema.org knows is one that a map needs.
        if (!known) expect(OMITTED).toContain(`${type}.${property}`);
      }
    }
  });

  it('has a place for each part', () => {
    const wholes = ['address', 'orderedItem', 'acceptedOffer', 'orderDelivery', 'partOfInvoice'];
    for (const part of PART_TYPES)
      expect(HEAD_TYPES.some((head) => wholes.some((as) => mayStandUnder(head, as, part)))).toBe(true);
    expect(mayStandUnder('Person', 'address', 'Offer')).toBe(false);
  });
});

const OMITTED = ['Organization.address', 'Invoice.customer', 'Invoice.provider'];
