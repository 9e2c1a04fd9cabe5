import type { Session } from '../database/session.js';
import { quoteIdentifier, quoteName } from '../database/session.js';
import { sourcesOf } from '../datamap/clock.js';
import { parseTableName } from '../datamap/names.js';
import type { Ruling } from './ruling.js';
import { deletesRows } from './units.js';

/** An index without which a run reads whole tables. */
export interface MissingIndex {
  readonly table: string;
  readonly columns: readonly string[];
  /** `key`: rows that it points to go, and each of them is looked for; `clock`: what is due is looked for by it. */
  readonly why: 'key' | 'clock';
  readonly ddl: string;
}

/** Tables with fewer rows are read whole faster than an index is. */
const SMALL = 10_000;

/** Keys that point to rows which go, and clocks, that no index begins with; in tables that are not small. */
export async function missingIndexes(session: Session, { units, erasure }: Ruling): Promise<MissingIndex[]> {
  const wanted = [
    ...erasure.dependencies.flatMap(({ key, child, parent }) =>
      deletesRows(parent) ? [{ table: child.table.name, columns: key.columns, why: 'key' as const }] : [],
    ),
    ...units.flatMap(({ erase, rules }) =>
      rules.flatMap(({ keep }) => {
        const [only, ...more] = sourcesOf(keep);
        const own = only !== undefined && more.length === 0 && !('parent' in only) && !('person' in only);
        return own ? [{ table: erase.table.name, columns: [only.column], why: 'clock' as const }] : [];
      }),
    ),
  ];
  const distinct = new Map(wanted.map((each) => [JSON.stringify([each.table, each.columns]), each]));
  const missing: MissingIndex[] = [];
  for (const { table, columns, why } of distinct.values()) {
    const name = parseTableName(table);
    if (name === undefined) continue;
    const full = quoteName(name.schema, name.table);
    const [row] = await session.query<{ missing: boolean; partitioned: boolean }>(
      `SELECT coalesce((SELECT sum(greatest(p.reltuples, 0)) FROM pg_partition_tree(c.oid) pt JOIN pg_class p ON p.oid = pt.relid), c.reltuples) >= $3
         AND NOT EXISTS (SELECT FROM pg_index i
           WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
             AND ARRAY(SELECT a.attname::text FROM unnest(i.indkey::smallint[]) WITH ORDINALITY k (attnum, n)
                   JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                   WHERE k.n <= cardinality($2::text[]) ORDER BY a.attname) = ARRAY(SELECT u FROM unnest($2::text[]) u ORDER BY u)) AS missing,
         c.relkind = 'p' AS partitioned
       FROM pg_class c WHERE c.oid = $1::regclass`,
      [full, columns, SMALL],
    );
    if (row?.missing !== true) continue;
    const list = columns.map(quoteIdentifier).join(', ');
    missing.push({
      table,
      columns,
      why,
      ddl: `CREATE INDEX ${row.partitioned ? '' : 'CONCURRENTLY '}ON ${full} (${list});`,
    });
  }
  return missing;
}
