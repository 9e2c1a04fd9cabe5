import type { Dependency, TableErase } from '../customer/erase/compile.js';
import { sameRow } from '../customer/erase/sql.js';
import { holdsOn } from '../customer/hold/kept.js';
import { quoteName, type Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { hopsSql } from '../datamap/hops.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { pathsUp } from '../datamap/paths.js';
import { column, conditions, fromTable, keyOf, textLiteral } from '../datamap/sql.js';
import type { Unit } from './units.js';

/** What stands against taking rows at the moment. */
export interface Standing {
  /** Whether any hold is in force. */
  readonly holds: boolean;
  /** Names of tables in which protected people have rows, see `protectedOf`. */
  readonly protectedTables: ReadonlySet<string>;
}

/** The temporary table of a table's rows of protected people: k1 … kn, held (by a hold on the whole person). */
export function protectedOf(table: PersonalTableModel): string {
  return quoteName('pg_temp', `gdpr_protected_${table.index}`);
}

/** Conditions over alias `t`: that a hold keeps the row, and that anything else does. */
export interface Guard {
  readonly held: string;
  readonly excepted: string;
}

/** What keeps rows of a unit though they are due. Pure. */
export function guardOf(
  { erase, grounds }: Pick<Unit, 'erase' | 'grounds'>,
  model: DataMapModel,
  catalog: Catalog,
  standing: Standing,
  asOf: string,
): Guard {
  const { table } = erase;
  const today = `(${textLiteral(asOf)}::timestamptz AT TIME ZONE ${textLiteral(model.map.timeZone)})::date`;
  const theirs = (held: boolean) =>
    standing.protectedTables.has(table.name)
      ? [
          `EXISTS (SELECT FROM ${protectedOf(table)} p WHERE ${sameRow(table, catalog, 't', 'p')} AND ${held ? '' : 'NOT '}p.held)`,
        ]
      : [];
  const held = [
    ...(standing.holds ? [`cardinality(${holdsOn(table, model, catalog, today)}) > 0`] : []),
    ...theirs(true),
  ];
  const excepted = [...grounds.map((id) => groundSql(id, table, model, catalog)), ...theirs(false)];
  return { held: anyOf(held), excepted: anyOf(excepted) };
}

function anyOf(parts: readonly string[]): string {
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`;
}

/** That the row of alias `t` is, or is connected with, a row that tells of the ground. */
export function groundSql(id: string, table: PersonalTableModel, model: DataMapModel, catalog: Catalog): string {
  const personal = new Map(model.tables.map((each) => [each.name, each]));
  const told = (model.map.keptGrounds?.[id]?.rows ?? []).flatMap(({ table: name, when, covers }) => {
    if (!covers.some((cover) => canonicalName(cover.table) === table.name)) return [];
    const base = model.table(canonicalName(name));
    if (base === table) return [`(${conditions(when, 't').join(' AND ')})`];
    const up = pathsUp(table, base.name, personal);
    if (up.length > 0) {
      return up.map((hops) => {
        const { from, where } = hopsSql(hops, catalog);
        return `EXISTS (SELECT FROM ${from} WHERE ${[where, ...conditions(when, `u${hops.length}`)].join(' AND ')})`;
      });
    }
    return pathsUp(base, table.name, personal).map((hops) => {
      const { from, where } = hopsSql(hops, catalog, 'b', 'u', 't');
      const tables = [`${fromTable(base, catalog)} b`, ...(from === '' ? [] : [from])];
      return `EXISTS (SELECT FROM ${tables.join(', ')} WHERE ${[where, ...conditions(when, 'b')].join(' AND ')})`;
    });
  });
  return anyOf(told.map((each) => `coalesce(${each}, false)`));
}

/**
 * That other rows point to the row of alias `t` which neither go before it nor can be cut from it. `goes` says which rows
 * of alias `c` of a table are about to go, or to lose these columns; in the run none, since they have.
 */
export function pointedTo(
  { erase }: Pick<Unit, 'erase'>,
  dependencies: readonly Dependency[],
  guard: (child: TableErase, cut: readonly string[]) => Guard,
  catalog: Catalog,
  goes: (child: TableErase, cut: readonly string[], alias: string) => string | undefined = () => undefined,
): string {
  return anyOf(
    dependencies
      .filter(({ parent }) => parent.table === erase.table)
      .map(({ key, child, cut }) => {
        const on = key.columns.map(
          (name, i) => `${column('c', name)} = ${column('t', key.referencedColumns[i] ?? '')}`,
        );
        const own = keyOf(child.table, catalog).map((part) => part.expression);
        if (child.table === erase.table)
          on.push(`(${own.map((each) => each.replace(/^t\./, 'c.')).join(', ')}) <> (${own.join(', ')})`);
        const leaves = goes(child, cut, 'c');
        const stays = leaves === undefined ? '' : ` AND NOT ${leaves}`;
        if (cut.length > 0) {
          const { held, excepted } = guard(child, cut);
          if (held === 'false' && excepted === 'false') return 'false';
          const names = new Set([...key.columns.map((name) => column('t', name)), ...own]);
          return `EXISTS (SELECT FROM (SELECT ${[...names].join(', ')} FROM ${fromTable(child.table, catalog)} t WHERE ${held} OR ${excepted}) c WHERE ${on.join(' AND ')}${stays})`;
        }
        return `EXISTS (SELECT FROM ${fromTable(child.table, catalog)} c WHERE ${on.join(' AND ')}${stays})`;
      })
      .filter((part) => part !== 'false'),
  );
}

/** A cheap text that differs once a hold, a restriction or a request has come or gone. */
export async function standingStamp(session: Session): Promise<string> {
  const [row] = await session.query<{ stamp: string }>(
    `SELECT concat_ws(' ',
       (SELECT count(*) || '/' || count(released_at) FROM gdpr.hold), (SELECT count(*) FROM gdpr.hold_row),
       (SELECT count(*) || '/' || count(lifted_at) FROM gdpr.restriction),
       (SELECT md5(coalesce(string_agg(number || coalesce(subject, ''), ',' ORDER BY number), '')) FROM gdpr.request
        WHERE state = 'open' AND kind IN ('access', 'portability')),
       (SELECT count(*) FROM gdpr.subject_superseded)) AS stamp`,
  );
  return row?.stamp ?? '';
}

/** `k1, k2, …` of a table's key over alias `t`, as SELECT takes them. */
export function keyList(table: PersonalTableModel, catalog: Catalog): string {
  return keyOf(table, catalog)
    .map(({ expression }, i) => `${expression} AS k${i + 1}`)
    .join(', ');
}
