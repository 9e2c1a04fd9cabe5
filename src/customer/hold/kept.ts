import type { Catalog } from '../../datamap/catalog.js';
import { hopsSql } from '../../datamap/hops.js';
import type { DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { type Hop, pathsUp } from '../../datamap/paths.js';
import { fromTable, keyOf, textLiteral } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import type { ColumnStep } from '../erase/change.js';
import type { Erasure, TableErase } from '../erase/compile.js';
import type { KeptStatement } from '../erase/kept.js';
import { fateOf, keptOf, keyNames, mayGo, sameRow, takes } from '../erase/sql.js';
import { ORDER_NUMBER } from '../resolve.js';

/**
 * What holds keep of the rows of the set: those that a hold names, and those that hang on a held order by the map.
 * Statements over `gdpr.hold`, so that a hold which is placed while an erasure waits for its locks counts too. Pure.
 */
export function keptByHolds(model: DataMapModel, catalog: Catalog): (erasure: Erasure) => KeptStatement[] {
  const personal = new Map(model.tables.map((table) => [table.name, table]));
  const orders = model.tables.filter(({ columns }) => columns.some(({ entry }) => entry.identifier === ORDER_NUMBER));
  return ({ tables }) =>
    tables.flatMap((table) => {
      const ways = orders.flatMap(({ name }) => pathsUp(table.table, name, personal));
      return groupsOf(table).flatMap((steps): KeptStatement[] => [
        ...(table.live.key.length > 0 ? [{ table, sql: keepNamed(table, steps, model, catalog) }] : []),
        ...ways.map((hops) => ({ table, sql: keepHanging(table, steps, hops, model, catalog) })),
      ]);
    });
}

/** The columns that erasure takes anything from, those together that the same people's erasure takes. */
function groupsOf(table: TableErase): ColumnStep[][] {
  const goes = (table.goesAlone | table.goesAnyway) !== 0;
  const taken = table.columns.filter(({ live, change }) => !live.generated && (goes || change.kind !== 'none'));
  return [...groupBy(taken, (step) => takes(step, table)).values()];
}

function keepNamed(table: TableErase, steps: readonly ColumnStep[], model: DataMapModel, catalog: Catalog): string {
  return keep(table, steps, model, catalog, {
    from: '',
    where: [
      isHeld(
        table.table.name,
        keyTexts(table.table, catalog, (i) => `f.k${i + 1}`),
      ),
    ],
  });
}

function keepHanging(
  table: TableErase,
  steps: readonly ColumnStep[],
  hops: readonly Hop[],
  model: DataMapModel,
  catalog: Catalog,
): string {
  const top = hops.at(-1)?.to;
  if (top === undefined) throw new Error('a way up has at least one hop');
  const { from, where } = hopsSql(hops, catalog);
  const parts = keyOf(top, catalog).map(({ expression }) => expression.replace(/^t\./, `u${hops.length}.`));
  return keep(table, steps, model, catalog, {
    from: `${fromTable(table.table, catalog)} t, ${from}, `,
    where: [
      sameRow(table.table, catalog, 't', 'f'),
      where,
      "h.scope = 'order'",
      isHeld(
        top.name,
        keyTexts(top, catalog, (i) => parts[i] ?? ''),
      ),
    ],
  });
}

function keyTexts(table: TableErase['table'], catalog: Catalog, part: (i: number) => string): string {
  return keyOf(table, catalog)
    .map((_, i) => `${part(i)}::text`)
    .join(', ');
}

function isHeld(name: string, key: string): string {
  return `r.table_name = ${textLiteral(name)} AND r.key = to_jsonb(ARRAY[${key}])`;
}

function keep(
  erase: TableErase,
  steps: readonly ColumnStep[],
  { map }: DataMapModel,
  catalog: Catalog,
  { from, where }: { readonly from: string; readonly where: readonly string[] },
): string {
  const { table } = erase;
  const [first] = steps;
  if (first === undefined) throw new Error('a group has a column at least');
  const today = `($1::timestamptz AT TIME ZONE ${textLiteral(map.timeZone)})::date`;
  const columns = `ARRAY[${steps.map(({ column }) => textLiteral(column.name)).join(', ')}]::text[]`;
  return [
    `INSERT INTO ${keptOf(table)} (${keyNames(table, catalog)}, cols, source, id, until, hidden)`,
    `SELECT DISTINCT ${keyNames(table, catalog, 'f')}, ${columns}, 'hold', h.id, h.until + 1, coalesce(h.gag_until >= ${today}, false)`,
    `FROM ${fateOf(table)} f, ${from}gdpr.hold h JOIN gdpr.hold_row r ON r.hold = h.id`,
    `WHERE h.released_at IS NULL AND h.until >= ${today} AND ${[...where, `(${takes(first, erase)} OR ${mayGo(erase)})`].join(' AND ')}`,
  ].join('\n');
}

/**
 * The ids of the holds that hold a row of alias `t`, by itself or through its order, on the day that the SQL `today`
 * gives, as a text[]. Pure.
 */
export function holdsOn(table: PersonalTableModel, model: DataMapModel, catalog: Catalog, today: string): string {
  const personal = new Map(model.tables.map((each) => [each.name, each]));
  const orders = model.tables.filter(({ columns }) => columns.some(({ entry }) => entry.identifier === ORDER_NUMBER));
  const active = `h.released_at IS NULL AND h.until >= ${today}`;
  const holds = 'gdpr.hold h JOIN gdpr.hold_row r ON r.hold = h.id';
  const named = isHeld(
    table.name,
    keyTexts(table, catalog, (i) => keyOf(table, catalog)[i]?.expression ?? ''),
  );
  const ways = orders.flatMap(({ name }) => pathsUp(table, name, personal));
  const hanging = ways.flatMap((hops) => {
    const top = hops.at(-1)?.to;
    if (top === undefined) return [];
    const { from, where } = hopsSql(hops, catalog);
    const parts = keyOf(top, catalog).map(({ expression }) => expression.replace(/^t\./, `u${hops.length}.`));
    const held = isHeld(
      top.name,
      keyTexts(top, catalog, (i) => parts[i] ?? ''),
    );
    return [`SELECT h.id FROM ${from}, ${holds} WHERE ${where} AND h.scope = 'order' AND ${held} AND ${active}`];
  });
  return `ARRAY(${[`SELECT h.id FROM ${holds} WHERE ${named} AND ${active}`, ...hanging].join(' UNION ')})`;
}
