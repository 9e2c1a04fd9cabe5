import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { hopsSql } from '../datamap/hops.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { pathsUp } from '../datamap/paths.js';
import type { KeepUntil } from '../datamap/schema.js';
import { column, conditions, fromTable, textLiteral } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { groundSql } from './guards.js';
import type { Ruling } from './ruling.js';

/** Rows whose clock has no value, and which neither a ground nor a stated reason explains: no rule ever reaches them. */
export interface Uncovered {
  readonly table: string;
  readonly rule: string;
  /** What the columns with codes say in these rows; never a value of a person. */
  readonly state: Readonly<Record<string, string | null>>;
  readonly rows: number;
}

/** The most states of one table and rule that are told of. */
const MOST_STATES = 50;

/** Every state in which a clock never begins though something would be taken; a statement a table and rule. */
export async function findUncovered(session: Session, ruling: Ruling): Promise<Uncovered[]> {
  const { model, catalog, units } = ruling;
  const uncovered: Uncovered[] = [];
  const seen = new Set<KeepUntil>();
  for (const { erase, rules } of units) {
    for (const rule of rules) {
      if (seen.has(rule.keep)) continue;
      seen.add(rule.keep);
      const { table } = erase;
      const mine = units.filter((unit) => unit.erase === erase && unit.rules.some(({ keep }) => keep === rule.keep));
      const codes = table.columns.filter(({ entry }) => entry.codes !== undefined);
      const grounds = Object.entries(model.map.keptGrounds ?? {}).flatMap(([id, { rows }]) =>
        rows.some(({ covers }) => covers.some((cover) => canonicalName(cover.table) === table.name))
          ? [groundSql(id, table, model, catalog)]
          : [],
      );
      const explained = [...grounds, ...(rule.keep.waits ?? []).map((wait) => waitSql(wait, table, model, catalog))];
      const states = codes.map(({ name, entry }) => {
        const value = `${column('t', name)}::text`;
        const known = Object.keys(entry.codes ?? {}).map(textLiteral);
        return `CASE WHEN ${value} IS NULL OR ${value} IN (${known.join(', ')}) THEN ${value} ELSE '(another value)' END`;
      });
      const rows = await session.query<{ state: string; rows: string }>(
        `SELECT array_to_json(ARRAY[${states.join(', ')}]::text[])::text AS state, count(*)::text AS rows
         FROM ${fromTable(table, catalog)} t
         WHERE ${[rule.none, `(${mine.map(({ remaining }) => remaining).join(' OR ')})`, ...explained.map((each) => `NOT ${each}`)].join(' AND ')}
         GROUP BY 1 ORDER BY 1 LIMIT ${MOST_STATES}`,
      );
      for (const row of rows) {
        const values = JSON.parse(row.state) as (string | null)[];
        uncovered.push({
          table: table.name,
          rule: rule.keep.rule,
          state: Object.fromEntries(codes.map(({ name }, i) => [name, values[i] ?? null])),
          rows: Number(row.rows),
        });
      }
    }
  }
  return uncovered;
}

function waitSql(
  { parent, when }: NonNullable<KeepUntil['waits']>[number],
  table: PersonalTableModel,
  model: DataMapModel,
  catalog: Catalog,
): string {
  const target = parent === undefined ? table : model.table(canonicalName(parent));
  if (target === table) return `coalesce(${conditions(when, 't').join(' AND ')}, false)`;
  const ways = pathsUp(table, target.name, new Map(model.tables.map((each) => [each.name, each]))).map((hops) => {
    const { from, where } = hopsSql(hops, catalog);
    return `EXISTS (SELECT FROM ${from} WHERE ${[where, ...conditions(when, `u${hops.length}`)].join(' AND ')})`;
  });
  return `(${ways.join(' OR ')})`;
}

/** @throws GdprError DRIFT that names every state which no rule reaches */
export function assertCovered(uncovered: readonly Uncovered[]): void {
  if (uncovered.length === 0) return;
  const shown = uncovered.slice(0, 10).map(uncoveredLine);
  const more = uncovered.length > shown.length ? [`… and ${uncovered.length - shown.length} more`] : [];
  throw new GdprError(
    'DRIFT',
    ['there are rows that no retention rule ever reaches, so nothing was done:', ...shown, ...more].join('\n'),
    {
      hint: 'give the rule a clock that begins in this state, or state under `waits` why it has not begun; then: gdpr retention plan',
      details: { uncovered },
    },
  );
}

/** `shop.orders, rule contact-copy: 3 rows with status lost`. */
export function uncoveredLine({ table, rule, state, rows }: Uncovered): string {
  const words = Object.entries(state).map(([name, value]) => `${name} ${value ?? '(empty)'}`);
  const where = words.length === 0 ? '' : ` with ${words.join(', ')}`;
  return `${table}, rule ${rule}: ${rows} ${rows === 1 ? 'row' : 'rows'}${where}`;
}
