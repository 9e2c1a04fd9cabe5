import { quoteIdentifier } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import type { DataMapModel, OwnerModel, PersonalTableModel } from '../../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../../datamap/occurrences.js';
import { live, operand, sidesOf } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import { type IdentifierKind, sqlKey, sqlNameWords } from '../../identity/kinds.js';

/** An index that a statement of find, export or erase of one person asks for. */
export interface WantedIndex {
  /** Canonical `schema.table`. */
  readonly table: string;
  /** What is looked for by it: an identifier of that kind, or rows by a key. */
  readonly why: IdentifierKind | 'key';
  /** Those that can serve, the one to make first. */
  readonly methods: readonly ('btree' | 'hash' | 'gin')[];
  /** The columns and the places in their JSON, as people read them. */
  readonly on: string;
  /** Columns quoted, or one expression in brackets, as CREATE INDEX takes them. */
  readonly keys: readonly string[];
  /** Further columns that the statement gives a value: an index may begin with them. */
  readonly beside: readonly string[];
}

/**
 * Every index that the map's statements ask for, once each: the keys of identifiers (`searchRows`, `namesUnder` and the
 * collection by identifiers), the columns that a reach joins by on either side (`collectRows`, `followUp`), and
 * foreign keys to rows that an erasure deletes, each of which PostgreSQL looks for. Pure.
 */
export function wantedIndexes(model: DataMapModel, catalog: Catalog): WantedIndex[] {
  const wanted = [...byIdentifier(model, catalog), ...byReach(model, catalog), ...byForeignKey(model, catalog)];
  const same = groupBy(wanted, ({ table, keys }) => JSON.stringify([table, [...keys].sort()]));
  return [...same.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [{ ...first, beside: [first, ...more].flatMap(({ beside }) => beside) }],
  );
}

function byIdentifier(model: DataMapModel, catalog: Catalog): WantedIndex[] {
  const held = occurrencesOf(model).map((place) => ({
    table: place.node.table,
    kind: place.kind,
    text: occurrenceText(place, catalog, ''),
    on: place.places.map(placeText).join(' '),
  }));
  const linking = reachesOf(model).flatMap(({ table, reach }) =>
    reach.kind !== 'identifier'
      ? []
      : reach.identifier.flatMap((pair) => {
          const identifier = model.map.identifiers[pair.is];
          const text = `${operand(table, catalog, '', pair).sql}::text`;
          return identifier?.links === true ? [{ table, kind: identifier.kind, text, on: placeText(pair) }] : [];
        }),
  );
  return [...held, ...linking].map(({ table, kind, text, on }) => ({
    table: table.name,
    why: kind,
    methods: kind === 'name' ? ['gin'] : ['btree'],
    on,
    keys: [`(${kind === 'name' ? sqlNameWords(text) : sqlKey(kind, text)})`],
    beside: [],
  }));
}

/** Types whose columns conditions compare as they are. */
const TEXTS = new Set(['text', 'character varying']);

function byReach(model: DataMapModel, catalog: Catalog): WantedIndex[] {
  return reachesOf(model).flatMap(({ table, reach }) => {
    if (reach.kind !== 'through') return [];
    const parent = model.table(reach.table);
    const pairs = reach.on.map((pair) => {
      const left = operand(table, catalog, '', pair);
      const right = operand(parent, catalog, '', { column: pair.to });
      const sides = sidesOf(left, right);
      const plain = pair.path === undefined && sides.left === left.sql;
      return {
        left: { sql: sides.left, plain, on: placeText(pair) },
        right: { sql: sides.right, plain: sides.right === right.sql, on: pair.to },
      };
    });
    const { columns } = live(table, catalog);
    const beside = (reach.when ?? [])
      .filter((condition) => 'in' in condition && TEXTS.has(columns.get(condition.column)?.baseType ?? ''))
      .map((condition) => quoteIdentifier(condition.column));
    return [
      byKeys(
        table,
        pairs.map(({ left }) => left),
        beside,
      ),
      byKeys(
        parent,
        pairs.map(({ right }) => right),
        [],
      ),
    ];
  });
}

/** Columns together; else one expression, by its hash: nobody has set a length to the text in a JSON document. */
function byKeys(
  table: PersonalTableModel,
  sides: readonly { readonly sql: string; readonly plain: boolean; readonly on: string }[],
  beside: readonly string[],
): WantedIndex {
  const columns = sides.filter(({ plain }) => plain);
  const on = (some: typeof sides) => some.map((side) => side.on).join(' ');
  const index = { table: table.name, why: 'key', beside } as const;
  return columns.length > 0
    ? { ...index, methods: ['btree'], on: on(columns), keys: columns.map(({ sql }) => sql) }
    : { ...index, methods: ['hash', 'btree'], on: on(sides.slice(0, 1)), keys: [`(${sides[0]?.sql ?? ''})`] };
}

function byForeignKey(model: DataMapModel, catalog: Catalog): WantedIndex[] {
  const goes = new Set(
    model.tables
      .filter(({ entry }) => [entry, ...Object.values(entry.owners)].some(({ erase }) => erase === 'delete'))
      .map(({ name }) => name),
  );
  return [...catalog.values()].flatMap((table) =>
    table.foreignKeys
      .filter(({ references }) => goes.has(references))
      .map(({ columns }) => ({
        table: table.name,
        why: 'key',
        methods: ['btree'],
        on: columns.join(' '),
        keys: columns.map(quoteIdentifier),
        beside: [],
      })),
  );
}

function reachesOf(model: DataMapModel): { table: PersonalTableModel; reach: OwnerModel['reaches'][number] }[] {
  return model.tables.flatMap((table) =>
    table.owners.flatMap(({ reaches }) => reaches.map((reach) => ({ table, reach }))),
  );
}

function placeText({
  column,
  path = [],
}: {
  readonly column: string;
  readonly path?: readonly string[] | undefined;
}): string {
  return [column, ...path].join('.');
}
