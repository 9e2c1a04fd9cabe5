import type { Session } from '../database/session.js';
import { fromTable, keyOf, live } from '../datamap/sql.js';
import { type Batch, type BatchContext, type BatchDone, looked, type Protection } from './batch.js';
import { lockedRows } from './free-rows.js';
import { guardedDelete, undone } from './guarded.js';
import { lastOf, within } from './slices.js';

/** One statement, where nothing has to be looked at but the rows themselves and what hangs on them. */
export async function deleteAtOnce(
  session: Session,
  batch: Batch,
  { ruling, shopPath }: BatchContext,
  { standing }: Protection,
): Promise<BatchDone> {
  const { unit, slices, from, to } = batch;
  const { table } = unit.erase;
  const { catalog } = ruling;
  const values: unknown[] = [];
  const locked = lockedRows(batch, ruling, standing, values);
  const same = keyOf(table, catalog).map(({ expression }, i) => `${expression} = c.k${i + 1}`);
  // Told again where they lie, or a plan could read the whole table to join it.
  const here = within(slices, unit, catalog, from, to, values);
  await session.query("SELECT set_config('search_path', $1, true)", [shopPath]);
  const rows = await guardedDelete(session, table.name, () =>
    session.query<{ rule: string | null; month: string; rows: string; locked: string; last: string | null }>(
      `WITH c AS MATERIALIZED (${locked}), l AS (SELECT count(*)::text AS locked, ${lastOf(slices, unit, catalog)} AS last FROM c),
       d AS (DELETE FROM ${fromTable(table, catalog)} t USING c WHERE ${[...same, here].join(' AND ')} RETURNING c.rule, c.month)
       SELECT g.*, l.locked, l.last FROM l LEFT JOIN (SELECT d.rule, d.month::text AS month, count(*)::text AS rows FROM d GROUP BY d.rule, d.month) g ON true`,
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
