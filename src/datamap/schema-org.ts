/** How a value is written: `moment` is schema.org's "Date or DateTime". */
export type SchemaOrgValue = 'text' | 'number' | 'boolean' | 'date' | 'moment' | 'order-status';

/** A property's value, or the types that may stand under it, the usual one first. */
type Expected = SchemaOrgValue | readonly SchemaOrgType[];

const THING = { name: 'text', description: 'text', identifier: 'text' } as const;

/**
 * The part of schema.org's vocabulary that a data map may name: each type with properties of its own and of the types
 * above it, and what schema.org expects there (https://schema.org/Person, https://schema.org/Order and so on).
 */
const VOCABULARY = {
  Person: {
    ...THING,
    givenName: 'text',
    additionalName: 'text',
    familyName: 'text',
    email: 'text',
    telephone: 'text',
    birthDate: 'date',
    jobTitle: 'text',
    taxID: 'text',
    vatID: 'text',
    address: ['PostalAddress'],
  },
  PostalAddress: {
    ...THING,
    streetAddress: 'text',
    postOfficeBoxNumber: 'text',
    addressLocality: 'text',
    addressRegion: 'text',
    postalCode: 'text',
    addressCountry: 'text',
    email: 'text',
    telephone: 'text',
  },
  Order: {
    ...THING,
    orderNumber: 'text',
    orderDate: 'moment',
    orderStatus: 'order-status',
    confirmationNumber: 'text',
    discount: 'number',
    discountCode: 'text',
    discountCurrency: 'text',
    isGift: 'boolean',
    paymentDueDate: 'moment',
    paymentMethodId: 'text',
    customer: ['Person'],
    billingAddress: ['PostalAddress'],
    acceptedOffer: ['Offer'],
    orderedItem: ['OrderItem', 'Product'],
    orderDelivery: ['ParcelDelivery'],
    partOfInvoice: ['Invoice'],
  },
  OrderItem: {
    ...THING,
    orderItemNumber: 'text',
    orderItemStatus: 'order-status',
    orderQuantity: 'number',
    orderedItem: ['Product'],
    orderDelivery: ['ParcelDelivery'],
  },
  Offer: {
    ...THING,
    price: 'number',
    priceCurrency: 'text',
    sku: 'text',
    gtin13: 'text',
    eligibleQuantity: ['QuantitativeValue'],
    itemOffered: ['Product', 'Book'],
  },
  Product: { ...THING, productID: 'text', sku: 'text', gtin: 'text', gtin13: 'text', mpn: 'text' },
  Book: { ...THING, isbn: 'text', bookEdition: 'text', inLanguage: 'text', numberOfPages: 'number' },
  QuantitativeValue: { ...THING, value: 'number', unitCode: 'text', unitText: 'text' },
  ParcelDelivery: {
    ...THING,
    trackingNumber: 'text',
    expectedArrivalFrom: 'moment',
    expectedArrivalUntil: 'moment',
    deliveryAddress: ['PostalAddress'],
    originAddress: ['PostalAddress'],
    provider: ['Organization'],
  },
  Organization: { ...THING, legalName: 'text', email: 'text', telephone: 'text', taxID: 'text', vatID: 'text' },
  Invoice: {
    ...THING,
    accountId: 'text',
    confirmationNumber: 'text',
    paymentDueDate: 'moment',
    scheduledPaymentDate: 'date',
    paymentStatus: 'text',
    totalPaymentDue: ['PriceSpecification'],
  },
  PriceSpecification: { ...THING, price: 'number', priceCurrency: 'text', valueAddedTaxIncluded: 'boolean' },
} as const satisfies Record<string, Readonly<Record<string, SchemaOrgValue | readonly string[]>>>;

export type SchemaOrgType = keyof typeof VOCABULARY;

/** What a row may be by itself, and what it may be as a part of such a row. */
export const HEAD_TYPES = ['Person', 'Order'] as const;
export const PART_TYPES = ['PostalAddress', 'OrderItem', 'Offer', 'ParcelDelivery', 'Invoice'] as const;

/** https://schema.org/OrderStatus */
export const ORDER_STATUSES: readonly string[] = [
  'OrderCancelled',
  'OrderDelivered',
  'OrderInTransit',
  'OrderPaymentDue',
  'OrderPickupAvailable',
  'OrderProblem',
  'OrderProcessing',
  'OrderReturned',
];

function expected(type: SchemaOrgType, property: string): Expected | undefined {
  const properties: Readonly<Record<string, Expected>> = VOCABULARY[type];
  return Object.hasOwn(properties, property) ? properties[property] : undefined;
}

/** Whether schema.org lets the type stand under that property of the other type. */
export function mayStandUnder(owner: SchemaOrgType, property: string, type: SchemaOrgType): boolean {
  const types = expected(owner, property);
  return Array.isArray(types) && types.includes(type);
}

/** A type with the properties that a table gives it: values, and the nodes below. */
export interface Shape {
  readonly type: SchemaOrgType;
  readonly values: ReadonlyMap<string, SchemaOrgValue>;
  readonly nodes: ReadonlyMap<string, Shape>;
}

/**
 * The shape that property paths (`acceptedOffer.price`) give a type. Where several types may stand under a property,
 * the first that has all the properties named below it is taken: an `itemOffered` with an `isbn` is a Book.
 * @returns what is wrong with the paths, in words, when there is no such shape
 */
export function shapeOf(type: SchemaOrgType, paths: readonly (readonly string[])[]): Shape | { problem: string } {
  const values = new Map<string, SchemaOrgValue>();
  const below = new Map<string, (readonly string[])[]>();
  for (const [property = '', ...rest] of paths) {
    const found = expected(type, property);
    if (found === undefined) {
      return {
        problem: `${type} has no property "${property}" here; known: ${Object.keys(VOCABULARY[type]).join(', ')}`,
      };
    }
    if (typeof found !== 'string') below.set(property, [...(below.get(property) ?? []), rest]);
    else if (rest.length > 0) return { problem: `${type}.${property} is a value, with nothing below it` };
    else values.set(property, found);
  }
  const nodes = new Map<string, Shape>();
  for (const [property, rests] of below) {
    const types = expected(type, property) as readonly SchemaOrgType[];
    if (rests.some((rest) => rest.length === 0)) {
      const [first = 'Person'] = types;
      const example = Object.keys(VOCABULARY[first])[3];
      return {
        problem: `${type}.${property} is a ${types.join(' or ')}: name one of its properties, as ${property}.${example}`,
      };
    }
    const tries = types.map((candidate) => shapeOf(candidate, rests));
    const shape = tries.find((result): result is Shape => 'type' in result);
    if (shape === undefined) {
      const [only, ...others] = tries as [{ problem: string }, ...{ problem: string }[]];
      if (others.length === 0) return only;
      const names = rests.map((rest) => rest.join('.')).join(', ');
      return { problem: `${type}.${property} is a ${types.join(' or a ')}, and none of these has ${names}` };
    }
    nodes.set(property, shape);
  }
  return { type, values, nodes };
}

/** What a path leads to inside a shape that was made with it. */
export function valueAt(shape: Shape, path: readonly string[]): SchemaOrgValue {
  const [property = '', ...rest] = path;
  const node = shape.nodes.get(property);
  const value = node === undefined ? shape.values.get(property) : valueAt(node, rest);
  if (value === undefined) throw new Error(`no value at ${property}`);
  return value;
}
