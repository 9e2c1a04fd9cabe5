import { anchorsOf } from '../customer/anchors.js';
import type { ColumnStep } from '../customer/erase/change.js';
import type { TableErase } from '../customer/erase/compile.js';
import { keyNames } from '../customer/erase/sql.js';
import { peopleOf } from '../customer/people.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { clockDay, dueRows, sourcesOf, tablesOfPeople } from '../datamap/clock.js';
import { collectRows, forgetCollected } from '../datamap/collect.js';
import { compileCollect, rowsOf } from '../datamap/collect-plan.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import type { ClockSource, KeepUntil } from '../datamap/schema.js';
import { fromTable, keyOf, textLiteral } from '../datamap/sql.js';
import { type CutOffs, lateSql } from './due.js';

/** A clock of a table that asks for all rows of a person, and that rows of another table (or its own) give a day to. */
export interface Feed {
  readonly target: PersonalTableModel;
  readonly keep: KeepUntil;
  readonly source: ClockSource;
  /** Over alias `t`: that the row alone keeps the clock from having run out, for whomever it leads to. */
  readonly late: string;
}

/**
 * The clocks of persons that would forget rows of the table once these columns are taken: because they no longer lead
 * to the person, or no longer tell the day. Pure.
 */
export function feedsOf(
  { table }: TableErase,
  steps: readonly ColumnStep[],
  model: DataMapModel,
  catalog: Catalog,
  cuts: CutOffs,
): Feed[] {
  const leading = leadingColumns(table, model);
  return model.tables.flatMap((target) =>
    (target.entry.retention ?? []).flatMap((keep) =>
      sourcesOf(keep).flatMap((source): Feed[] => {
        if (!('person' in source) || canonicalName(source.person) !== table.name) return [];
        const telling = [source.column, ...(source.when ?? []).map((condition) => condition.column)];
        const takes = steps.some(({ column: { name } }) => leading.has(name) || telling.includes(name));
        return takes ? [{ target, keep, source, late: lateSql(table, source, keep, model, catalog, cuts) }] : [];
      }),
    ),
  );
}

/** Columns by which a row is somebody's. */
function leadingColumns(table: PersonalTableModel, model: DataMapModel): ReadonlySet<string> {
  const links = (identifier: string | undefined) =>
    identifier !== undefined && model.map.identifiers[identifier]?.links === true;
  const named = table.columns.flatMap(({ name, entry }) =>
    links(entry.identifier) || entry.json?.some((node) => links(node.identifier)) ? [name] : [],
  );
  const reached = table.owners.flatMap(({ reaches }) =>
    reaches.flatMap((reach) => [
      ...(reach.kind === 'through' ? reach.on.map((pair) => pair.column) : []),
      ...(reach.kind === 'identifier' ? reach.identifier.map((part) => part.column) : []),
      ...(reach.kind === 'self' ? [] : (reach.when ?? []).map((condition) => condition.column)),
    ]),
  );
  return new Set([...named, ...reached]);
}

/**
 * Which of these rows have to wait: a clock of a person whose row each is has not run out, and the row is the last one
 * by which it counts; without it the clock would seem to have run out sooner.
 * @param keys the rows' keys as texts
 * @returns positions of those that wait
 */
export async function waitingForPeople(
  session: Session,
  { erase: { table }, feeds }: { readonly erase: Pick<TableErase, 'table'>; readonly feeds: readonly Feed[] },
  keys: readonly (readonly string[])[],
  { model, catalog, asOf }: { readonly model: DataMapModel; readonly catalog: Catalog; readonly asOf: string },
): Promise<Set<number>> {
  const waiting = new Set<number>();
  if (keys.length === 0 || feeds.length === 0) return waiting;
  const hits = keys.flatMap((key) =>
    table.owners.map((owner) => ({ node: { table, owner }, row: { table: table.name, key }, certain: true })),
  );
  const anchors = (await anchorsOf(session, model, catalog, hits)).flat();
  const { people } = await peopleOf(session, model, catalog, anchors);
  const plan = compileCollect(model, catalog, [
    table,
    ...feeds.flatMap(({ target, keep }) => [target, ...tablesOfPeople(keep, model)]),
  ]);
  await collectRows(session, plan, model, catalog, people);
  const position = new Map(keys.map((key, i) => [JSON.stringify(key), i]));
  const today = `($1::timestamptz AT TIME ZONE ${textLiteral(model.map.timeZone)})::date`;
  const names = keyNames(table, catalog);
  const same = keyOf(table, catalog).map(({ expression }, i) => `${expression} = r.k${i + 1}`);
  for (const { target, keep, source } of feeds) {
    const { person: _, ...own } = source as Extract<ClockSource, { person: string }>;
    const rows = await session.query<{ key: string }>(
      // Materialised, or everybody's clock is read for each row anew.
      `WITH counting AS MATERIALIZED (SELECT DISTINCT d.person FROM (${dueRows(target, keep, model, catalog)}) d WHERE (d.due <= ${today}) IS NOT TRUE)
       SELECT DISTINCT array_to_json(ARRAY[${keyNames(table, catalog, 'f')
         .split(', ')
         .map((name) => `${name}::text`)
         .join(', ')}])::text AS key
       FROM (SELECT x.*, max(x.day) OVER (PARTITION BY x.person) AS last
             FROM (SELECT r.*, ${clockDay(own, table, model, catalog)} AS day
                   FROM (SELECT DISTINCT person, ${names} FROM ${rowsOf(table)}) r JOIN ${fromTable(table, catalog)} t ON ${same.join(' AND ')}) x) f
       WHERE f.day = f.last
         AND f.person IN (SELECT person FROM counting)`,
      [asOf],
    );
    for (const { key } of rows) {
      const i = position.get(JSON.stringify(JSON.parse(key)));
      if (i !== undefined) waiting.add(i);
    }
  }
  await forgetCollected(session, plan);
  return waiting;
}
