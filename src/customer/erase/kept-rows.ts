import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { rowsOf } from '../../datamap/collect-plan.js';
import { fromTable, keyOf, textLiteral } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import type { ColumnStep } from './change.js';
import type { TableErase } from './compile.js';
import { keptTables, type Ruling } from './fate.js';
import type { KeptSource } from './kept.js';
import { keptOf, keyNames, sameRow } from './sql.js';

/** Columns of a table that one reason keeps, over all rows of the set. */
export interface KeptSummary {
  readonly table: string;
  readonly columns: readonly string[];
  readonly source: KeptSource;
  /** The id of the retention rule, ground or hold. */
  readonly id: string;
  readonly rows: number;
  /** First and last day on which rows go (ISO 8601); null where the reason has no day. */
  readonly first: string | null;
  readonly last: string | null;
}

/** The kept columns of alias `e` that hold anything in the row of alias `t`, which is turned into JSON once (OFFSET 0). */
function heldColumns(where = ''): string {
  return `ARRAY(SELECT c FROM (SELECT to_jsonb(t) AS holds OFFSET 0) j, unnest(e.cols) c WHERE (j.holds ->> c) IS NOT NULL${where} ORDER BY c)`;
}

/**
 * Those of them that are columns of the person of alias `r`: a row that two people share is kept of each in part. Of
 * what is no one's own, only what `shared` says.
 */
function heldOf({ columns }: TableErase, shared = 'true'): string {
  const byOwners = groupBy(columns, (step) => ownersOfColumn(step));
  const theirs = [...byOwners].map(([owners, steps]) => {
    const named = `c = ANY (ARRAY[${steps.map(({ column }) => textLiteral(column.name)).join(', ')}]::text[])`;
    return `(${owners === undefined ? shared : `r.owners & ${owners} <> 0`} AND ${named})`;
  });
  return heldColumns(theirs.length === 0 ? '' : ` AND (${theirs.join(' OR ')})`);
}

/** The owners (bit mask) of a column and of the places in its JSON; undefined for what is not one owner's. */
function ownersOfColumn({ owners, change }: ColumnStep): number | undefined {
  const all = [owners, ...(change.kind === 'json' ? change.edits.map((edit) => edit.owners) : [])];
  return all.reduce((bits, mask) => (bits === undefined || mask === undefined ? undefined : bits | mask));
}

/** What is kept and why, by table and reason; columns that hold nothing and what nobody may be told of are left out. */
export async function summariseKept(session: Session, ruling: Ruling): Promise<KeptSummary[]> {
  const kept = await summaries(session, ruling, ({ table }) => {
    const { catalog } = ruling;
    return {
      person: '0',
      from: `${keptOf(table)} e JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'e')}`,
      held: heldColumns(),
    };
  });
  return kept.map(({ person: _, ...summary }) => summary);
}

/** The same for each of so many people, of their own columns. */
export async function keptByPerson(session: Session, ruling: Ruling, people: number): Promise<KeptSummary[][]> {
  const kept = await summaries(session, ruling, (erase) => ({
    person: 'r.person',
    from: keptOfPeople(erase, ruling.catalog, 'person'),
    held: heldOf(erase),
  }));
  const byPerson = Array.from({ length: people }, (): KeptSummary[] => []);
  for (const { person, ...summary } of kept) byPerson[person]?.push(summary);
  return byPerson;
}

/** Kept rows of alias `e`, as they stand of alias `t`, and of alias `r` whose they are: person, owners (bit mask), first. */
function keptOfPeople({ table }: TableErase, catalog: Catalog, by: 'person' | 'person, owner'): string {
  const names = keyNames(table, catalog);
  const first = `min(min(owner)) OVER (PARTITION BY person, ${names}) = min(owner) AS first`;
  return [
    `${keptOf(table)} e JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'e')}`,
    `JOIN (SELECT person, min(owner) AS owner, bit_or(1 << owner) AS owners, ${first}, ${names} FROM ${rowsOf(table)} GROUP BY ${by}, ${names}) r`,
    `  ON (${keyNames(table, catalog, 'r')}) = (${keyNames(table, catalog, 'e')})`,
  ].join('\n');
}

async function summaries(
  session: Session,
  { erasure }: Ruling,
  rowsIn: (erase: TableErase) => { readonly person: string; readonly from: string; readonly held: string },
): Promise<(KeptSummary & { readonly person: number })[]> {
  const all: (KeptSummary & { readonly person: number })[] = [];
  for (const erase of await keptTables(session, erasure)) {
    const { person, from, held } = rowsIn(erase);
    const rows = await session.query<{
      person: number;
      source: KeptSource;
      id: string;
      column: string;
      rows: string;
      first: string | null;
      last: string | null;
    }>(
      [
        `SELECT k.person, k.source, k.id, c.name AS column, count(*)::text AS rows, min(k.until)::text AS first,`,
        '  CASE WHEN bool_and(k.until IS NOT NULL) THEN max(k.until)::text END AS last',
        `FROM (SELECT ${person} AS person, e.source, e.id, e.until, ${held} AS held FROM ${from} WHERE NOT e.hidden) k,`,
        '  unnest(k.held) c (name)',
        'GROUP BY k.person, k.source, k.id, c.name ORDER BY k.person, k.source, k.id, c.name COLLATE "C"',
      ].join('\n'),
    );
    // Columns that are kept alike are told of together.
    const alike = groupBy(rows, (row) =>
      JSON.stringify([row.person, row.source, row.id, row.rows, row.first, row.last]),
    );
    for (const group of alike.values()) {
      const [first] = group;
      if (first === undefined) continue;
      all.push({
        person: first.person,
        table: erase.table.name,
        columns: group.map(({ column }) => column),
        source: first.source,
        id: first.id,
        rows: Number(first.rows),
        first: first.first,
        last: first.last,
      });
    }
  }
  return all;
}

/**
 * Notes each kept row under its person's reference, in place of what was noted before, as whom they have what is kept;
 * the row may lead to nobody once the rest is erased. `subjects[i]` is the reference of person `i`.
 */
export async function noteKeptRows(
  session: Session,
  ruling: Ruling,
  operation: string,
  subjects: readonly string[],
): Promise<void> {
  await session.run('DELETE FROM gdpr.kept_row WHERE subject = ANY ($1::text[])', [subjects]);
  for (const erase of await keptTables(session, ruling.erasure)) {
    if (erase.live.key.length === 0) continue;
    await session.run(noteRows(erase, ruling), [subjects.map((_, i) => i), subjects, operation]);
  }
}

function noteRows(erase: TableErase, { catalog }: Ruling): string {
  const { table } = erase;
  const key = keyOf(table, catalog).map((_, i) => `e.k${i + 1}::text`);
  const owners = `ARRAY[${table.owners.map(({ id }) => textLiteral(id)).join(', ')}]`;
  return [
    'INSERT INTO gdpr.kept_row (subject, operation, table_name, key, owner, columns, source, reason, until)',
    `SELECT s.subject, $3, ${textLiteral(table.name)}, k.key, (${owners})[k.owner + 1], k.held, k.source, k.id, k.until`,
    `FROM (SELECT r.person, r.owner, array_to_json(ARRAY[${key.join(', ')}])::text AS key, ${heldOf(erase, 'r.first')} AS held, e.source, e.id, e.until`,
    `  FROM ${keptOfPeople(erase, catalog, 'person, owner')}) k`,
    'JOIN unnest($1::integer[], $2::text[]) s (person, subject) ON s.person = k.person',
    'WHERE cardinality(k.held) > 0',
  ].join('\n');
}
