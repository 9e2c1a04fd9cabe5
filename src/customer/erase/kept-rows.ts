import type { Session } from '../../database/session.js';
import { rowsOf } from '../../datamap/collect.js';
import { fromTable, keyOf, textLiteral } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import type { TableErase } from './compile.js';
import type { Ruling } from './fate.js';
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

/** The kept columns of alias `e` that hold anything in the row of alias `t`. */
const HELD = 'ARRAY(SELECT c FROM unnest(e.cols) c WHERE (to_jsonb(t) ->> c) IS NOT NULL ORDER BY c)';

/** What is kept and why, by table and reason; columns that hold nothing and what nobody may be told of are left out. */
export async function summariseKept(session: Session, { erasure, catalog }: Ruling): Promise<KeptSummary[]> {
  const summaries: KeptSummary[] = [];
  for (const { table } of erasure.tables) {
    const rows = await session.query<{
      source: KeptSource;
      id: string;
      column: string;
      rows: string;
      first: string | null;
      last: string | null;
    }>(
      [
        'SELECT e.source, e.id, c.name AS column, count(*)::text AS rows, min(e.until)::text AS first,',
        '  CASE WHEN bool_and(e.until IS NOT NULL) THEN max(e.until)::text END AS last',
        `FROM ${keptOf(table)} e JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'e')},`,
        `  unnest(${HELD}) c (name)`,
        'WHERE NOT e.hidden',
        'GROUP BY e.source, e.id, c.name ORDER BY e.source, e.id, c.name COLLATE "C"',
      ].join('\n'),
    );
    // Columns that are kept alike are told of together.
    const alike = groupBy(rows, (row) => JSON.stringify([row.source, row.id, row.rows, row.first, row.last]));
    for (const group of alike.values()) {
      const [first] = group;
      if (first === undefined) continue;
      summaries.push({
        table: table.name,
        columns: group.map(({ column }) => column),
        source: first.source,
        id: first.id,
        rows: Number(first.rows),
        first: first.first,
        last: first.last,
      });
    }
  }
  return summaries;
}

/**
 * Notes each kept row under its person's reference, in place of what was noted before; the row may lead to nobody
 * once the rest is erased. `subjects[i]` is the reference of person `i`.
 */
export async function noteKeptRows(
  session: Session,
  ruling: Ruling,
  operation: string,
  subjects: readonly string[],
): Promise<void> {
  await session.run('DELETE FROM gdpr.kept_row WHERE subject = ANY ($1::text[])', [subjects]);
  for (const erase of ruling.erasure.tables) {
    if (erase.live.key.length === 0) continue;
    await session.run(noteRows(erase, ruling), [subjects.map((_, i) => i), subjects, operation]);
  }
}

function noteRows({ table }: TableErase, { catalog }: Ruling): string {
  const key = keyOf(table, catalog).map((_, i) => `e.k${i + 1}::text`);
  const owners = `ARRAY[${table.owners.map(({ id }) => textLiteral(id)).join(', ')}]`;
  return [
    'INSERT INTO gdpr.kept_row (subject, operation, table_name, key, owner, columns, source, reason, until)',
    `SELECT s.subject, $3, ${textLiteral(table.name)}, array_to_json(ARRAY[${key.join(', ')}])::text, (${owners})[r.owner + 1], ${HELD}, e.source, e.id, e.until`,
    `FROM ${keptOf(table)} e JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'e')}`,
    `JOIN (SELECT person, min(owner) AS owner, ${keyNames(table, catalog)} FROM ${rowsOf(table)} GROUP BY person, ${keyNames(table, catalog)}) r`,
    `  ON (${keyNames(table, catalog, 'r')}) = (${keyNames(table, catalog, 'e')})`,
    'JOIN unnest($1::integer[], $2::text[]) s (person, subject) ON s.person = r.person',
    `WHERE cardinality(${HELD}) > 0`,
  ].join('\n');
}
