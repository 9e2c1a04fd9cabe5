import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { assertGoingOn } from '../../foundation/interrupt.js';
import { controllerIdentifiers, type Giver, giveCell } from '../cells.js';
import type { Traits } from '../traits.js';
import { FIRST_VALUE, type LinkedRead, type LinkedSource } from './linked-read.js';
import { isNode, type LinkedNode, put, saysSomething, scalarOf, withDefaults } from './node.js';

/** The person is one node of the document, whatever rows they have. */
const PERSON = '_:person';

export interface DocumentOptions {
  readonly model: DataMapModel;
  readonly traits: Traits;
  readonly signal: AbortSignal;
}

/**
 * JSON-LD 1.1 in schema.org's vocabulary: the person, then each order with its parts. A cell is given or not by the same
 * rules as in the tables. Rows are written as they come: neither the document nor an order is ever held whole.
 */
export async function* linkedDocument(
  { sources }: LinkedRead,
  rows: AsyncIterable<readonly (string | null)[]>,
  { model, traits, signal }: DocumentOptions,
): AsyncGenerator<string> {
  const givers = sources.map((source) => giverOf(source, model, traits));
  const partsOf = (type: LinkedSource['head']) =>
    new Set(sources.flatMap(({ as, head }) => (as !== undefined && head === type ? [as] : [])));
  const [personParts, orderParts] = [partsOf('Person'), partsOf('Order')];
  const person: LinkedNode = { '@type': 'Person', '@id': PERSON };
  const writer = new GraphWriter();
  let order: string | undefined;
  yield '{"@context":"https://schema.org","@graph":[';
  for await (const row of rows) {
    assertGoingOn(signal);
    const [index, number, owners] = row;
    const at = Number(index);
    const source = sources[at];
    const giver = givers[at];
    if (source === undefined || giver === undefined) throw new Error(`no source ${index}`);
    const persons = source.head === 'Person';
    if (persons && source.as === undefined) {
      fill(person, source, giver, Number(owners), row);
      continue;
    }
    const node: LinkedNode = { '@type': source.shape.type };
    fill(node, source, giver, Number(owners), row);
    if (!writer.begun) yield writer.open(person, personParts);
    if (source.as === undefined) {
      order = number ?? undefined;
      const customer = isNode(node.customer) ? node.customer : undefined;
      yield writer.open({ ...node, customer: { ...customer, '@type': 'Person', '@id': PERSON } }, orderParts);
    } else if (!saysSomething(node)) {
      // Everything of this row is somebody else's.
    } else if (persons || (order !== undefined && number === order)) yield writer.part(source.as, node);
    else {
      order = undefined;
      yield writer.open(node, new Set());
    }
  }
  if (!writer.begun) yield writer.open(person, personParts);
  yield `${writer.close()}\n]}\n`;
}

/** What is left out here was counted where the table was written. */
function giverOf({ table }: LinkedSource, model: DataMapModel, traits: Traits): Giver {
  const known = controllerIdentifiers(model);
  return { table, traits, known, spelling: spellingOf(model), onJsonWithheld: () => {} };
}

function fill(
  node: LinkedNode,
  source: LinkedSource,
  giver: Giver,
  owners: number,
  row: readonly (string | null)[],
): void {
  const hidden = new Set((row[FIRST_VALUE - 1] ?? '').split(','));
  source.columns.forEach(({ model, values, at, targets }, i) => {
    const cell = giveCell(giver, model, owners, hidden.has(String(i)), row[at] ?? null);
    if (!('value' in cell) || cell.value === null) return;
    for (const target of targets) {
      const stored = target.at === at ? cell.value : (row[target.at] ?? null);
      const scalar =
        stored === null ? undefined : scalarOf(stored, target.value, target.type, target.at === at ? values : {});
      if (scalar !== undefined) put(node, source.shape, target.path, scalar);
    }
  });
}

/** Writes nodes one after the other, and the parts of the open node under their properties. */
class GraphWriter {
  begun = false;
  #property: string | undefined;
  #defaults: LinkedNode | undefined;
  #node: LinkedNode | undefined;

  /** Closes the node before and opens one; what it says under a property of `parts` goes into each of those parts. */
  open(node: LinkedNode, parts: ReadonlySet<string>): string {
    const before = this.begun ? `${this.close()},\n` : '\n';
    this.begun = true;
    this.#node = node;
    const own = Object.fromEntries(Object.entries(node).filter(([property]) => !parts.has(property)));
    return before + JSON.stringify(own).slice(0, -1);
  }

  part(property: string, node: LinkedNode): string {
    const same = this.#property === property;
    const before = same ? ',\n ' : `${this.#endParts()},${JSON.stringify(property)}:[\n `;
    if (!same) {
      this.#property = property;
      const defaults = this.#node?.[property];
      this.#defaults = isNode(defaults) ? defaults : undefined;
    }
    return before + JSON.stringify(this.#defaults === undefined ? node : withDefaults(node, this.#defaults));
  }

  close(): string {
    return `${this.#endParts()}}`;
  }

  #endParts(): string {
    const end = this.#property === undefined ? '' : ']';
    this.#property = undefined;
    return end;
  }
}
