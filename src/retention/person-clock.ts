import { anchorsOf } from '../customer/anchors.js';
import { keyNames } from '../customer/erase/sql.js';
import { peopleOf } from '../customer/people.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { dueRows, tablesOfPeople } from '../datamap/clock.js';
import { collectRows, compileCollect, dropCollected } from '../datamap/collect.js';
import type { DataMapModel } from '../datamap/model.js';
import { textLiteral } from '../datamap/sql.js';
import type { Unit } from './units.js';

/**
 * Which of these rows are due by clocks that ask for all rows of a person, and since when: collects what
 * the clocks count of everybody whose rows they are, guests' orders under their e-mail included, and asks the expression
 * that erasure asks.
 * A row of several people waits for all of them.
 * @param keys the rows' keys as texts
 * @returns by the row's position: the rule that let it go last, and its day (ISO 8601)
 */
export async function dueByPeople(
  session: Session,
  { erase: { table }, rules }: Pick<Unit, 'erase' | 'rules'>,
  keys: readonly (readonly string[])[],
  model: DataMapModel,
  catalog: Catalog,
  asOf: string,
): Promise<Map<number, { readonly rule: string; readonly day: string }>> {
  const due = new Map<number, { rule: string; day: string }>();
  if (keys.length === 0) return due;
  const hits = keys.flatMap((key) =>
    table.owners.map((owner) => ({ node: { table, owner }, row: { table: table.name, key }, certain: true })),
  );
  const anchors = (await anchorsOf(session, model, catalog, hits)).flat();
  const { people } = await peopleOf(session, model, catalog, anchors);
  const plan = compileCollect(model, catalog, [table, ...rules.flatMap(({ keep }) => tablesOfPeople(keep, model))]);
  await collectRows(session, plan, model, catalog, people);
  const today = `($1::timestamptz AT TIME ZONE ${textLiteral(model.map.timeZone)})::date`;
  const position = new Map(keys.map((key, i) => [JSON.stringify(key), i]));
  const names = keyNames(table, catalog, 'd');
  const texts = names.split(', ').map((name) => `${name}::text`);
  const found = new Map<number, { rule: string; day: string }[]>();
  for (const { keep } of rules) {
    const rows = await session.query<{ key: string; day: string }>(
      `SELECT array_to_json(ARRAY[${texts.join(', ')}])::text AS key, max(d.due)::text AS day FROM (${dueRows(table, keep, model, catalog)}) d
       GROUP BY ${names} HAVING bool_and(d.due IS NOT NULL) AND max(d.due) <= ${today}`,
      [asOf],
    );
    for (const { key, day } of rows) {
      const i = position.get(JSON.stringify(JSON.parse(key)));
      if (i !== undefined) found.set(i, [...(found.get(i) ?? []), { rule: keep.rule, day }]);
    }
  }
  await dropCollected(session, plan);
  for (const [i, days] of found) {
    const last = days.toSorted((a, b) => (a.day === b.day ? (a.rule < b.rule ? -1 : 1) : a.day > b.day ? -1 : 1))[0];
    if (days.length === rules.length && last !== undefined) due.set(i, last);
  }
  return due;
}
