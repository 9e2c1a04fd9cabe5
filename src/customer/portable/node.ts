import type { SchemaOrgType, SchemaOrgValue, Shape } from '../../datamap/schema-org.js';
import { isoDay, isoMoment } from './iso.js';

/** A node of JSON-LD: its type, and its properties. */
export interface LinkedNode {
  '@type': SchemaOrgType;
  '@id'?: string;
  [property: string]: Member | undefined;
}

type Scalar = string | number | boolean;
type Member = Scalar | LinkedNode | readonly Scalar[];

const INTEGERS: readonly string[] = ['smallint', 'integer'];

/**
 * A stored value as schema.org expects it: dates in ISO 8601, integers up to 32 bits as numbers, decimals as the text
 * that is stored, an order's status by its address. Undefined for what cannot stand there.
 * @param type PostgreSQL's type below any domain
 * @param values what stored codes are called
 */
export function scalarOf(
  stored: string,
  value: SchemaOrgValue,
  type: string,
  values: Readonly<Record<string, string>> = {},
): Scalar | undefined {
  const named = Object.hasOwn(values, stored) ? values[stored] : undefined;
  switch (value) {
    case 'date':
      return isoDay(stored);
    case 'moment':
      return isoMoment(stored);
    case 'order-status':
      return named && `https://schema.org/${named}`;
    case 'boolean': {
      const said = named ?? stored;
      return said === 't' || said === 'true' ? true : said === 'f' || said === 'false' ? false : undefined;
    }
    case 'number':
      return named ?? (INTEGERS.includes(type) ? Number(stored) : stored);
    case 'text':
      return named ?? stored;
  }
}

/** Puts a value at a path; a property that has another value already takes both. */
export function put(node: LinkedNode, shape: Shape, path: readonly string[], value: Scalar): void {
  const [property = '', ...rest] = path;
  const below = shape.nodes.get(property);
  if (below !== undefined) {
    const known = node[property];
    const child = isNode(known) ? known : { '@type': below.type };
    node[property] = child;
    put(child, below, rest, value);
    return;
  }
  const known = node[property];
  if (known === undefined) node[property] = value;
  else if (!isNode(known)) {
    const list = Array.isArray(known) ? known : [known as Scalar];
    if (!list.includes(value)) node[property] = [...list, value];
  }
}

/** A node with what its row does not say taken from another one. */
export function withDefaults(node: LinkedNode, defaults: LinkedNode): LinkedNode {
  const merged: LinkedNode = { ...defaults, ...node };
  for (const [property, value] of Object.entries(defaults)) {
    const own = node[property];
    if (isNode(value) && isNode(own)) merged[property] = withDefaults(own, value);
  }
  return merged;
}

export function isNode(value: Member | undefined): value is LinkedNode {
  return typeof value === 'object' && !Array.isArray(value);
}

/** Whether it says more than what it is. */
export function saysSomething(node: LinkedNode): boolean {
  return Object.keys(node).some((property) => !property.startsWith('@'));
}
