import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { rowsOf } from '../../datamap/collect-plan.js';
import type { PersonalTableModel } from '../../datamap/model.js';
import type { TableRead } from '../../datamap/read.js';
import { keyOf, textLiteral } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import type { KeptRow } from './kept-person.js';

/** A row of which an erasure kept columns for a hold that nobody may be told of. */
interface GaggedRow {
  readonly person: number;
  readonly table: string;
  readonly key: readonly string[];
  /** Columns that nothing else keeps; undefined when nothing else keeps any of the row. */
  readonly columns: readonly string[] | undefined;
}

/**
 * What erasures kept only for holds that nobody may be told of: to the person, and to whoever writes their copy, it is
 * erased like the rest. `subjects[i]` is the reference of person `i`.
 */
export class Gagged {
  readonly #rows: ReadonlyMap<string, readonly GaggedRow[]>;

  constructor(kept: readonly KeptRow[], subjects: readonly string[]) {
    const people = new Map(subjects.map((subject, person) => [subject, person]));
    const rows = [...groupBy(kept, ({ subject, table, key }) => JSON.stringify([subject, table, key])).values()];
    const gagged = rows.flatMap((reasons): GaggedRow[] => {
      const [first] = reasons;
      const person = people.get(first?.subject ?? '');
      if (first === undefined || person === undefined || reasons.every(({ told }) => told)) return [];
      const told = reasons.filter((reason) => reason.told).flatMap(({ columns }) => columns);
      const hidden = reasons.flatMap(({ columns }) => columns).filter((column) => !told.includes(column));
      const { table, key } = first;
      return [{ person, table, key, columns: told.length === 0 ? undefined : hidden }];
    });
    this.#rows = groupBy(gagged, ({ table }) => table);
  }

  /**
   * Takes the rows out of the collection, so that they lead to no others either; with `partly`, those too of which only
   * some columns are hidden.
   * @returns how many were taken out
   */
  async takeOut(
    session: Session,
    table: PersonalTableModel,
    catalog: Catalog,
    { partly }: { readonly partly: boolean },
  ): Promise<number> {
    const rows = (this.#rows.get(table.name) ?? []).filter(({ columns }) => partly || columns === undefined);
    if (rows.length === 0) return 0;
    return session.run(
      `DELETE FROM ${rowsOf(table)} r USING unnest($1::integer[], $2::text[]) g (person, key)
       WHERE r.person = g.person AND ${keyJson(keyOf(table, catalog).map((_, i) => `r.k${i + 1}`))} = g.key::jsonb`,
      [rows.map(({ person }) => person), rows.map(({ key }) => JSON.stringify(key))],
    );
  }

  /** The read, in which hidden columns of rows that stay for another reason come as NULL. */
  withheldFrom(read: TableRead): TableRead {
    const rows = (this.#rows.get(read.table.name) ?? []).flatMap((row) =>
      (row.columns ?? []).map((column) => ({ ...row, column })),
    );
    if (rows.length === 0) return read;
    const keys = (read.key ?? []).map((_, i) => `k${i + 1}`);
    const { length } = read.values ?? [];
    const [people, named, columns] = ['integer', 'text', 'text'].map((type, i) => `$${length + i + 1}::${type}[]`);
    const cells = read.columns.map(({ name }, i) =>
      rows.some(({ column }) => column === name)
        ? `CASE WHEN NOT EXISTS (SELECT FROM g WHERE g.person = x.person AND g.key::jsonb = ${keyJson(keys.map((key) => `x.${key}`))} AND g.col = ${textLiteral(name)}) THEN x.c${i} END`
        : `x.c${i}`,
    );
    const names = ['person', 'owners', 'hidden', ...read.columns.map((_, i) => `c${i}`), ...keys];
    return {
      ...read,
      sql: [
        `WITH g AS (SELECT * FROM unnest(${people}, ${named}, ${columns}) g (person, key, col))`,
        `SELECT ${['x.person', 'x.owners', 'x.hidden', ...cells, ...keys.map((key) => `x.${key}`)].join(', ')}`,
        `FROM (${read.sql}) x (${names.join(', ')})`,
        `ORDER BY ${['person', ...keys].map((name) => `x.${name}`).join(', ')}`,
      ].join('\n'),
      values: [
        ...(read.values ?? []),
        rows.map(({ person }) => person),
        rows.map(({ key }) => JSON.stringify(key)),
        rows.map(({ column }) => column),
      ],
    };
  }
}

/** The parts of a key as a JSON list of texts, as `gdpr.kept_row` has it. */
function keyJson(parts: readonly string[]): string {
  return `to_jsonb(ARRAY[${parts.map((part) => `${part}::text`).join(', ')}])`;
}
