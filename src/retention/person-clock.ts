import { anchorsOf } from '../customer/anchors.js';
import { keyNames } from '../customer/erase/sql.js';
import { peopleOf } from '../customer/people.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { dueRows, tablesOfPeople } from '../datamap/clock.js';
import { collectRows, forgetCollected } from '../datamap/collect.js';
import { compileCollect } from '../datamap/collect-plan.js';
import type { DataMapModel } from '../datamap/model.js';
import { textLiteral } from '../datamap/sql.js';
import type { Unit } from './units.js';

/** Rows (keys as texts) of a unit whose clocks ask for all rows of a person. */
export interface Asked {
  readonly unit: Pick<Unit, 'erase' | 'rules'>;
  readonly keys: readonly (readonly string[])[];
}

/** By the row's position among those asked of: the rule that let it go last, and its day (ISO 8601). */
export type DueRows = ReadonlyMap<number, { readonly rule: string; readonly day: string }>;

/**
 * Which of these rows are due by clocks that ask for all rows of a person, and since when: collects, once for all of
 * them, what the clocks count of everybody whose rows they are, guests' orders under their e-mail included, and asks the
 * expression that erasure asks.
 * A row of several people waits for all of them.
 * @returns one map for each of those asked
 */
export async function dueByPeople(
  session: Session,
  asked: readonly Asked[],
  { model, catalog, asOf }: { readonly model: DataMapModel; readonly catalog: Catalog; readonly asOf: string },
): Promise<DueRows[]> {
  if (asked.every(({ keys }) => keys.length === 0)) return asked.map(() => new Map());
  const hits = asked.flatMap(({ unit: { erase }, keys }) =>
    keys.flatMap((key) =>
      erase.table.owners.map((owner) => ({
        node: { table: erase.table, owner },
        row: { table: erase.table.name, key },
        certain: true,
      })),
    ),
  );
  const anchors = (await anchorsOf(session, model, catalog, hits)).flat();
  const { people } = await peopleOf(session, model, catalog, anchors);
  const tables = asked.flatMap(({ unit: { erase, rules } }) => [
    erase.table,
    ...rules.flatMap(({ keep }) => tablesOfPeople(keep, model)),
  ]);
  const plan = compileCollect(model, catalog, tables);
  await collectRows(session, plan, model, catalog, people);
  const due: DueRows[] = [];
  for (const each of asked) due.push(await dueOfUnit(session, each, model, catalog, asOf));
  await forgetCollected(session, plan);
  return due;
}

async function dueOfUnit(
  session: Session,
  { unit: { erase, rules }, keys }: Asked,
  model: DataMapModel,
  catalog: Catalog,
  asOf: string,
): Promise<DueRows> {
  const { table } = erase;
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
  const due = new Map<number, { rule: string; day: string }>();
  for (const [i, days] of found) {
    const last = days.toSorted((a, b) => (a.day === b.day ? (a.rule < b.rule ? -1 : 1) : a.day > b.day ? -1 : 1))[0];
    if (days.length === rules.length && last !== undefined) due.set(i, last);
  }
  return due;
}
