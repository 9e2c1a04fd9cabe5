import type { Session } from '../database/session.js';
import { fromTable, keyOf, live } from '../datamap/sql.js';
import { type Batch, type BatchContext, looked, type Protection, type RowsTaken, type Taken } from './batch.js';
import { freeRows, lockedRows } from './free-rows.js';
import { guardedDelete, undone } from './guarded.js';
import { dayOfRow, monthOf } from './ruling.js';
import { lastOf, within } from './slices.js';

/** The rows of the query `d`, which has their rule and the day on which they fell due, as figures. */
const FIGURES = `SELECT f.rule, ${monthOf('f.due')}::text AS month, sum(f.rows)::text AS rows
  FROM (SELECT d.rule, d.due, count(*) AS rows FROM d GROUP BY d.rule, d.due) f GROUP BY 1, 2`;

/**
 * One statement that asks everything of the rows that it takes. A row that the shop holds ends it with a lock not had
 * in time: then the batch is to be tried again row by row. For tables whose triggers and rules cannot keep a row.
 */
export async function deleteDirectly(
  session: Session,
  batch: Batch,
  { ruling }: BatchContext,
  { standing }: Protection,
): Promise<RowsTaken> {
  const { unit } = batch;
  const { table } = unit.erase;
  const values: unknown[] = [];
  const free = freeRows(batch, 'nothing', ruling, standing, values);
  const { rule, due } = dayOfRow(unit.rules);
  const rows = await guardedDelete(session, table.name, () =>
    session.query<Record<keyof Taken, string>>(
      `WITH d AS (DELETE FROM ${fromTable(table, ruling.catalog)} t WHERE ${free} RETURNING ${rule} AS rule, ${due} AS due)
       ${FIGURES}`,
      values,
    ),
  );
  const taken = rows.map((row) => ({ ...row, rows: Number(row.rows) }));
  const sum = taken.reduce((all, each) => all + each.rows, 0);
  return { taken, rows: sum, locked: sum, last: undefined, finished: [] };
}

/** The same with the rows locked first, and those passed by that the shop holds. */
export async function deleteLocked(
  session: Session,
  batch: Batch,
  { ruling, shopPath }: BatchContext,
  { standing }: Protection,
): Promise<RowsTaken> {
  const { unit, slices, from, to } = batch;
  const { table } = unit.erase;
  const { catalog } = ruling;
  const values: unknown[] = [];
  const locked = lockedRows(batch, 'nothing', ruling, standing, values);
  const same = keyOf(table, catalog).map(({ expression }, i) => `${expression} = c.k${i + 1}`);
  // Told again where they lie, or a plan could read the whole table to join it.
  const here = within(slices, unit, catalog, from, to, values);
  await session.query("SELECT set_config('search_path', $1, true)", [shopPath]);
  const rows = await guardedDelete(session, table.name, () =>
    session.query<{ rule: string | null; month: string; rows: string; locked: string; last: string | null }>(
      `WITH c AS MATERIALIZED (${locked}), l AS (SELECT count(*)::text AS locked, ${lastOf(slices, unit, catalog)} AS last FROM c),
       d AS (DELETE FROM ${fromTable(table, catalog)} t USING c WHERE ${[...same, here].join(' AND ')} RETURNING c.rule, c.due)
       SELECT g.*, l.locked, l.last FROM l LEFT JOIN (${FIGURES}) g ON true`,
      values,
    ),
  );
  const taken = rows.flatMap(({ rule, month, rows }) => (rule === null ? [] : [{ rule, month, rows: Number(rows) }]));
  const sum = taken.reduce((all, each) => all + each.rows, 0);
  // Without a key, a row that changed since the statement began is found where it no longer stands, and waits for its turn.
  const { locked: all, last } = rows[0] ?? { locked: '0', last: null };
  if (live(table, catalog).key.length > 0 && sum !== Number(all)) throw undone(table.name);
  return { taken, rows: sum, ...looked(all, last), finished: [] };
}
