import { quoteIdentifier, type Session } from '../../database/session.js';
import { column, fromTable } from '../../datamap/sql.js';
import { errno, GdprError } from '../../foundation/errors.js';
import type { ColumnStep } from './change.js';
import type { TableErase } from './compile.js';
import { cutKey, decidedTables, deleteRows, type Ruling } from './fate.js';
import { concerns, differs, fateOf, free, keptOf, keyNames, newValue, sameRow } from './sql.js';
import { documentOf, editDocuments, fillTokens, type TokenHasher, type Unreadable } from './values.js';

/** How many rows of a table go, change, and are kept in part or whole. */
export interface TableCount {
  readonly table: string;
  readonly deleted: number;
  readonly changed: number;
  readonly kept: number;
}

/** What an erasure will do, or did. */
export interface Effect {
  readonly tables: readonly TableCount[];
  readonly unreadable: readonly Unreadable[];
}

/** Counts what the decided fates come to, changing nothing. Runs after `decideFates`. */
export async function countEffect(session: Session, ruling: Ruling): Promise<Effect> {
  const unreadable: Unreadable[] = [];
  const tables: TableCount[] = [];
  const decided = new Set(await decidedTables(session, ruling.erasure));
  for (const erase of ruling.erasure.tables) {
    if (decided.has(erase)) {
      unreadable.push(...(await editDocuments(session, erase, ruling.catalog)));
      tables.push(await countTable(session, erase, ruling));
    } else tables.push({ table: erase.table.name, deleted: 0, changed: 0, kept: 0 });
  }
  return { tables, unreadable };
}

async function countTable(session: Session, erase: TableErase, { catalog, model }: Ruling): Promise<TableCount> {
  const { table } = erase;
  const changes = changesOf(erase);
  const change = changes.map((step) => changeOf(step, erase, model.map.timeZone, catalog)).join(' OR ') || 'false';
  const [row] = await session.query<{ deleted: string; changed: string; kept: string }>(
    [
      `SELECT count(*) FILTER (WHERE f.gone)::text AS deleted, count(*) FILTER (WHERE NOT f.gone AND (${change}))::text AS changed,`,
      // What nobody may be told of is not counted either.
      `count(*) FILTER (WHERE f.kept <> '{}' AND (${keyNames(table, catalog, 'f')}) IN (SELECT ${keyNames(table, catalog)} FROM ${keptOf(table)} WHERE NOT hidden))::text AS kept`,
      `FROM ${fateOf(table)} f JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'f')}`,
    ].join('\n'),
  );
  return {
    table: table.name,
    deleted: Number(row?.deleted),
    changed: Number(row?.changed),
    kept: Number(row?.kept),
  };
}

function changesOf({ columns }: TableErase): ColumnStep[] {
  return columns.filter(({ change }) => change.kind !== 'none' && change.kind !== 'impossible');
}

/** Whether the step changes anything in the row of aliases `f` and `t`. */
function changeOf(step: ColumnStep, erase: TableErase, zone: string, catalog: Ruling['catalog']): string {
  if (step.change.kind === 'json') return `EXISTS (SELECT FROM ${documentOf(erase, step, catalog)})`;
  return `(${concerns(step, erase.table)} AND ${free(step)} AND ${differs(step, zone)})`;
}

/**
 * Does what the decided fates say, a statement a table: first what changes in rows that stay, then keys that are
 * cut, then rows that go, those that point to others first. Every statement's count is compared with what was
 * decided, so that a trigger which swallows or undoes a change is found.
 * @throws GdprError DRIFT when a constraint does not take a change, REFUSED when the database did something else
 */
export async function executeErase(session: Session, ruling: Ruling, hasher: TokenHasher): Promise<Effect> {
  const { erasure, catalog, model } = ruling;
  const effect = await countEffect(session, ruling);
  await fillTokens(session, await decidedTables(session, erasure), catalog, model.map.timeZone, hasher);
  const expected = new Map(effect.tables.map((count) => [count.table, count]));
  await withShopPath(session, () => doSteps(session, ruling, expected));
  await assertNothingLeft(session, ruling, expected);
  return effect;
}

/**
 * Triggers of the shop may name their tables without a schema, so its own search path counts while rows change,
 * behind the system's, which decides about everything that this program says.
 */
export async function withShopPath(session: Session, work: () => Promise<void>): Promise<void> {
  const [path] = await session.query<{ own: string; shop: string }>(
    "SELECT setting AS own, reset_val AS shop FROM pg_settings WHERE name = 'search_path'",
  );
  const set = (value: string) => session.query("SELECT set_config('search_path', $1, true)", [value]);
  await set(['pg_catalog', path?.shop ?? ''].filter((part) => part !== '').join(', '));
  await work();
  await set(path?.own ?? 'pg_catalog');
}

async function doSteps(session: Session, ruling: Ruling, expected: ReadonlyMap<string, TableCount>): Promise<void> {
  const { erasure, catalog } = ruling;
  for (const table of erasure.tables) {
    const changes = changesOf(table);
    const count = expected.get(table.table.name);
    if (changes.length === 0 || count === undefined || count.changed === 0) continue;
    const changed = await guarded(table.table.name, () => session.run(updateRows(table, changes, ruling)));
    if (changed !== count.changed) throw undone(table.table.name, 'change');
  }
  for (const dependency of erasure.dependencies) {
    if (dependency.cut.length === 0 || expected.get(dependency.parent.table.name)?.deleted === 0) continue;
    await guarded(dependency.child.table.name, () => session.run(cutKey(dependency, catalog)));
  }
  for (const group of erasure.order) {
    const going = group.filter(({ table }) => (expected.get(table.name)?.deleted ?? 0) > 0);
    if (going.length === 0) continue;
    const deleted = await guarded(going.map(({ table }) => table.name).join(', '), () =>
      deleteGroup(session, going, ruling),
    );
    going.forEach(({ table }, i) => {
      if (deleted[i] !== expected.get(table.name)?.deleted) throw undone(table.name, 'deletion');
    });
  }
  for (const view of [...catalog.values()].filter(({ kind }) => kind === 'view')) {
    const mapped = erasure.tables.find(({ table }) => table.name === view.name);
    if (mapped === undefined) continue;
    const name = fromTable(mapped.table, catalog);
    await guarded(view.name, () => session.run(`REFRESH MATERIALIZED VIEW ${name}`));
  }
  await guarded('a deferred constraint', () => session.run('SET CONSTRAINTS ALL IMMEDIATE'));
}

function updateRows(erase: TableErase, changes: readonly ColumnStep[], { catalog, model }: Ruling): string {
  const { table } = erase;
  const zone = model.map.timeZone;
  const set = changes.map((step) => {
    const name = quoteIdentifier(step.column.name);
    const old = column('t', step.column.name);
    if (step.change.kind === 'json') {
      const documents = documentOf(erase, step, catalog);
      return `${name} = CASE WHEN EXISTS (SELECT FROM ${documents}) THEN (SELECT d.document::${step.live.type} FROM ${documents}) ELSE ${old} END`;
    }
    return `${name} = CASE WHEN ${concerns(step, table)} AND ${free(step)} THEN ${newValue(step, zone)} ELSE ${old} END`;
  });
  return [
    `UPDATE ${fromTable(table, catalog)} t SET ${set.join(', ')}`,
    `FROM ${fateOf(table)} f`,
    `WHERE NOT f.gone AND ${sameRow(table, catalog, 't', 'f')} AND (${changes.map((step) => changeOf(step, erase, zone, catalog)).join(' OR ')})`,
  ].join('\n');
}

/** Rows of a ring of tables go in one statement, after which alone the keys between them are checked. */
async function deleteGroup(session: Session, group: readonly TableErase[], { catalog }: Ruling): Promise<number[]> {
  const [only, ...more] = group;
  if (only === undefined) return [];
  if (more.length === 0) return [await session.run(deleteRows(only, catalog))];
  const parts = group.map((table, i) => `d${i} AS (${deleteRows(table, catalog)} RETURNING 1)`);
  const counts = group.map((_, i) => `(SELECT count(*)::integer FROM d${i}) AS n${i}`);
  const [row] = await session.query<Record<string, number>>(`WITH ${parts.join(', ')} SELECT ${counts.join(', ')}`);
  return group.map((_, i) => Number(row?.[`n${i}`]));
}

/** After the steps no row may be there that was to go, and no value that was to change. */
async function assertNothingLeft(
  session: Session,
  { erasure, catalog, model }: Ruling,
  expected: ReadonlyMap<string, TableCount>,
): Promise<void> {
  for (const erase of erasure.tables) {
    const { table, live } = erase;
    const count = expected.get(table.name);
    if (count === undefined || count.deleted + count.changed === 0) continue;
    // Without a key, a changed row stands elsewhere than it was found.
    const changes =
      live.key.length === 0
        ? []
        : changesOf(erase).filter(({ change, column: { name } }) => change.kind !== 'json' && !live.key.includes(name));
    const change = changes.map((step) => changeOf(step, erase, model.map.timeZone, catalog)).join(' OR ') || 'false';
    const [left] = await session.query<{ rows: string }>(
      `SELECT count(*)::text AS rows FROM ${fateOf(table)} f JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'f')} WHERE f.gone OR ${change}`,
    );
    if (left?.rows !== '0') throw undone(table.name, 'change');
  }
}

function undone(table: string, what: string): GdprError {
  return new GdprError(
    'REFUSED',
    `the database did not do every ${what} in ${table}: a trigger or a rule stands in the way`,
    {
      hint: 'look at the triggers and rules of the table; nothing was erased',
    },
  );
}

/** Class 23 of SQLSTATE: a constraint was violated. */
async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!/^23[0-9A-Z]{3}$/.test(errno(error) ?? '')) throw error;
    const { constraint, column: name } = error as { constraint?: string; column?: string };
    const by =
      constraint !== undefined
        ? ` its constraint ${constraint}`
        : name !== undefined
          ? ` its column ${name}`
          : ' a constraint';
    throw new GdprError(
      'DRIFT',
      `${where} does not take what the data map's words for erasure make of it:${by} is in the way (SQLSTATE ${errno(error)}); nothing was erased`,
      {
        hint: 'correct `erase` of the columns in that constraint in the data map',
        cause: error,
      },
    );
  }
}
