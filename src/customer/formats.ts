import { stringify as csv } from 'csv-stringify/sync';
import type { CatalogTable } from '../datamap/catalog.js';
import type { ColumnModel } from '../datamap/model.js';
import type { GivenCell } from './cells.js';

const NUMBERS = new Set(['smallint', 'integer']);
const DOCUMENTS = new Set(['json', 'jsonb']);

/**
 * One row as JSON text. Booleans and integers up to 32 bits are JSON's own; json columns stand in place;
 * bigint, numeric, dates and times stay the text that PostgreSQL prints, so that nothing is rounded.
 */
export function jsonRow(columns: readonly ColumnModel[], cells: readonly GivenCell[], live: CatalogTable): string {
  const members = columns.map((column, i) => {
    const cell = cells[i];
    const type = live.columns.get(column.name)?.baseType ?? 'text';
    return `${JSON.stringify(column.name)}:${cell === undefined ? 'null' : jsonValue(cell, type)}`;
  });
  return `{${members.join(',')}}`;
}

function jsonValue(cell: GivenCell, type: string): string {
  if ('withheld' in cell) return JSON.stringify({ withheld: cell.withheld });
  if (cell.value === null) return 'null';
  if (cell.redacted === true) return JSON.stringify(cell.value);
  if (type === 'boolean') return cell.value === 't' || cell.value === 'true' ? 'true' : 'false';
  if (NUMBERS.has(type) || DOCUMENTS.has(type)) return cell.value;
  return JSON.stringify(cell.value);
}

/** Marks a value that is not given, in CSV. */
function withheldMark(reason: string): string {
  return `[withheld: ${reason}]`;
}

/** A UTF-8 mark, so that spreadsheets read the file as UTF-8, and the header line. */
export function csvHead(columns: readonly Pick<ColumnModel, 'name'>[]): string {
  return `\uFEFF${csv([columns.map((column) => column.name)])}`;
}

export function csvRows(rows: readonly (readonly GivenCell[])[]): string {
  return csv(
    rows.map((cells) => cells.map((cell) => ('withheld' in cell ? withheldMark(cell.withheld) : defuse(cell.value)))),
  );
}

const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;
/** Numbers, phone numbers and dates: a spreadsheet may compute with them, but they call nothing. */
const HARMLESS = /^[+-]?[\d\s().,/:-]+$/;

/** Puts an apostrophe before what a spreadsheet would take for a formula (OWASP, "CSV injection"). */
function defuse(value: string | null): string | null {
  return value !== null && FORMULA.test(value) && !HARMLESS.test(value) ? `'${value}` : value;
}
