import { quoteIdentifier, type Session } from '../../database/session.js';
import {
  analyzeTemporary,
  emptyTemporary,
  indexTemporary,
  MANY_ROWS,
  makeTemporary,
  type TemporaryTable,
} from '../../database/temporary.js';
import type { Catalog } from '../../datamap/catalog.js';
import { collectedTables, tablesWithRows } from '../../datamap/collect.js';
import { type Person, rowsOf } from '../../datamap/collect-plan.js';
import type { DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { column, fromTable, keyOf, textLiteral } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import type { ColumnStep } from './change.js';
import type { Dependency, Erasure, TableErase } from './compile.js';
import { compileGrowth, growRows } from './grow.js';
import { compileKept, type KeptStatement, sameKeys } from './kept.js';
import { anyTurned, leftAndTurned, leftBy } from './left.js';
import { createKnown, findOthers, forgetKnown, forgetOthers, othersMask } from './others.js';
import {
  concerns,
  fateName,
  fateOf,
  free,
  keptName,
  keptOf,
  keyColumns,
  keyNames,
  leadsAway,
  leadsToThem,
  mayGo,
  sameRow,
} from './sql.js';

/** What decides about rows: the compiled words, the map and the catalogue they were compiled from. */
export interface Ruling {
  readonly erasure: Erasure;
  readonly model: DataMapModel;
  readonly catalog: Catalog;
  /** The instant that decides which rules have run out, ISO 8601. */
  readonly at: string;
  /** Further grounds, e.g. holds. */
  readonly more?: readonly KeptStatement[];
}

/**
 * Decides the fate of every collected row: who else owns it, what is kept of it and why, whether it goes. Runs after
 * `collectRows` in the caller's transaction, a statement a table and ground; what is in its temporary tables goes with it.
 *
 * Who else owns a row is asked of what will be left: where all that leads from it to others goes, by the map's own
 * words, it will be nobody else's, and what a second erasure would then take this one takes. So it is with rows that
 * become the people's by the erasure itself: they are added to the collected ones; and with rows that stay and become
 * somebody else's by it, whose links to the people go.
 * @returns whether rows were added
 * @throws GdprError REFUSED when a row has to stay whose columns nothing can take the place of
 */
export async function decideFates(session: Session, ruling: Ruling, people: readonly Person[]): Promise<boolean> {
  const { erasure, model, catalog } = ruling;
  await createKnown(session, model, people);
  const growth = compileGrowth(erasure, model, catalog);
  await settle(session, ruling);
  let rounds = 0;
  for (; await growRows(session, growth, ruling, people, rounds); rounds += 1) {
    if (rounds === MOST_ROUNDS) throw noRest();
    await forgetFates(session, ruling);
    await settle(session, ruling);
  }
  await refuseImpossible(session, erasure);
  return rounds > 0;
}

/** The tables of which any row was decided about: most people have rows in few. */
export async function decidedTables(session: Session, { tables }: Pick<Erasure, 'tables'>): Promise<TableErase[]> {
  const all = tables.map(({ table }) => table);
  const decided = await tablesWithRows(session, all, fateOf);
  return tables.filter(({ table }) => decided.has(table));
}

/** The tables of which anything is kept of any row. */
export async function keptTables(session: Session, { tables }: Pick<Erasure, 'tables'>): Promise<TableErase[]> {
  const all = tables.map(({ table }) => table);
  const kept = await tablesWithRows(session, all, keptOf);
  return tables.filter(({ table }) => kept.has(table));
}

/** Forgets what was decided and who else owns the rows, so that it can be decided anew. */
async function forgetFates(session: Session, { erasure, model }: Ruling): Promise<void> {
  await emptyFates(session, erasure);
  await forgetOthers(session, model);
}

/** Forgets all that `decideFates` made. */
export async function forgetDecided(session: Session, ruling: Ruling): Promise<void> {
  await forgetFates(session, ruling);
  await forgetKnown(session);
}

/**
 * Decides about the collected rows, until what is decided of them and who else owns them agree, and then which links go
 * of rows that somebody else is left with; what `findOthers` found is then no longer what the fates were decided by.
 */
async function settle(session: Session, ruling: Ruling): Promise<void> {
  await findOthers(session, ruling.model, ruling.catalog);
  await decide(session, ruling);
  for (let round = 0; await othersDiffer(session, ruling); round += 1) {
    if (round === MOST_ROUNDS) throw noRest();
    await decide(session, ruling);
  }
  await cutFromGained(session, ruling);
}

async function decide(session: Session, { erasure, model, catalog, at, more }: Ruling): Promise<void> {
  await makeTemporary(
    session,
    erasure.tables.flatMap(({ table }) => [fateTable(table, catalog), keptTable(table, catalog)]),
  );
  const collected = await collectedTables(session, model);
  const tables = erasure.tables.filter(({ table }) => collected.has(table));
  const large = new Set<TableErase>();
  for (const table of tables) {
    if ((await session.run(fillFate(table, catalog))) < MANY_ROWS) continue;
    large.add(table);
    await indexTemporary(session, fateName(table.table), keyColumns(table.table, catalog));
  }
  await analyzeTemporary(
    session,
    tables.map(({ table }) => fateName(table)),
  );
  for (const { table, sql } of [...compileKept(erasure, model, catalog), ...(more ?? [])]) {
    if (collected.has(table.table)) await session.run(sql, sql.includes('$1') ? [at] : []);
  }
  await analyzeTemporary(
    session,
    tables.map(({ table }) => keptName(table)),
  );
  const kept = await keptTables(session, { tables });
  for (const table of tables) {
    if (kept.includes(table)) await session.run(gatherKept(table, catalog));
    if ((table.goesAlone | table.goesAnyway) !== 0) await session.run(decideGoing(table));
    // Without it the planner takes it that nothing goes.
    if (large.has(table)) await analyzeTemporary(session, [fateName(table.table)]);
  }
  const dependencies = erasure.dependencies.filter(({ parent }) => collected.has(parent.table));
  await holdBack(session, dependencies, catalog);
}

/** Rows lead to others over fewer hops than this, and become somebody's one after the other less often. */
const MOST_ROUNDS = 20;

function noRest(): GdprError {
  return new GdprError('REFUSED', 'what goes and what is kept of rows that others own too does not come to rest', {
    hint: 'look at the owners in the data map that have a word of their own for erasure',
  });
}

/**
 * Asks who will own the rows once what is decided is done; of a row that goes, who would if it were there. Where that
 * is not what it was decided by, the decision is forgotten, to be made anew.
 * @returns whether it was forgotten
 */
async function othersDiffer(session: Session, { erasure, model, catalog }: Ruling): Promise<boolean> {
  const among = async (condition: (table: PersonalTableModel) => string) => {
    const any = erasure.tables.map(({ table }) => `EXISTS (SELECT FROM ${fateOf(table)} r WHERE ${condition(table)})`);
    const [row] = await session.query<{ found: boolean }>(`SELECT ${any.join(' OR ')} AS found`);
    return row?.found === true;
  };
  if (!(await among(() => 'r.others <> 0'))) return false;
  await forgetOthers(session, model);
  await findOthers(session, model, catalog, leftBy(erasure, catalog));
  if (!(await among((table) => `r.others <> ${othersMask(table, catalog)}`))) return false;
  await emptyFates(session, erasure);
  return true;
}

/**
 * Of rows that stay and become somebody else's by what is decided (which makes the conditions of a reach true), the
 * people's own links go, too: a second erasure would take them. Repeated as long as that makes further rows theirs.
 */
async function cutFromGained(session: Session, { erasure, model, catalog }: Ruling): Promise<void> {
  const turned = anyTurned(erasure, model, catalog);
  const links = erasure.tables.flatMap(({ table, columns }) =>
    columns.filter(({ link }) => link).map((step) => ({ step, table })),
  );
  if (turned === undefined || links.length === 0) return;
  const uncut = links.map(
    ({ step, table }) =>
      `EXISTS (SELECT FROM ${fateOf(table)} f WHERE ${canBeCut(step, table)} AND ${leadsToThem(step, table)})`,
  );
  for (let found = 1; found > 0; ) {
    const [row] = await session.query<{ any: boolean }>(`SELECT (${uncut.join(' OR ')}) AND (${turned}) AS any`);
    if (row?.any !== true) return;
    await forgetOthers(session, model);
    await findOthers(session, model, catalog, leftAndTurned(erasure, model, catalog));
    found = 0;
    for (const { step, table } of links) found += await session.run(cutLink(step, table, catalog));
  }
}

function canBeCut(step: ColumnStep, table: PersonalTableModel): string {
  return `NOT f.gone AND ${free(step)} AND NOT ${concerns(step, table)}`;
}

/** Enters the link of rows that somebody else will own by what `findOthers` found. */
function cutLink(step: ColumnStep, table: PersonalTableModel, catalog: Catalog): string {
  return [
    `UPDATE ${fateOf(table)} f SET cut = f.cut || ${textLiteral(step.column.name)}::text`,
    `WHERE ${canBeCut(step, table)} AND ${leadsAway(step, table, othersMask(table, catalog, 'f'))}`,
  ].join('\n');
}

async function emptyFates(session: Session, { tables }: Erasure): Promise<void> {
  await emptyTemporary(
    session,
    tables.flatMap(({ table }) => [fateName(table), keptName(table)]),
  );
}

/** The table of fates, as `fateOf` describes it. */
export function fateTable(table: PersonalTableModel, catalog: Catalog): TemporaryTable {
  const parts = keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`);
  const columns = [...parts, 'owners integer', 'others integer', 'kept text[]', 'gone boolean', 'cut text[]'];
  return { name: fateName(table), columns };
}

/** The table of what is kept, as `keptOf` describes it. */
export function keptTable(table: PersonalTableModel, catalog: Catalog): TemporaryTable {
  const parts = keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`);
  const columns = [...parts, 'cols text[]', 'source text', 'id text', 'until date', 'hidden boolean'];
  return { name: keptName(table), columns };
}

/** Enters every collected row of a table. */
function fillFate({ table }: TableErase, catalog: Catalog): string {
  const names = keyNames(table, catalog);
  return [
    `INSERT INTO ${fateOf(table)} (${names}, owners, others, kept, gone, cut)`,
    `SELECT ${keyNames(table, catalog, 'r')}, r.owners, ${othersMask(table, catalog)}, '{}', false, '{}'`,
    `FROM (SELECT ${names}, bit_or(1 << owner) AS owners FROM ${rowsOf(table)} GROUP BY ${names}) r`,
    `JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'r')}`,
  ].join('\n');
}

function gatherKept(erase: TableErase, catalog: Catalog): string {
  const { table } = erase;
  const names = keyNames(table, catalog, 'e');
  return [
    `UPDATE ${fateOf(table)} f SET kept = s.kept`,
    `FROM (SELECT ${names}, array_agg(DISTINCT c.name) AS kept FROM ${keptOf(table)} e, unnest(e.cols) c (name) GROUP BY ${names}) s`,
    `WHERE ${sameKeys(erase, catalog, 's', 'f')}`,
  ].join('\n');
}

function decideGoing(erase: TableErase): string {
  return `UPDATE ${fateOf(erase.table)} f SET gone = true WHERE f.kept = '{}' AND ${mayGo(erase)}`;
}

/** Rows that others point to which stay cannot go, unless the pointing key can be cut; repeated until all agree. */
async function holdBack(session: Session, dependencies: readonly Dependency[], catalog: Catalog): Promise<void> {
  let held: number;
  do {
    held = 0;
    for (const dependency of dependencies) {
      await session.run(inheritKept(dependency, catalog));
      held += await session.run(holdBackRows(dependency, catalog));
    }
  } while (held > 0);
}

/** `p` (the row that could go) and `c` (a row that points to it and stays) of a dependency, as FROM and WHERE. */
function pointing({ key, child, parent, cut }: Dependency, catalog: Catalog): string {
  const on = key.columns.map((name, i) => `${column('c', name)} = ${column('p', key.referencedColumns[i] ?? '')}`);
  const uncut =
    cut.length === 0 ? '' : ` AND coalesce(g.kept, '{}') @> ARRAY[${cut.map(textLiteral).join(', ')}]::text[]`;
  return [
    `${fromTable(parent.table, catalog)} p JOIN ${fromTable(child.table, catalog)} c ON ${on.join(' AND ')}`,
    `LEFT JOIN ${fateOf(child.table)} g ON ${sameRow(child.table, catalog, 'c', 'g')}`,
    `WHERE ${sameRow(parent.table, catalog, 'p', 'f')} AND NOT coalesce(g.gone, false)${uncut}`,
  ].join('\n');
}

function holdBackRows(dependency: Dependency, catalog: Catalog): string {
  return `UPDATE ${fateOf(dependency.parent.table)} f SET gone = false WHERE f.gone AND EXISTS (SELECT FROM ${pointing(dependency, catalog)})`;
}

/**
 * A row that a kept row points to stays with it, on the same ground; but of what it holds only the key is kept, and
 * what nothing can take the place of: that an invoice is kept does not keep an e-mail address.
 */
function inheritKept(dependency: Dependency, catalog: Catalog): string {
  const { child, parent, key } = dependency;
  const all = parent.columns
    .filter(({ column: { name }, change }) => key.referencedColumns.includes(name) || change.kind === 'impossible')
    .map(({ column: { name } }) => textLiteral(name));
  const names = keyNames(parent.table, catalog);
  const own = keyNames(parent.table, catalog, 'f');
  return [
    `WITH needed AS (INSERT INTO ${keptOf(parent.table)} (${names}, cols, source, id, until, hidden)`,
    `SELECT ${own}, ARRAY[${all.join(', ')}]::text[], e.source, e.id, CASE WHEN bool_and(e.until IS NOT NULL) THEN max(e.until) END, bool_and(e.hidden)`,
    `FROM ${fateOf(parent.table)} f, ${keptOf(child.table)} e, ${pointing(dependency, catalog)} AND g.kept <> '{}' AND ${sameKeys(child, catalog, 'g', 'e')}`,
    `AND f.gone GROUP BY ${own}, e.source, e.id RETURNING ${names}, cols)`,
    `UPDATE ${fateOf(parent.table)} f SET kept = n.cols FROM needed n WHERE ${sameKeys(parent, catalog, 'n', 'f')}`,
  ].join('\n');
}

async function refuseImpossible(session: Session, erasure: Erasure): Promise<void> {
  const places: string[] = [];
  for (const { table, columns } of await decidedTables(session, erasure)) {
    for (const step of columns) {
      if (step.change.kind !== 'impossible') continue;
      const [row] = await session.query<{ rows: string }>(
        `SELECT count(*)::text AS rows FROM ${fateOf(table)} f WHERE NOT f.gone AND ${concerns(step, table)} AND ${free(step)}`,
      );
      if (Number(row?.rows) > 0) places.push(`${table.name}.${step.column.name} (${row?.rows} rows)`);
    }
  }
  if (places.length === 0) return;
  throw new GdprError(
    'REFUSED',
    `rows have to stay because rows of somebody else point to them or something in them is kept, and nothing can take the place of: ${places.join(', ')}`,
    { hint: 'give these columns a word of their own under `erase` in the data map, or make the pointing key nullable' },
  );
}

/** `DELETE` of one table's rows that go. */
export function deleteRows({ table }: TableErase, catalog: Catalog): string {
  return `DELETE FROM ${fromTable(table, catalog)} t USING ${fateOf(table)} f WHERE f.gone AND ${sameRow(table, catalog, 't', 'f')}`;
}

/** Cuts the key of rows that stay from rows that go. */
export function cutKey({ key, child, parent, cut }: Dependency, catalog: Catalog): string {
  const on = key.columns.map((name, i) => `${column('t', name)} = ${column('p', key.referencedColumns[i] ?? '')}`);
  const set = cut.map(
    (name) =>
      `${quoteIdentifier(name)} = CASE WHEN ${textLiteral(name)} = ANY (coalesce(g.kept, '{}')) THEN ${column('t', name)} END`,
  );
  return [
    `UPDATE ${fromTable(child.table, catalog)} t SET ${set.join(', ')}`,
    `FROM ${fromTable(child.table, catalog)} c`,
    `LEFT JOIN ${fateOf(child.table)} g ON ${sameRow(child.table, catalog, 'c', 'g')},`,
    `${fromTable(parent.table, catalog)} p JOIN ${fateOf(parent.table)} f ON ${sameRow(parent.table, catalog, 'p', 'f')}`,
    `WHERE f.gone AND NOT coalesce(g.gone, false) AND ${on.join(' AND ')} AND t.ctid = c.ctid AND t.tableoid = c.tableoid`,
  ].join('\n');
}
