import { quoteIdentifier, quoteName } from '../database/session.js';
import type { Catalog, CatalogColumn, CatalogTable } from './catalog.js';
import type { PersonalTableModel } from './model.js';
import type { Condition } from './schema.js';

/** A table's SQL name; ONLY where other tables inherit from it, since each of them is mapped on its own. */
export function fromTable(table: PersonalTableModel, catalog: Catalog): string {
  const only = live(table, catalog).hasChildren ? 'ONLY ' : '';
  return `${only}${quoteName(table.schema, table.table)}`;
}

export function live(table: PersonalTableModel, catalog: Catalog): CatalogTable {
  const found = catalog.get(table.name);
  if (found === undefined) throw new Error(`no table ${table.name} in the catalogue`);
  return found;
}

/** A part of the key that identifies a row: a column, or the row's place where the table has no key. */
export interface KeyPart {
  /** The expression over alias `t`. */
  readonly expression: string;
  readonly type: string;
  readonly column: string | undefined;
}

/**
 * What identifies a row of the table: its key's columns, else the row's physical place, which is constant within
 * one snapshot.
 */
export function keyOf(table: PersonalTableModel, catalog: Catalog): KeyPart[] {
  const entry = live(table, catalog);
  if (entry.key.length === 0) {
    return [
      { expression: 't.tableoid', type: 'oid', column: undefined },
      { expression: 't.ctid', type: 'tid', column: undefined },
    ];
  }
  return entry.key.map((name) => ({
    expression: column('t', name),
    type: catalogColumn(entry, name).baseType,
    column: name,
  }));
}

/** A column of an alias; by its name alone where the alias is '', as index definitions have it. */
export function column(alias: string, name: string): string {
  return alias === '' ? quoteIdentifier(name) : `${alias}.${quoteIdentifier(name)}`;
}

function catalogColumn(table: CatalogTable, name: string): CatalogColumn {
  const found = table.columns.get(name);
  if (found === undefined) throw new Error(`no column ${name} in ${table.name}`);
  return found;
}

const INTEGERS = new Set(['smallint', 'integer', 'bigint', 'oid']);
const NUMBERS = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision']);
const TEXTS = new Set(['text', 'character varying']);

export interface Operand {
  readonly sql: string;
  /** The type below any domain. */
  readonly type: string;
  /** The column's collation, unless it is the database's own. */
  readonly collation?: string | undefined;
}

/** A column, or the text at a path of the JSON document that the column holds. */
export function operand(
  table: PersonalTableModel,
  catalog: Catalog,
  alias: string,
  source: { column: string; path?: readonly string[] | undefined },
): Operand {
  const { baseType: type, collation } = catalogColumn(live(table, catalog), source.column);
  const sql = column(alias, source.column);
  if (source.path === undefined) return { sql, type, collation };
  // `json` is stored unread: an escape that no text can hold shows only here, and would end the statement.
  const document = type === 'jsonb' ? sql : `gdpr.json_or_null(${sql}::text)`;
  return { sql: `(${document} #>> ${textArrayLiteral(source.path)})`, type: 'text' };
}

/**
 * Equality of a row's operand with a key of another table, written so that an index on the row's side serves:
 * the other side is cast to its type where that cannot fail, else both are compared as text. Texts that name the
 * same UUID in capitals, and citext in any case, are equal.
 */
export function equal(left: Operand, right: Operand): string {
  const compared = sidesOf(left, right);
  return `${compared.left} ${compared.operator} ${compared.right}`;
}

/** What `equal` compares, and by which operator: the expressions that an index must be on to serve it. */
export function sidesOf(
  left: Operand,
  right: Operand,
): { readonly left: string; readonly operator: string; readonly right: string } {
  const by = (leftText: string, rightSide: string, operator = '=') => ({ left: leftText, operator, right: rightSide });
  // Two columns with collations of their own need to be told which of them decides.
  const collate =
    left.collation !== undefined && right.collation !== undefined && left.collation !== right.collation
      ? ` COLLATE ${left.collation}`
      : '';
  const rightText = `${right.sql}::text${collate}`;
  // The search path does not hold the extension's operators.
  const citext = /^(.*)\.citext$/.exec(left.type) ?? /^(.*)\.citext$/.exec(right.type);
  if (citext !== null) {
    return by(`${left.sql}::${citext[0]}`, `${right.sql}::text::${citext[0]}${collate}`, `OPERATOR(${citext[1]}.=)`);
  }
  if (left.type === right.type) return by(left.sql, `${right.sql}${collate}`);
  if ([INTEGERS, NUMBERS].some((types) => types.has(left.type) && types.has(right.type))) {
    return by(left.sql, right.sql);
  }
  if (right.type === 'uuid') return by(`lower(${left.sql}::text)`, rightText);
  if (left.type === 'uuid') return by(`${left.sql}::text`, `lower(${rightText})`);
  if (TEXTS.has(left.type)) return by(left.sql, rightText);
  if (left.type === 'bpchar' && TEXTS.has(right.type)) return by(left.sql, `${right.sql}::bpchar${collate}`);
  return by(`${left.sql}::text`, rightText);
}

/** The conditions of a reach, over the row's alias. */
export function conditions(when: readonly Condition[] | undefined, alias = 't'): string[] {
  return (when ?? []).map((condition) =>
    'isNull' in condition
      ? `${column(alias, condition.column)} IS ${condition.isNull ? '' : 'NOT '}NULL`
      : `${column(alias, condition.column)}::text IN (${condition.in.map(textLiteral).join(', ')})`,
  );
}

/** A text of the map as an SQL literal; the map is the controller's own file, and the value is quoted all the same. */
export function textLiteral(value: string): string {
  if (value.includes('\0')) throw new RangeError('SQL text cannot hold NUL');
  return value.includes('\\')
    ? `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${value.replaceAll("'", "''")}'`;
}

/** Written as PostgreSQL prints it, so that an index on the same expression is known again. */
function textArrayLiteral(values: readonly string[]): string {
  const elements = values.map((value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  return `${textLiteral(`{${elements.join(',')}}`)}::text[]`;
}
